"""A supervisor in somebody's talk, with a real Asterisk and real telephones: who hears whom is measured from what each received."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app import seeding
from app.demo import audio
from app.demo.leg import Leg
from app.demo.phone import NO_ANSWER, REJECT, Phone, answer_after
from app.instance import Instance, private
from app.seeding import Account, kept_accounts
from asr.prompts import OPENING
from store import seats
from store.database import Database
from tests.system.conftest import nothing_left
from tests.system.floor import AgentDesk

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

HERTZ = {"citizen": 500.0, "agent": 900.0, "supervisor": 1400.0, "expert": 700.0}
LOUD_DB, SILENT_DB = -35.0, -60.0  # tones are sent at -12 dBFS
NOBODYS_HZ, BESIDE_HZ, STANDS_OUT_DB = 1150.0, 100.0, 12.0
LOOK_S, SETTLE_S = 0.6, 30.0
BEHIND_S = 1.0  # a busy machine lays sound down so much behind the clock
NUMBER = "13907350000"


@dataclass
class Stage:
    """A running instance with one agent (8001), a supervisor (8003) and their telephones; an expert (8002) who comes when asked."""

    instance: Instance
    database: Database
    agent: AgentDesk
    boss: AgentDesk
    expert: AgentDesk
    agent_phone: Phone
    boss_phone: Phone
    expert_phone: Phone

    @property
    def server(self) -> tuple[str, int]:
        return self.instance.settings.sip_host, self.instance.settings.sip_port


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home: Path = tmp_path_factory.mktemp("supervision") / "home"
    prompts = tmp_path_factory.mktemp("prompts")
    for name in OPENING:
        audio.save_wav(prompts / f"{name}.wav", audio.silence(0.1))
    settings = private(
        home,
        recognise_live="off",
        recognise_after="off",
        seats=3,
        wrap_up_s=1,
        wait_s=2,
        ring_s=30,
        prompts=prompts,
    )
    async with AsyncExitStack() as stack:
        instance = Instance(settings)
        await instance.start()
        stack.push_async_callback(instance.stop)
        database = Database(settings.database, seeding.keyring(settings))
        stack.push_async_callback(database.close)
        known = {account.login: account for account in kept_accounts(settings)}
        boss = known["banzhang"]
        phones, desks = [], []
        for account in (
            known["agent8001"],
            Account(boss.login, boss.password, boss.role, boss.name, "8003"),
            known["agent8002"],
        ):
            async with database.reading() as session:
                secret = (await seats.get(session, account.seat)).sip_secret
            server = (settings.sip_host, settings.sip_port)
            phone = Phone(account.seat, server, account.seat, secret, on_ring=answer_after(0.2))
            await stack.enter_async_context(phone)
            await phone.register()
            phones.append(phone)
            desk = AgentDesk(instance.url, account)
            stack.push_async_callback(desk.close)
            desks.append(desk)
        await desks[0].open()
        given = {"login": boss.login, "password": boss.password}
        token = (await desks[1].ask("POST", "/token", json=given))["access_token"]
        desks[1]._http.headers["Authorization"] = f"Bearer {token}"
        await desks[1].ask("POST", "/seats/8003/login")
        yield Stage(instance, database, desks[0], desks[1], desks[2], phones[0], phones[1], phones[2])
    await nothing_left(settings)


@dataclass
class Talk:
    """A citizen and an agent who talk, and the call's id."""

    call_id: str
    legs: dict[str, Leg]

    async def hear(self, wanted: Mapping[str, set[str]]) -> None:
        """Until each of these legs hears exactly these parties, measured over LOOK_S. AssertionError after SETTLE_S."""
        await asyncio.sleep(BEHIND_S)
        deadline, found = time.monotonic() + SETTLE_S, dict[str, set[str]]()
        while time.monotonic() < deadline:
            await asyncio.sleep(LOOK_S)
            found = {name: heard(self.legs[name], name) for name in wanted}
            if found == dict(wanted):
                return
        ends = {name: leg.end for name, leg in self.legs.items()}
        raise AssertionError(f"wanted {dict(wanted)}, heard {found}, legs ended {ends}")


def heard(leg: Leg, own: str) -> set[str]:
    """Whose tone was there for LOOK_S; a level between loud and silent counts for both, so that no test passes by it.

    Nobody's own voice is asked about: whoever barges in hears a little of themselves.
    """
    now = leg.seconds() - BEHIND_S
    levels = {name: leg.level(HERTZ[name], now - LOOK_S, now) for name in HERTZ if name != own}
    # the edges of another's tone that a busy machine cut are as loud right beside
    edges = {name: leg.level(HERTZ[name] - BESIDE_HZ, now - LOOK_S, now) + STANDS_OUT_DB for name in levels}
    unclear = {f"{name}?" for name, level in levels.items() if max(SILENT_DB, edges[name]) < level < LOUD_DB}
    return {name for name, level in levels.items() if level >= LOUD_DB} | unclear


@pytest_asyncio.fixture(loop_scope="module")
async def talk(stage: Stage) -> AsyncIterator[Talk]:
    await ready(stage)
    async with Phone(NUMBER, stage.server) as citizen:
        leg = await citizen.call("12345", from_number=NUMBER, timeout=60)
        theirs = await stage.agent_phone.wait_leg(90)
        leg.say(audio.tone(HERTZ["citizen"], 600))
        theirs.say(audio.tone(HERTZ["agent"], 600))
        made = Talk("", {"citizen": leg, "agent": theirs})
        await made.hear({"citizen": {"agent"}, "agent": {"citizen"}})
        made.call_id = await until(lambda: _talking(stage))
        yield made
        await leg.hangup()
        for one in made.legs.values():
            await one.wait_end(60)


async def _talking(stage: Stage) -> str:
    floor = await stage.boss.ask("GET", "/floor")
    return next((str(call["id"]) for call in floor["calls"] if call["phase"] == "talking"), "")


async def ready(stage: Stage) -> None:
    """The agent is free again, the supervisor's seat is paused."""

    async def free() -> bool:
        states = {seat["id"]: seat["state"] for seat in (await stage.boss.ask("GET", "/floor"))["seats"]}
        return (states["8001"], states["8003"]) == ("ready", "paused")

    await until(free, 30)
    stage.boss_phone.on_ring = answer_after(0.2)


async def until(look: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `look` gives once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := await look():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {seconds:g} s")


async def join(stage: Stage, talk: Talk, mode: str) -> str:
    """The supervisor's telephone rings, is picked up and speaks; the supervision's id once it is on."""
    given = {"mode": mode, "seat": "8003", "why": "新话务员带教"}
    made = await stage.boss.ask("POST", f"/calls/{talk.call_id}/supervise", json=given)
    assert made["state"] == "ringing"
    leg = await stage.boss_phone.wait_leg(60)
    leg.say(audio.tone(HERTZ["supervisor"], 600))
    talk.legs["supervisor"] = leg
    await until(lambda: is_on(stage, talk.call_id, made["id"]))
    return str(made["id"])


async def record(stage: Stage, call_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await stage.boss.ask("GET", f"/calls/{call_id}/supervision")
    return found


async def is_on(stage: Stage, call_id: str, supervision_id: str) -> bool:
    rows = (await record(stage, call_id))["items"]
    return (supervision_id, "on") in [(row["id"], row["state"]) for row in rows]


async def change(stage: Stage, talk: Talk, supervision_id: str, mode: str) -> None:
    path = f"/calls/{talk.call_id}/supervise/{supervision_id}/mode"
    await stage.boss.ask("POST", path, json={"mode": mode, "why": f"改为 {mode}"})


@pytest.mark.asyncio(loop_scope="module")
async def test_listen_whisper_and_barge_are_heard_by_those_who_should_and_nobody_else(
    stage: Stage, talk: Talk
) -> None:
    supervision = await join(stage, talk, "listen")
    both = {"citizen", "agent"}
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen"}, "supervisor": both})
    await change(stage, talk, supervision, "whisper")
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen", "supervisor"}, "supervisor": both})
    await change(stage, talk, supervision, "barge")
    await talk.hear(
        {"citizen": {"agent", "supervisor"}, "agent": {"citizen", "supervisor"}, "supervisor": both}
    )
    await change(stage, talk, supervision, "listen")
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen"}, "supervisor": both})
    whole = talk.legs["citizen"]
    assert whole.end is None
    await stage.boss.ask("POST", f"/calls/{talk.call_id}/supervise/{supervision}/end")
    await talk.legs["supervisor"].wait_end(60)
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen"}})
    kept = await record(stage, talk.call_id)
    assert [step["deed"] for step in kept["steps"]] == ["listen", "whisper", "barge", "listen", "ended"]
    assert [step["why"] for step in kept["steps"]][:2] == ["新话务员带教", "改为 whisper"]
    assert kept["items"][0]["agent_seat"] == "8001"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_citizen_never_hears_a_whisper_not_even_for_a_moment(stage: Stage, talk: Talk) -> None:
    leg = talk.legs["citizen"]
    before = leg.seconds()
    await join(stage, talk, "whisper")
    await talk.hear({"agent": {"citizen", "supervisor"}, "citizen": {"agent"}})
    assert whispers(leg.between(before, leg.seconds())) == []
    await talk.legs["supervisor"].hangup()  # the supervisor just hangs up
    await until(lambda: _nobody_listens(stage))
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen"}})


def whispers(sound: audio.Samples) -> list[tuple[float, float]]:
    """When the supervisor's tone is in it: a machine that stands still cuts the other's tone, and such an edge is in every frequency alike."""
    found = audio.spans(sound, HERTZ["supervisor"], SILENT_DB)
    parts = {(a, b): sound[round(a * audio.RATE) : round(b * audio.RATE)] for a, b in found}
    return [
        span
        for span, part in parts.items()
        if audio.tone_level(part, HERTZ["supervisor"]) > audio.tone_level(part, NOBODYS_HZ) + STANDS_OUT_DB
    ]


def test_a_whisper_of_a_moment_is_told_from_a_cut_tone() -> None:
    agent = audio.tone(HERTZ["agent"], 2.0)
    cut = agent.copy()
    cut[8000:9600] = 0
    assert whispers(cut) == []
    whispered = agent.copy()
    whispered[8000:8480] += audio.tone(HERTZ["supervisor"], 0.06)
    ((start, end),) = whispers(whispered)
    assert 0.9 < start < end < 1.2


async def _nobody_listens(stage: Stage) -> bool:
    return not (await stage.boss.ask("GET", "/floor"))["supervisions"]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_end_of_the_talk_ends_the_listening(stage: Stage, talk: Talk) -> None:
    await join(stage, talk, "listen")
    await talk.legs["citizen"].hangup()
    await talk.legs["supervisor"].wait_end(60)
    await until(lambda: _nobody_listens(stage))
    agents = await stage.agent.ask("GET", f"/calls/{talk.call_id}/supervision")  # they may see it now
    assert [step["deed"] for step in agents["steps"]] == ["listen", "ended"]


@pytest.mark.asyncio(loop_scope="module")
async def test_taking_over_gives_the_citizen_to_the_supervisor_without_a_drop(
    stage: Stage, talk: Talk
) -> None:
    supervision = await join(stage, talk, "listen")
    await change(stage, talk, supervision, "take_over")
    await talk.legs["agent"].wait_end(60)
    await talk.hear({"citizen": {"supervisor"}, "supervisor": {"citizen"}})
    call = await stage.boss.ask("GET", f"/calls/{talk.call_id}")
    me = (await stage.boss.ask("GET", "/users/me"))["id"]
    assert (call["state"], call["seat_id"], call["user_id"]) == ("talking", "8003", me)
    states = {seat["id"]: seat["state"] for seat in (await stage.boss.ask("GET", "/floor"))["seats"]}
    assert (states["8001"] in ("wrap_up", "ready"), states["8003"]) == (True, "talking")
    await asyncio.sleep(3)  # long enough for anybody who believes the agent's leg was lost to act
    await talk.hear({"citizen": {"supervisor"}, "supervisor": {"citizen"}})
    await talk.legs["citizen"].hangup()
    await talk.legs["supervisor"].wait_end(60)
    await until(lambda: _nobody_listens(stage))
    ended = await until(lambda: _ended(stage, talk.call_id))
    assert ended["ended_by"] == "citizen"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_supervisor_who_took_over_ends_the_call_as_an_agent_does(stage: Stage, talk: Talk) -> None:
    supervision = await join(stage, talk, "barge")
    await asyncio.sleep(1.5)
    await change(stage, talk, supervision, "take_over")
    await talk.hear({"citizen": {"supervisor"}, "supervisor": {"citizen"}})
    parted = talk.legs["citizen"].seconds()
    await asyncio.sleep(1.5)
    lasted = talk.legs["citizen"].seconds() - parted
    await talk.legs["supervisor"].hangup()
    talk.legs["citizen"].hush()
    ended = await until(lambda: _graded(stage, talk), 60)
    await talk.legs["citizen"].wait_end(60)
    assert ended["ended_by"] == "agent"
    assert ended["talk_seconds"] > lasted + 1.5  # with the agent, and with the supervisor


async def _graded(stage: Stage, talk: Talk) -> dict[str, Any] | None:
    """The citizen is asked for a grade, gives one and hears goodbye."""
    if talk.legs["citizen"].end is None:
        talk.legs["citizen"].dtmf("1")
    return await _ended(stage, talk.call_id)


async def _ended(stage: Stage, call_id: str) -> dict[str, Any] | None:
    call: dict[str, Any] = await stage.boss.ask("GET", f"/calls/{call_id}")
    return call if call["ended_at"] else None


@pytest.mark.asyncio(loop_scope="module")
async def test_a_supervisor_who_does_not_pick_up_leaves_the_talk_alone(stage: Stage, talk: Talk) -> None:
    stage.boss_phone.on_ring = REJECT
    given = {"mode": "whisper", "seat": "8003", "why": "抽查"}
    made = await stage.boss.ask("POST", f"/calls/{talk.call_id}/supervise", json=given)
    await until(lambda: _nobody_listens(stage))
    stage.boss_phone.on_ring = NO_ANSWER
    await stage.boss_phone.wait_ring(30)  # the rejected one
    again = await stage.boss.ask("POST", f"/calls/{talk.call_id}/supervise", json=given)
    ring = await stage.boss_phone.wait_ring(60)
    await stage.boss.ask("POST", f"/calls/{talk.call_id}/supervise/{again['id']}/end")
    assert (await ring.wait_end(60)).startswith("cancelled")
    await talk.hear({"citizen": {"agent"}, "agent": {"citizen"}})
    rows = {row["id"]: row for row in (await record(stage, talk.call_id))["items"]}
    assert rows[made["id"]]["reason"] == "action_refused"
    assert rows[again["id"]]["reason"] == "hung up"
    assert rows[again["id"]]["joined_at"] is None


@pytest_asyncio.fixture(loop_scope="module")
async def expert(stage: Stage, talk: Talk) -> AsyncIterator[Leg]:
    """The third party of the talk, in the call's room with both."""
    await stage.expert.open()
    asked = {"to": {"kind": "seat", "ref": "8002"}, "how": "three_way"}
    await stage.agent.ask("POST", f"/calls/{talk.call_id}/transfers", json=asked)
    leg = await stage.expert_phone.wait_leg(60)
    leg.say(audio.tone(HERTZ["expert"], 600))
    talk.legs["expert"] = leg
    yield leg
    await leg.hangup()
    await until(lambda: _logged_out(stage))


async def _logged_out(stage: Stage) -> bool:
    """The expert goes home, as soon as the talk at the seat is over."""
    seats_now = {seat["id"]: seat["state"] for seat in (await stage.boss.ask("GET", "/floor"))["seats"]}
    if seats_now["8002"] in ("ready", "wrap_up", "paused"):
        await stage.expert.ask("POST", "/seats/8002/logout")
        return True
    return False


@pytest.mark.asyncio(loop_scope="module")
async def test_with_three_in_the_room_a_whisper_is_the_agents_and_barging_in_is_everybodys(
    stage: Stage, talk: Talk, expert: Leg
) -> None:
    three = {"citizen", "agent", "expert"}
    plain = {name: three - {name} for name in three}
    await talk.hear(plain)
    supervision = await join(stage, talk, "whisper")
    await talk.hear(plain | {"agent": {"citizen", "expert", "supervisor"}, "supervisor": three})
    await change(stage, talk, supervision, "barge")
    await talk.hear(
        {name: heard_by | {"supervisor"} for name, heard_by in plain.items()} | {"supervisor": three}
    )
    await change(stage, talk, supervision, "listen")
    await talk.hear(plain | {"supervisor": three})
    await change(stage, talk, supervision, "take_over")
    await talk.legs["agent"].wait_end(60)
    rest = {"citizen", "expert", "supervisor"}
    await talk.hear({name: rest - {name} for name in rest})
    await talk.legs["citizen"].hangup()
    await talk.legs["supervisor"].wait_end(60)
    ended = await until(lambda: _ended(stage, talk.call_id))
    assert ended["ended_by"] == "citizen"
