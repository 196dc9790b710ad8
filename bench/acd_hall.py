"""A floor simulated event by event; who takes which call is routing.decide's own answer, nothing else decides here."""

import heapq
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bench.acd_day import START, Caller, Shift
from routing import CallView, Route, RoutingPolicy, SeatView, decide
from routing.index import FloorIndex
from routing.views import key_of


@dataclass
class Tally:
    """What came of a run. Waits in seconds, of answered calls; decisions in microseconds, floor look-up included."""

    offered: int = 0
    waits: list[float] = field(default_factory=list)
    gave_up: int = 0
    gave_up_soon: int = 0
    wanted: int = 0
    matched: int = 0
    busy_s: float = 0.0
    duty_s: float = 0.0
    decisions: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(slots=True)
class Waiting:
    """A call in line and what it now asks for."""

    call: Caller
    wants: tuple[str, ...]
    gone: bool = False


class Hall:
    """One run. unskilled: how much longer a call keeps a seat that lacks what it wanted; `by_skill` False strips the wants.

    With `patient` nobody hangs up.
    """

    def __init__(
        self, rules: RoutingPolicy, unskilled: float, *, by_skill: bool = True, patient: bool = False
    ) -> None:
        self._rules, self._unskilled, self._by_skill, self._patient = rules, unskilled, by_skill, patient
        self._index = FloorIndex()
        self._events: list[tuple[float, int, str, object]] = []
        self._order = itertools.count()
        self._lines: defaultdict[tuple[str, ...], deque[Waiting]] = defaultdict(deque)
        self._queue: dict[str, int] = {}
        self._leaving: set[str] = set()
        self.tally = Tally()

    def run(self, calls: Iterable[Caller], shifts: Iterable[Shift]) -> Tally:
        """The whole day, and until the last call is over."""
        begun = time.perf_counter()
        for shift in shifts:
            self._index.put(replace(shift.seat, state="logged_out"))
            self._at(shift.begins, "sits", shift.seat.id)
            self._at(shift.ends, "leaves", shift.seat.id)
            self.tally.duty_s += shift.ends - shift.begins
        arrivals = iter(calls)
        self._next(arrivals)
        while self._events:
            at, _, what, whom = heapq.heappop(self._events)
            if what == "arrives":
                self._next(arrivals)
            getattr(self, f"_{what}")(at, whom)
        self.tally.seconds = time.perf_counter() - begun
        return self.tally

    def _next(self, arrivals: Iterable[Caller]) -> None:
        call = next(iter(arrivals), None)
        if call is not None:
            self._at(call.at, "arrives", call)

    def _at(self, at: float, what: str, whom: object) -> None:
        heapq.heappush(self._events, (at, next(self._order), what, whom))

    # --- what happens -------------------------------------------------------------------------------------------------

    def _arrives(self, at: float, call: Caller) -> None:
        self.tally.offered += 1
        self.tally.wanted += bool(call.wants)
        wants = call.wants if self._by_skill else ()
        route = self._decide(at, call, wants, self._queue)
        if route.seat is not None:
            self._talk(at, call, route.seat)
            return
        waiting = Waiting(call, wants)
        self._lines[wants].append(waiting)
        self._count(wants, 1)
        for moment in self._moments(wants):
            self._at(at + moment, "asks", waiting)
        if not self._patient:
            self._at(at + call.gives_up_s, "hangs_up", waiting)

    def _moments(self, wants: tuple[str, ...]) -> set[float]:
        """After what waits the rule may say something else though no seat became free."""
        helped = {after for after in self._rules.helps_after_s.values() if after > 0}
        return helped | {self._rules.patience(want) for want in wants}

    def _asks(self, at: float, waiting: Waiting) -> None:
        """Its patience for a skill is over, or other kinds of seats help by now."""
        if waiting.gone:
            return
        route = self._decide(at, waiting.call, waiting.wants, {})
        if route.seat is not None:
            self._leaves_line(waiting)
            self._talk(at, waiting.call, route.seat)

    def _hangs_up(self, at: float, waiting: Waiting) -> None:
        if not waiting.gone:
            self._leaves_line(waiting)
            self.tally.gave_up += 1
            self.tally.gave_up_soon += waiting.call.gives_up_s <= 15

    def _sits(self, at: float, seat_id: str) -> None:
        self._leaving.discard(seat_id)
        if self._index[seat_id].state == "logged_out":
            self._is_free(at, self._index[seat_id])

    def _leaves(self, at: float, seat_id: str) -> None:
        """At the end of the shift, or of the call that runs."""
        seat = self._index[seat_id]
        if seat.state == "ready":
            self._index.put(replace(seat, state="logged_out"))
        elif seat.state == "talking":
            self._leaving.add(seat_id)

    def _done(self, at: float, seat_id: str) -> None:
        seat = self._index[seat_id]
        if seat_id in self._leaving:
            self._leaving.discard(seat_id)
            self._index.put(replace(seat, state="logged_out"))
        else:
            self._is_free(at, seat)

    # ---

    def _is_free(self, at: float, seat: SeatView) -> None:
        """Whoever is first in line of those who would have it takes it. All other free seats were offered before."""
        seat = replace(seat, state="ready", turn_at=START + timedelta(seconds=at))
        self._index.put(seat)
        for waiting in sorted(self._heads(at, seat), key=lambda w: w.call.id):
            route = self._decide(at, waiting.call, waiting.wants, {})
            if route.seat is not None:
                self._leaves_line(waiting)
                self._talk(at, waiting.call, route.seat)
                return

    def _heads(self, at: float, seat: SeatView) -> Iterable[Waiting]:
        """The first of each group whose wants this seat has, or who by now takes anybody."""
        for wants, line in self._lines.items():
            while line and line[0].gone:
                line.popleft()
            if line and (seat.has(wants) or self._widened(at - line[0].call.at, wants)):
                yield line[0]

    def _widened(self, waited: float, wants: tuple[str, ...]) -> bool:
        return any(waited >= self._rules.patience(want) for want in wants)

    def _talk(self, at: float, call: Caller, seat: SeatView) -> None:
        knows = seat.has(call.wants)
        busy = call.busy_s * (1.0 if knows else self._unskilled)
        self.tally.waits.append(at - call.at)
        self.tally.matched += knows and bool(call.wants)
        self.tally.busy_s += busy
        self._index.put(replace(seat, state="talking"))
        self._at(at + busy, "done", seat.id)

    def _leaves_line(self, waiting: Waiting) -> None:
        waiting.gone = True
        self._count(waiting.wants, -1)

    def _count(self, wants: tuple[str, ...], by: int) -> None:
        key = key_of(wants)
        self._queue[key] = self._queue.get(key, 0) + by
        if not self._queue[key]:
            del self._queue[key]

    def _decide(self, at: float, call: Caller, wants: tuple[str, ...], queue: dict[str, int]) -> Route:
        view = CallView(str(call.id), at - call.at, wants=wants, callback_offered=True)
        begun = time.perf_counter()
        route = decide(view, self._index.snapshot(view, self._rules, queue), self._rules)
        self.tally.decisions.append((time.perf_counter() - begun) * 1e6)
        return route
