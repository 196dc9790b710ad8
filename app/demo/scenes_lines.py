"""Scenes of the line register: the number dialled decides, and the caller hears one centre."""

from typing import Any

from app.demo.measure import MUSIC
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


@scene("suspended-line", "暂停号码 12349：先说明已暂停服务，再由 12345 接听")
async def suspended_line(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent()
    await citizen.dials("12349")
    await citizen.hears_prompt("line-suspended")
    await agent.answers()
    await agent.answered_call()
    await stage.phase("talk", {citizen: [agent], agent: [citizen]})
    call = await talk_is_over(stage, citizen, agent)
    stage.must("the call is kept as one to 12349", call["line"] == "12349")


@scene("parallel", "并行接听：座席与原热线 2388203 同时振铃，原热线先接")
async def parallel(stage: Stage) -> None:
    citizen, agent, theirs = await stage.citizen(), await stage.agent(), stage.outside("2388203", "expert")
    await citizen.dials("2388103")
    await agent.rings()
    await theirs.answers()
    outcome = await agent.stops_ringing()
    stage.must("our seat's telephone was let go when theirs answered", outcome.startswith("cancelled"))
    await stage.phase("talk", {citizen: [theirs], theirs: [citizen]})
    call = await talk_is_over(stage, citizen, theirs)
    stage.must("the call is kept as one to 2388103", call["line"] == "2388103")


@scene("call-forward", "呼叫转移：先转原热线 2388202，无人接听再回 12345 座席")
async def call_forward(stage: Stage) -> None:
    citizen, agent, theirs = await stage.citizen(), await stage.agent(), stage.outside("2388202", "expert")
    await citizen.dials("2388102")
    await theirs.refuses(486)
    await agent.answers()
    await agent.answered_call()
    await stage.phase("talk", {citizen: [agent], agent: [citizen]})
    call = await talk_is_over(stage, citizen, agent)
    stage.must("a seat of ours took what theirs did not", call["seat_id"] == agent.seat)


@scene("from-110", "110 移交非警务诉求：走专用号码，优先接听")
async def from_110(stage: Stage) -> None:
    citizen, first = await stage.citizen(), await stage.citizen("13907358888")
    agent = await stage.agent(ready=False)
    await first.dials("12345")
    await stage.event(lambda e: e.get("event") == "call.wait", "floor", 25)
    await citizen.dials("12345110")
    await stage.until("both wait", lambda: _waiting(stage, 2))
    await agent.desk.post(f"/seats/{agent.seat}/ready")
    agent.say("示闲")
    await agent.answers()
    await agent.answered_call()
    await stage.phase("talk", {citizen: [agent], agent: [citizen], first: [MUSIC]})
    await first.hangs_up()
    call = await talk_is_over(stage, citizen, agent)
    stage.must("the matter from 110 came before who waited longer", call["seat_id"] == agent.seat)
    stage.must("it is kept as handed over by 110", call["line"] == "12345110")


async def _waiting(stage: Stage, count: int) -> bool:
    calls = (await stage.office.get("/floor"))["calls"]
    return [call["phase"] for call in calls].count("queued") == count


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
    remote = await stage.remote("beihu")
    await talk(stage, citizen, remote, "2912345")
    call = await talk_is_over(stage, citizen, remote)
    stage.must("the remote seat of Beihu had it", call["seat_id"] == remote.seat)
