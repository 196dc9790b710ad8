"""Scenes of waiting: nobody is there, nobody answers, the same citizen again, the service is dead."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import httpx

from app.demo.audio import load_wav
from app.demo.measure import MUSIC, hears_tone
from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import called_back, file, talk, talk_is_over
from store import messages, recordings
from store.tables import Message

ABANDONED_AFTER_S = 10.0
"""Who waits this long from the end of the prompts is called back (policy: after.call_back)."""


@scene("abandoned", "市民等不及：听着音乐挂机，记入未接清单；话务员空闲后回拨一次")
async def abandoned(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent(ready=False)
    stage.at_home(citizen)
    await citizen.dials("12345")
    await stage.event(lambda e: e.get("event") == "call.wait", "floor", 25)
    waits = asyncio.create_task(asyncio.sleep(ABANDONED_AFTER_S + 1))
    await citizen.hears_prompt("please-wait")
    await asyncio.sleep(stage.prompt("please-wait").size / 8000)
    await stage.phase("waiting", {citizen: [MUSIC]}, seconds=1.4)
    await waits
    await citizen.hangs_up()
    call = await stage.ended(citizen)
    stage.must("the call was ended by the citizen", call["ended_by"] == "citizen")
    listed = await stage.until("it stands among the abandoned calls", lambda: _message(stage, call["id"]))
    stage.must("it is listed as abandoned", listed.kind == "abandoned")
    await called_back(stage, citizen, agent, "abandoned")


@scene("night", "夜间值守：全市只有一个县区座席在岗，来电溢出到它；后一个来电排队后由它接听")
async def night(stage: Stage) -> None:
    first, second = await stage.citizen(), await stage.citizen("13907357777")
    seat = await stage.agent("region.guiyang", "night", kind="remote")
    await first.dials("12345")
    await seat.answers()
    await seat.answered_call()
    await second.dials("12345")
    await stage.event(lambda e: e.get("event") == "call.wait", "floor", 25)
    await second.hears_prompt("please-wait")
    await asyncio.sleep(stage.prompt("please-wait").size / 8000)
    await stage.phase("one seat", {first: [seat], seat: [first], second: [MUSIC]}, seconds=1.4)
    await first.hangs_up()
    await seat.ends()
    await seat.answers()
    await seat.answered_call()
    await stage.phase("the next", {second: [seat], seat: [second]})
    call = await talk_is_over(stage, second, seat)
    stage.must("nobody was sent away", call["seat_id"] == seat.seat)


async def _message(stage: Stage, call_id: str) -> Message | None:
    async with stage.theatre.database.reading() as session:
        return await messages.of_call(session, call_id)


@scene("repeat-caller", "老来电人：第二次来电只弹一个座席，接听前就能看到历史")
async def repeat_caller(stage: Stage) -> None:
    citizen, agent, _ = await stage.citizen(), await stage.agent(), await stage.agent()
    first = await talk(stage, citizen, agent)
    await file(stage, agent, first, "第一次来电", unit="chenzhou.hotline")
    await talk_is_over(stage, citizen, agent)
    await citizen.dials("12345")
    pop = await stage.event(lambda e: e.get("event") == "call.ringing" and e["call_id"] != first, "seat.", 25)
    taken = next(
        one
        for one in stage.agents
        if any(t.event is pop and t.topic == f"seat.{one.seat}" for t in stage.told)
    )
    history = await taken.desk.get("/calls", same_caller_as=pop["call_id"])
    tickets = await taken.desk.get("/tickets", same_caller_as=pop["call_id"])
    stage.clock.mark("history_shown")
    stage.must("the history has the first call", first in [one["id"] for one in history["items"]])
    stage.must("the history has its ticket", first in [one["call_id"] for one in tickets["items"]])
    await taken.answers()
    stage.clock.mark("second_answer")
    await taken.answered_call(2)
    await stage.phase("second talk", {citizen: [taken], taken: [citizen]})
    await talk_is_over(stage, citizen, taken)
    pops = [
        t
        for t in stage.told
        if t.event.get("event") == "call.ringing" and t.event["call_id"] == pop["call_id"]
    ]
    stage.must(
        "exactly one seat's screen showed it",
        len({t.topic for t in pops if t.topic.startswith("seat.")}) == 1,
    )
    stage.must("before it was answered", pops[0].at_ms < stage.clock.marks["second_answer"])


@scene("service-down", "服务中断：正在进行的通话不断，新来电由应急话术接听，留言在恢复后入库")
async def service_down(stage: Stage) -> None:
    talking, agent, other = await stage.citizen(), await stage.agent(), await stage.citizen("13907359999")
    await talk(stage, talking, agent)
    async with _kept_dead(stage):
        await other.dials("12345")
        await other.hears_prompt("message-apology")
        await other.hears_prompt("beep")
        await stage.phase("service dead", {talking: [agent], agent: [talking], other: []}, seconds=2.5)
        await other.hangs_up()
    await _healthy(stage)
    await stage.phase("service back", {talking: [agent], agent: [talking]})
    await talk_is_over(stage, talking, agent)
    call = await stage.until("the message is imported", lambda: _imported(stage, other.number), 20)
    stage.must("it stands as a voice message", call.kind == "voicemail")
    stage.must("its sound is what the citizen said", await _sounds_like(stage, call, other.hertz or 0))


@contextlib.asynccontextmanager
async def _kept_dead(stage: Stage) -> AsyncIterator[None]:
    """kill -9; what is started in its place is held back until the end of the block."""
    service = stage.theatre.instance.service
    killed, held = service.pid, set[int]()

    async def hold() -> None:
        while True:
            if service.pid is not None and service.pid not in {killed, *held}:
                held.add(service.pid)
                os.kill(service.pid, signal.SIGSTOP)
            await asyncio.sleep(0.01)

    stage.say("demo", "kill -9 服务进程")
    if killed is not None:
        os.kill(killed, signal.SIGKILL)
    holding = asyncio.create_task(hold())
    try:
        await asyncio.sleep(0.5)
        yield
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        if service.pid in held:
            os.kill(service.pid, signal.SIGCONT)
        stage.say("demo", "新的服务进程开始工作")


async def _healthy(stage: Stage) -> None:
    async with httpx.AsyncClient(timeout=3, trust_env=False) as http:

        async def look() -> bool:
            try:
                return (await http.get(f"{stage.theatre.instance.url}/health")).status_code == 200
            except httpx.HTTPError:
                return False

        await stage.until("the service is back", look, 30)
    stage.say("demo", "服务已恢复")


async def _imported(stage: Stage, number: str) -> Message | None:
    async with stage.theatre.database.reading() as session:
        found = (await messages.find(session, caller=number, newest_first=True)).items
    return found[0] if found else None


async def _sounds_like(stage: Stage, message: Message, hertz: float) -> bool:
    """Whether the message's recording is this tone."""

    async def look() -> str:
        async with stage.theatre.database.reading() as session:
            found = await recordings.of_call(session, message.call_id or "")
        return next((one.path for one in found if one.state == "ready"), "")

    path = await stage.until("the message's sound is whole", look)
    return hears_tone(load_wav(stage.theatre.settings.recordings / path)[4000:16000], hertz)
