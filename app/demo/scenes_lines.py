"""Scenes of the line register: the number dialled decides, and the caller hears one centre."""

from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import talk, talk_is_over


async def _answered_on(stage: Stage, number: str, *skills: str) -> dict[str, object]:
    """A call to `number` answered at a seat, a talk, and the call's record."""
    citizen, agent = await stage.citizen(), await stage.agent(*skills)
    await talk(stage, citizen, agent, number)
    return await talk_is_over(stage, citizen, agent)


@scene("dual-number", "双号并行：市民拨打 12333，由 12345 座席接听")
async def dual_number(stage: Stage) -> None:
    call = await _answered_on(stage, "12333")
    stage.must("the call is one to 12333", call["line"] == "12333")
    stage.must("answered at a seat of 12345", call["seat_id"])
