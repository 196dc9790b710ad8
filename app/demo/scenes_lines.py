"""Scenes of the line register: the number dialled decides, and the caller hears one centre."""

from typing import Any

from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import talk, talk_is_over


async def _answered_on(stage: Stage, number: str) -> dict[str, Any]:
    """A call to `number` answered at a seat of the city, a talk, and the call's record."""
    citizen, agent = await stage.citizen(), await stage.agent()
    await talk(stage, citizen, agent, number)
    call = await talk_is_over(stage, citizen, agent)
    stage.must(f"the call is kept as one to {number}", call["line"] == number)
    stage.must("it was answered at a seat of 12345", call["seat_id"] == agent.seat)
    return call


@scene("dual-number", "双号并行：市民拨打 12333，由 12345 座席接听")
async def dual_number(stage: Stage) -> None:
    await _answered_on(stage, "12333")


@scene("county-number", "县区区长公开电话 2912345：并入 12345，由市座席接听")
async def county_number(stage: Stage) -> None:
    await _answered_on(stage, "2912345")


@scene("suspended-line", "暂停号码 12349：市民仍由 12345 接听")
async def suspended_line(stage: Stage) -> None:
    await _answered_on(stage, "12349")


@scene("merged-chain", "逐级并入：12331 → 12315，一次转到 12315 专家座席")
async def merged_chain(stage: Stage) -> None:
    citizen = await stage.citizen()
    await stage.agent()  # idle longer, and not of 12315
    expert = await stage.expert("12315")
    await talk(stage, citizen, expert, "12331")
    call = await talk_is_over(stage, citizen, expert)
    stage.must("the call is kept as one to 12331", call["line"] == "12331")
    stage.must("the expert seat of 12315 had it", call["seat_id"] == expert.seat)


@scene("remote-seat", "远端座席：2912345 先到北湖区远端座席，市座席空闲更久也不抢")
async def remote_seat(stage: Stage) -> None:
    citizen = await stage.citizen()
    await stage.agent()
    remote = await stage.agent("region.beihu")
    await talk(stage, citizen, remote, "2912345")
    call = await talk_is_over(stage, citizen, remote)
    stage.must("the remote seat of Beihu had it", call["seat_id"] == remote.seat)
