"""What a supervisor may do and what stays of it, on both databases; the telephones are measured in tests/system."""

import asyncio
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from api.actor import Actor
from app.supervision import SpyMode, SupervisionDesk
from core.call import Ring
from core.errors import Conflict, NotAllowed, NotFound, SwitchElsewhere, SwitchSilent
from store import calls, events, legs, seats, supervision
from store.errors import AppendOnly
from store.tables import Supervision
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service
WHY = "新话务员带教"


@dataclass
class FakeSpies:
    """Telephones that pick up when `picked_up` is set; `silent`: the switch refuses everything."""

    silent: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def join(self, leg: str, phone: str, agent: str, mode: SpyMode, ring_s: int) -> str:
        self._note("join", phone, agent, mode)
        await self.picked_up.wait()
        return f"PJSIP/{phone}-9"

    async def change(self, leg: str, agent: str, mode: SpyMode) -> None:
        self._note("change", agent, mode)

    async def take_over(self, leg: str, seat: str, call_id: str, citizen: str, agent: str) -> None:
        self._note("take_over", seat, citizen, agent)

    async def leave(self, leg: str) -> None:
        self._note("leave")
        self.picked_up.set()
        self.hung_up.set()

    async def gone(self, leg: str) -> None:
        await self.hung_up.wait()

    def _note(self, *asked: str) -> None:
        self.asked.append(asked)
        if self.silent:
            raise SwitchSilent("no answer")


@dataclass
class Scene:
    """Agent 8001 talks with a citizen, a supervisor sits at 8009."""

    place: Place
    agent: Actor
    boss: Actor
    citizen: Citizen
    spies: FakeSpies
    desk: SupervisionDesk

    async def supervise(self, mode: str = "listen", seat: str = "8009") -> str:
        return await self.desk.supervise(self.boss, self.citizen.id, seat, mode, WHY)  # type: ignore[arg-type]

    async def on(self, mode: str = "listen") -> str:
        made = await self.supervise(mode)
        self.spies.picked_up.set()
        await self.until(made, "on")
        return made

    async def row(self, supervision_id: str) -> Supervision:
        async with self.place.database.reading() as session:
            return await supervision.get(session, supervision_id)

    async def until(self, supervision_id: str, state: str) -> Supervision:
        async with asyncio.timeout(30):
            while (row := await self.row(supervision_id)).state != state:
                await asyncio.sleep(0.01)
        return row

    async def deeds(self) -> list[tuple[str, str]]:
        async with self.place.database.reading() as session:
            rows = await supervision.steps(session, call_id=self.citizen.id)
        return [(row.deed, row.why) for row in rows]


@pytest.fixture
async def scene(place: Place):  # type: ignore[no-untyped-def]
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    boss = await place.person("boss", "supervisor")
    async with place.database.session() as session:
        await seats.add(session, "8009", "secret", place.clock())
        await seats.log_in(session, "8009", boss.id, place.clock(), "ready")
    spies = FakeSpies()
    made = Scene(place, agent, boss, citizen, spies, SupervisionDesk(place.floor, spies))
    yield made
    await made.desk.stop()


async def test_listening_is_kept_before_the_telephone_rings_and_until_it_is_over(scene: Scene) -> None:
    made = await scene.supervise("listen")
    row = await scene.row(made)
    assert (row.state, row.mode, row.agent_seat, row.agent_id) == (
        "ringing",
        "listen",
        "8001",
        scene.agent.id,
    )
    assert await scene.place.seat_state("8009") == "paused"  # no citizen rings there meanwhile
    scene.spies.picked_up.set()
    row = await scene.until(made, "on")
    assert row.channel == "PJSIP/8009-9"
    assert scene.spies.asked == [("join", "8009", "PJSIP/8001-1", "listen")]
    await scene.desk.change(scene.boss, made, "whisper", "提示补问地址")
    scene.spies.hung_up.set()
    row = await scene.until(made, "ended")
    assert await scene.deeds() == [("listen", WHY), ("whisper", "提示补问地址"), ("ended", "over")]
    async with scene.place.database.reading() as session:
        noted = [e for e in await events.of(session, scene.citizen.id) if e.name == "call.supervised"]
    assert [(e.actor, e.payload["deed"]) for e in noted] == [
        (scene.boss.id, "listen"), (scene.boss.id, "whisper"), (scene.boss.id, "ended"),
    ]  # fmt: skip


async def test_the_record_can_not_be_changed(scene: Scene) -> None:
    await scene.supervise()
    for statement in ("UPDATE supervision_steps SET why = ''", "DELETE FROM supervision_steps"):
        with pytest.raises(AppendOnly):
            await _run(scene.place, statement)


async def _run(place: Place, statement: str) -> None:
    async with place.database.session() as session:
        await session.execute(text(statement))


async def test_taking_over_makes_the_supervisor_the_calls_agent(scene: Scene) -> None:
    made = await scene.on("barge")
    await scene.desk.change(scene.boss, made, "take_over", "市民要求班长")
    assert scene.spies.asked[-1] == ("take_over", "8009", scene.citizen.channel, "PJSIP/8001-1")
    row = await scene.citizen.row()
    assert (row.user_id, row.seat_id, row.state, row.step) == (scene.boss.id, "8009", "talking", "room")
    assert row.ended_at is None
    assert await scene.place.seat_state("8001") == "wrap_up"
    assert await scene.place.seat_state("8009") == "talking"
    async with scene.place.database.reading() as session:
        agents = [leg for leg in await legs.of_call(session, scene.citizen.id) if leg.role == "agent"]
        assert [(leg.number, leg.reason) for leg in agents] == [("8001", "TAKEN_OVER"), ("8009", None)]
    with pytest.raises(Conflict):
        await scene.desk.end(scene.boss, made)
    with pytest.raises(Conflict):
        await scene.desk.change(scene.boss, made, "listen", "再听一听")
    await scene.citizen.gone(status="ANSWER", talk_s=30)
    async with scene.place.database.session() as session:
        await seats.end_wrap_up(session, scene.place.clock(), scene.place.clock())
        await seats.settle_forced(session, scene.place.clock())
    assert await scene.place.seat_state("8009") == "paused"  # they came for this one call


async def test_taking_over_at_once_listens_first(scene: Scene) -> None:
    made = await scene.supervise("take_over")
    scene.spies.picked_up.set()
    async with asyncio.timeout(30):
        while (await scene.citizen.row()).user_id != scene.boss.id:
            await asyncio.sleep(0.01)
    assert [asked[0] for asked in scene.spies.asked] == ["join", "take_over"]
    assert (await scene.row(made)).mode == "take_over"


async def test_a_switch_that_does_not_answer_ends_the_supervision_and_leaves_the_talk(scene: Scene) -> None:
    scene.spies.silent = True
    row = await scene.until(await scene.supervise(), "ended")
    assert row.reason == "switch_silent"
    assert (await scene.citizen.row()).state == "talking"
    scene.spies.silent = False
    made = await scene.on()
    scene.spies.silent = True
    with pytest.raises(SwitchSilent):
        await scene.desk.change(scene.boss, made, "take_over", "试试")
    assert (await scene.citizen.row()).user_id == scene.agent.id
    assert (await scene.row(made)).mode == "listen"


async def test_only_from_ones_own_free_seat_one_talk_at_a_time_and_only_where_somebody_talks(
    scene: Scene,
) -> None:
    with pytest.raises(NotAllowed):
        await scene.supervise(seat="8001")
    with pytest.raises(NotFound):
        await scene.supervise(seat="8888")
    await scene.supervise()
    with pytest.raises(Conflict):
        await scene.supervise()
    waiting = scene.place.citizen("13900000001")
    await waiting.dial()
    with pytest.raises(Conflict):
        await scene.desk.supervise(scene.boss, waiting.id, "8009", "listen", WHY)
    with pytest.raises(NotFound):
        await scene.desk.supervise(scene.boss, "call_unknown", "8009", "listen", WHY)
    other = await scene.place.person("other", "supervisor")
    made = (await _running(scene)).id
    with pytest.raises(NotAllowed):
        await scene.desk.change(other, made, "barge", "插话")
    with pytest.raises(NotAllowed):
        await scene.desk.end(scene.agent, made)
    await scene.desk.end(other, made)  # any supervisor may end it
    assert (await scene.row(made)).state == "ended"


async def _running(scene: Scene) -> Supervision:
    async with scene.place.database.reading() as session:
        (row,) = await supervision.running(session)
    return row


async def test_nobody_supervises_their_own_talk(scene: Scene) -> None:
    with pytest.raises(Conflict):
        await scene.desk.supervise(scene.agent, scene.citizen.id, "8001", "listen", WHY)


async def test_without_a_switch_nothing_is_noted(scene: Scene) -> None:
    desk = SupervisionDesk(scene.place.floor, None)
    with pytest.raises(SwitchElsewhere):
        await desk.supervise(scene.boss, scene.citizen.id, "8009", "listen", WHY)
    assert await scene.deeds() == []


async def test_after_a_restart_whoever_still_listens_is_followed_to_the_end(scene: Scene) -> None:
    made = await scene.on()
    await scene.desk.stop()
    again = SupervisionDesk(scene.place.floor, scene.spies)
    await again.resume()
    assert (await scene.row(made)).state == "on"
    scene.spies.hung_up.set()
    await scene.until(made, "ended")
    await again.stop()


async def test_a_forced_pause_waits_for_the_talk_and_stays_on_record(scene: Scene) -> None:
    assert not await scene.desk.force(scene.boss, "8001", "force_pause", "培训谈话")
    assert await scene.place.seat_state("8001") == "talking"
    await scene.citizen.gone(status="ANSWER", talk_s=10)
    scene.place.clock.pass_(121)
    async with scene.place.database.session() as session:
        await seats.end_wrap_up(session, scene.place.clock(), scene.place.clock())
        await seats.settle_forced(session, scene.place.clock())
    assert await scene.place.seat_state("8001") == "paused"
    assert await scene.desk.force(scene.boss, "8001", "force_logout", "下班未签出")
    assert await scene.place.seat_state("8001") == "logged_out"
    async with scene.place.database.reading() as session:
        rows = await supervision.steps(session, agent_id=scene.agent.id)
    assert [(row.deed, row.why, row.user_id) for row in rows] == [
        ("force_pause", "培训谈话", scene.boss.id), ("force_logout", "下班未签出", scene.boss.id),
    ]  # fmt: skip


async def test_screens_of_supervisors_learn_of_it_and_the_agents_does_not(scene: Scene) -> None:
    async with (
        scene.place.floor.hints.subscribe("supervision") as bosses,
        scene.place.floor.hints.subscribe("seat.8001", f"call.{scene.citizen.id}") as agents,
    ):
        await scene.on("whisper")
        seen = [(await anext(bosses))[1]["event"] for _ in range(2)]
        assert seen == ["supervision.ringing", "supervision.on"]
        await scene.place.floor.tell("seat.8001", "end")
        assert (await anext(agents))[1]["event"] == "end"


async def test_a_call_whose_agent_was_replaced_rings_nobody_again(scene: Scene) -> None:
    """The room's end is told to the desk as after any talk."""
    made = await scene.on()
    await scene.desk.change(scene.boss, made, "take_over", "市民要求班长")
    async with scene.place.database.session() as session:
        assert (await calls.get(session, scene.citizen.id)).step == "room"
    told = await scene.citizen.done("DONE")
    assert not isinstance(told, Ring)
