"""Places the test calls a city asked for: units in office hours, their mobiles at decent ones, lines others answer."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

import structlog

from agi.probe_call import RING_S, ShortCall
from app.floor import Floor
from app.settings import Settings
from core.errors import Conflict, HotlineError
from core.ids import new_id
from core.reachability import FAILED, MEASURED, FairUse, Outcome, Result, Rule, is_due, may_call
from store import line_state, probes, trunks
from store.tables import Probe, Trunk, UnitPhone
from tickets.clock import local
from tickets.open_hours import OpenHours, open_hours

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
PACE_S = 3.0
LINE_EVERY = timedelta(hours=1)
_OF_LINES: Mapping[str, str] = {"not_placed": "cancelled", "congestion": "cancelled"}
"""Our carrier's trouble tells nothing of the other line."""


class Placer(Protocol):
    """Places one test call. Raises SwitchSilent."""

    async def place(self, call: ShortCall) -> tuple[Outcome, int]: ...


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """What a city turned on. `mobile_hours`: when a test may ring a mobile, any day; off by default: it rings people."""

    units: bool = False
    lines: bool = False
    mobile_hours: tuple[time, time] = (time(9), time(20))
    ring_s: int = RING_S
    limits: FairUse = field(default_factory=FairUse)
    rule: Rule = field(default_factory=Rule)


def probe_settings(s: Settings) -> ProbeSettings:
    """From the environment's words."""
    since, until = (time.fromisoformat(text) for text in s.probe_mobile_hours.split("-"))
    return ProbeSettings(s.probe_units, s.probe_lines, (since, until))


class Probes:
    """One loop beside the link to Asterisk, one call at a time; any number of processes may run it."""

    def __init__(self, floor: Floor, placer: Placer, settings: ProbeSettings, pace_s: float = PACE_S) -> None:
        self._floor, self._placer, self._settings, self._pace_s = floor, placer, settings, pace_s
        self._tried: dict[str, datetime] = {}

    async def run(self) -> None:
        """Until cancelled. Test calls people ask for are placed also where the routine is off."""
        while True:
            placed = 0
            try:
                placed = await self.round()
            except HotlineError as error:
                log.warning("test calls put off", reason=str(error))
            except Exception as error:
                log.error("test calls failed", exc_info=error)
            await asyncio.sleep(self._pace_s if placed else LOOK_EVERY_S)

    async def round(self) -> int:
        """One call at most; gives how many were placed. Nothing where no trunk leads outside."""
        at = self._floor.clock()
        async with self._floor.database.reading() as session:
            way = next((one for one in await trunks.active(session) if one.host), None)
        if way is None:
            return 0
        if self._settings.units:
            await self._want_due(at)
        if (mine := await self._claimed(at)) is not None:
            await self._place(mine[0].id, mine[1], way)
            return 1
        return await self._line(at, way) if self._settings.lines else 0

    async def _claimed(self, at: datetime) -> tuple[Probe, UnitPhone] | None:
        """A test call that waits, ours to place. Nothing is written where nothing waits."""
        async with self._floor.database.reading() as session:
            if not await probes.unsettled(session):
                return None
        async with self._floor.database.session() as session:
            await probes.give_up_lost(session, at)
            return await probes.claim(session, at)

    # --- units ---

    async def _want_due(self, at: datetime) -> None:
        """The routine call that is due most: a run of failures is followed up before a new day's round goes on."""
        async with self._floor.database.reading() as session:
            known = await probes.phones(session)
            past = await probes.history(session, at - timedelta(days=1), at + timedelta(seconds=1))
        known = [one for one in known if one.kind in MEASURED and self._may_ring(one.kind, at)]
        due = [one for one in known if self._due(one.kind, past.get(one.id, ()), at)]
        if not due or any(not r.outcome for results in past.values() for r in results):
            return
        failing = [one for one in due if past.get(one.id) and past[one.id][-1].outcome in FAILED]
        chosen = random.choice(failing or due)
        async with self._floor.database.session() as session:
            try:
                await probes.ask(session, chosen.id, "clock", at, self._settings.limits)
            except Conflict:
                log.info("a test call was asked for elsewhere", phone=chosen.id)

    def _due(self, kind: str, results: Sequence[Result], at: datetime) -> bool:
        """What was asked for while the unit was closed proves nothing, but it did ring the telephone."""
        limits = self._settings.limits
        proves = [one for part in probes.counting(kind, results, self._hours) for one in part]
        return may_call(results, at, limits) and is_due(proves, at, limits, self._settings.rule)

    def _may_ring(self, kind: str, at: datetime) -> bool:
        """Fixed lines in office hours; mobiles must be reachable day and night, but a mere test does not wake people."""
        if kind != "fixed":
            since, until = self._settings.mobile_hours
            return since <= local(at).time() < until
        return self._hours.spell(at) is not None

    @property
    def _hours(self) -> OpenHours:
        return open_hours(self._floor.policy, self._floor.calendar)

    async def _place(self, probe_id: str, phone: UnitPhone, way: Trunk) -> None:
        outcome, cause, seconds = await self._ring(probe_id, phone.number, way)
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            happened = await probes.settle(session, probe_id, outcome, cause, seconds, at)
        log.info("test call", unit=phone.unit_code, kind=phone.kind, outcome=outcome, cause=cause)
        if happened is not None:
            facts = {"unit": phone.unit_code, "kind": phone.kind, "outcome": outcome}
            await self._floor.tell("floor", happened.name, **facts)

    async def _ring(self, ref: str, number: str, way: Trunk) -> tuple[Outcome, int, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        call = ShortCall(ref, number, way.name, way.display_number or "", self._settings.ring_s)
        try:
            outcome, cause = await self._placer.place(call)
        except HotlineError as error:
            log.warning("a test call could not be placed", reason=str(error))
            outcome, cause = "not_placed", 0
        return outcome, cause, loop.time() - began

    # --- lines others answer ---

    async def _line(self, at: datetime, way: Trunk) -> int:
        """The line whose state is oldest, where it is older than an hour: sub-centres never close, so any hour will do."""
        if not self._may_ring("leader", at):
            return 0
        lines = [one for one in self._floor.content.register if one.mode == "sub_centre" and one.outside]
        async with self._floor.database.reading() as session:
            checked = {row.number: row.checked_at for row in await line_state.rows(session)} | self._tried
        stale = [one for one in lines if one.number not in checked or at - checked[one.number] >= LINE_EVERY]
        if not stale:
            return 0
        line = min(stale, key=lambda one: (one.number in checked, checked.get(one.number, at), one.number))
        self._tried[line.number] = at  # also where it told nothing: it is not rung again at once
        outcome, _, _ = await self._ring(new_id("probe"), line.outside, way)
        async with self._floor.database.session() as session:
            said = _OF_LINES.get(outcome, outcome)
            state = await line_state.tried(session, line.number, said, self._floor.clock(), "probe")
        log.info("test call to a line", line=line.number, outcome=outcome, state=state)
        return 1
