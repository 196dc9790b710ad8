"""The year, event by event: citizens call, people act, the clock's alarms go off, notices are sent; all through the real house.

The floor's clock is the simulation's. Nothing sleeps; what happens next is taken from one agenda. `acked` is told of each deed
after the house has said yes, so that a process that dies can be held to its word.
"""

import heapq
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

from app import filing, flow
from app.chores import ALARMS, Chores
from app.desk_house import FloorHouse
from app.floor import Floor
from app.kin import Child
from app.kin import add as add_child
from app.notices.worker import Notices
from bench.city.choices import Choices, Known, Step
from bench.city.people import AGENT, OFFICE, YEAR, Asked, Done, found_city, manners, raised
from core.errors import Conflict, HotlineError
from core.notices import Channel, Sender
from core.policy_parts import TicketType
from store import tickets
from store.hints_local import LocalHints
from store.tables import Ticket as Row
from tickets.ticket import Action

LATE_SWEEP = timedelta(hours=2)
"""Now and then the alarms are looked at only so much later: the service was down."""
END = YEAR + timedelta(days=365)
_POSTS = ("08:10", "11:30")
_CARRIED = ("supplement", "urge")
_HELPING = ("assist", "descent")
"""Relations of those who help with a matter: what a citizen adds or urges reaches them too."""
_BEGINS = ("raise", "dispatch", "decide", "return", "redo")
"""Deeds that a clock begins with: what was named for the one before ends with it."""
Acked = Callable[[str, Done], None]


@dataclass(slots=True)
class Count:
    """What happened. `refused`: by the error's code and the deed; `seconds`, `cpu_s`: what it took, a database server's not counted."""

    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    sweeps: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0


class Ears(LocalHints):
    """Hints that also note which tickets something happened to."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, None] = {}

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        if topic == "tickets" and "ticket_id" in message:
            self.heard[str(message["ticket_id"])] = None


class Year:
    """One simulated year. `floor`: with `Ears` for hints; `now` is its clock. `senders`: gateways, None sends nothing."""

    def __init__(
        self,
        floor: Floor,
        count: int,
        seed: int,
        senders: Mapping[Channel, Sender] | None = None,
        acked: Acked = lambda ticket, done: None,
        ticked: Callable[[datetime], None] = lambda at: None,
        folder: Path = Path("/nonexistent"),
    ) -> None:
        assert isinstance(floor.hints, Ears)
        self.floor, self.count, self.seed, self.acked, self.ticked = floor, count, seed, acked, ticked
        self.ears, self.counted = floor.hints, Count()
        self.now = YEAR
        floor.clock = lambda: self.now
        self.house = FloorHouse(floor)
        self.choices = Choices(floor.policy, seed, manners())
        self.known: dict[str, Known] = {}
        self.done: defaultdict[str, list[Done]] = defaultdict(list)
        self.ids: dict[str, str] = {}
        self._agenda: list[tuple[datetime, int, str, str, int]] = []
        self._order = itertools.count()
        self._steps: dict[str, Step] = {}
        self._sweeps: set[datetime] = set()
        self._chores = Chores(floor, folder, folder)
        self._post = Notices(floor.database, floor.clock, senders or {})
        self._channels = tuple(senders or {})

    async def begin(self) -> None:
        """Found the city, or take up again what a killed process left: its rows tell."""
        async with self.floor.database.session() as session:
            await found_city(session, YEAR)
        after = ""
        while True:
            async with self.floor.database.reading() as session:
                found = await tickets.open_after(session, OPEN, after, 1000)
                for row in found:
                    self._see(row)
            if not found:
                break
            after = found[-1].id

    async def run(self, since: datetime = YEAR, until: datetime = END) -> None:
        """From one moment to another; alarms that fall meanwhile are looked at."""
        began, used = time.perf_counter(), time.process_time()
        self.now = since
        for known in list(self.known.values()):
            self._plan(known)
            self._expect(known)
        for number in range(self.count):
            asked = raised(number, self.count, self.seed, self.silent)
            if asked.at >= since - timedelta(hours=3):  # the same key files once
                self._put(asked.at, "raise", str(number))
        day = since.replace(hour=0, minute=0, second=0)
        while self._channels and day < until:
            for hour, minute in (one.split(":") for one in _POSTS):
                at = day + timedelta(hours=int(hour), minutes=int(minute))
                if since <= at < until:
                    self._put(at, "post", "")
            day += timedelta(days=1)
        while self._agenda and self._agenda[0][0] < until:
            at, _, what, about, version = heapq.heappop(self._agenda)
            self.now = max(self.now, at)
            self.ticked(self.now)
            await self._happen(at, what, about, version)
        self.now = until
        await self._sweep()
        await self._send()
        self.counted.seconds += time.perf_counter() - began
        self.counted.cpu_s += time.process_time() - used

    async def _happen(self, at: datetime, what: str, about: str, version: int) -> None:
        match what:
            case "raise":
                await self._raise(int(about))
            case "sweep":
                self._sweeps.discard(datetime.fromisoformat(about))
                await self._sweep()
            case "post":
                await self._send()
            case _:
                known, step = self.known.get(about), self._steps.get(about)
                if (
                    known is not None
                    and step is not None
                    and known.ticket.version == version
                    and step.at == at
                ):
                    del self._steps[about]
                    await self._step(known, step)

    # --- the agenda ---------------------------------------------------------------------------------------------------

    def _put(self, at: datetime, what: str, about: str, version: int = 0) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what, about, version))

    def _plan(self, known: Known) -> None:
        step = self.choices.next(known, self.now)
        if step is None:
            self._steps.pop(known.ticket.id, None)
            return
        self._steps[known.ticket.id] = step
        self._put(step.at, "step", known.ticket.id, known.ticket.version)

    def _expect(self, known: Known) -> None:
        """The clock will look at this ticket at the moment its row names, or now and then a while later."""
        alarm = known.ticket.next_alarm_at
        if alarm is None:
            return
        dice = Random(f"{self.seed}/{alarm.isoformat()}")
        at = max(alarm, self.now)
        if dice.random() < 0.1:
            at += LATE_SWEEP * dice.random()
        at = at.replace(microsecond=0) + timedelta(seconds=1 if alarm.microsecond else 0)
        if at not in self._sweeps:
            self._sweeps.add(at)
            self._put(at, "sweep", at.isoformat())

    def _see(self, row: Row, first: str = "") -> Known:
        """Keep in mind what a row says, and plan on it."""
        old = self.known.get(row.id)
        known = Known(
            filing.as_ticket(row),
            row.request_key or row.id,
            row.title,
            row.body,
            first=first or (old.first if old else ""),
        )
        known.children = old.children if old else 0
        parent = self.known.get(row.parent_id or "")
        known.above = parent.ticket.unit if parent else old.above if old else None
        self.known[row.id] = known
        self._next(known)
        return known

    def _next(self, known: Known) -> None:
        ticket = known.ticket
        if ticket.state in OVER:
            self.known.pop(ticket.id, None)
            self._steps.pop(ticket.id, None)
            return
        self._plan(known)
        self._expect(known)

    # --- what happens -------------------------------------------------------------------------------------------------

    def silent(self, type_: TicketType) -> bool:
        handle = self.floor.policy.stages.handle.get(type_)
        return handle is None or handle.term is None

    async def _raise(self, number: int) -> None:
        asked = raised(number, self.count, self.seed, self.silent)
        try:
            who = OFFICE if asked.order.named.get("term") in ("set", "statutory") else AGENT
            row = await flow.ticket_filed(self.floor, asked.order, who, asked.key)
        except HotlineError as error:
            self.counted.refused[f"file: {error.code}"] += 1
            return
        self.ids[asked.key] = row.id
        if row.id in self.done:  # filed by the process before this one
            return
        self._ack(row.id, filed_as(asked, row))
        self._see(row, first=self.ids.get(asked.repeats, ""))

    async def _step(self, known: Known, step: Step) -> None:
        ticket = known.ticket
        self.ears.heard.clear()
        try:
            match step.action:
                case "add":
                    await self._add(known, step)
                case "grade":
                    await self.house.after_call.grade_ticket(step.actor, ticket.id, step.facts["grade"])
                    self._ack(ticket.id, Done("revisit", self.now, dict(step.facts)))
                    await self._look(ticket.id)
                case action:
                    applied = await flow.ticket_step(
                        self.floor,
                        ticket.id,
                        cast(Action, action),
                        step.actor,
                        ticket.version,
                        **step.facts,
                    )
                    self._ack(ticket.id, Done(action, self.now, dict(step.facts)))
                    known.ticket, known.tried = replace(applied.ticket, history=()), set()
                    await self._others(known, step)
        except Conflict:
            self.counted.refused[f"{step.action}: conflict"] += 1
            await self._look(ticket.id)
        except HotlineError as error:
            self.counted.refused[f"{step.action}: {error.code}"] += 1
            known.tried.add(step.action)
            self._plan(known)
        finally:
            self.ears.heard.clear()

    async def _others(self, known: Known, step: Step) -> None:
        """A step may open a supervision order, take children along or be carried to them; their events are heard."""
        self.ears.heard.pop(known.ticket.id, None)
        self._next(known)
        for other in list(self.ears.heard):
            row = await self._look(other)
            if step.action == "merge" and other == step.facts["into"]:
                self._ack(other, Done("supplement", self.now, {}))
            elif row.state == "withdrawn":
                self._ack(other, Done("withdraw", self.now, {}))
            elif step.action in _CARRIED and row.relation in _HELPING:
                self._ack(other, Done(step.action, self.now, {}))

    async def _add(self, known: Known, step: Step) -> None:
        known.children += 1
        key = f"{known.key}/{step.facts['relation']}/{known.children}"
        child = Child(
            step.facts["relation"],
            step.facts["unit"],
            step.facts.get("title", ""),
            "",
            step.facts.get("named", {}),
        )
        async with self.floor.database.session() as session:
            parent = await tickets.get(session, known.ticket.id)
            row = (await add_child(self.floor, session, parent, child, step.actor, key)).row
        if row.id not in self.done:  # added by the process before this one, under the same key
            self._ack(row.id, added(row, child.named or _of_the_law(self.done.get(parent.id, ()), row)))
        self._see(row)
        self._plan(known)

    async def _sweep(self) -> None:
        """As the chore does; it goes on until nothing is due, or for some seconds."""
        while await self._chores.alarms() >= ALARMS:
            pass
        self.counted.sweeps += 1
        heard = list(self.ears.heard)
        self.ears.heard.clear()
        if heard:
            async with self.floor.database.reading() as session:
                found = await tickets.many(session, heard)
            for one in heard:
                self._looked(found[one])

    async def _send(self) -> None:
        for channel in self._channels:
            while await self._post.round(channel):
                pass

    # --- looking again ------------------------------------------------------------------------------------------------

    async def _look(self, ticket: str) -> Row:
        """Read it again; one that nobody here has filed is a supervision order that a red card opened."""
        async with self.floor.database.reading() as session:
            return self._looked(await tickets.get(session, ticket))

    def _looked(self, row: Row) -> Row:
        if row.id not in self.done:
            self._ack(row.id, added(row, {}))
        self._see(row)
        return row

    def _ack(self, ticket: str, done: Done) -> None:
        self.counted.deeds[done.action] += 1
        self.done[ticket].append(done)
        self.acked(ticket, done)


OVER = ("answered", "refused", "archived", "withdrawn", "merged")
OPEN = (
    "filed", "dispatched", "deemed", "signed", "extension_asked", "returned", "disputed", "replied", "reviewed", "redoing",
    "resolved", "revisited",
)  # fmt: skip


def filed_as(asked: Asked, row: Row) -> Done:
    """A citizen's matter as the oracle must know it."""
    order = asked.order
    return Done(
        "raise", row.filed_at, {"exit": order.exit, "key": asked.key, "unit": order.unit, **order.named}
    )


def _of_the_law(above: Sequence[Done], child: Row) -> Mapping[str, str]:
    """A statute's term binds who helps as well, as it was named for the lead: what that was granted since is its own."""
    begun = next((one.facts for one in reversed(above) if one.action in _BEGINS), {})
    if child.relation not in _HELPING or begun.get("term") != "statutory":
        return {}
    over = datetime.fromisoformat(begun["until"]) <= child.filed_at
    return {} if over else {"until": begun["until"], "term": "statutory"}


def added(row: Row, named: Mapping[str, str]) -> Done:
    """A child as the oracle must know it."""
    exit_ = "dispatch" if row.unit_code else "file"
    return Done(
        "raise",
        row.filed_at,
        {"exit": exit_, "unit": row.unit_code, "parent": row.parent_id, "relation": row.relation, **named},
    )
