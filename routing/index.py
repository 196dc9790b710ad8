"""A large floor kept in order, so that the few seats in question for a call are found without looking at all of them.

Lists sorted by turn, one for each skill and each kind: with some thousand seats, moving the pointers behind a place costs
about a microsecond, less than a heap that must be searched for seats which left it.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from routing.decide import helpers, insisted
from routing.policy import RoutingPolicy
from routing.seats import AT_WORK, SeatView
from routing.views import ALL, CallView, Snapshot

Turn = tuple[datetime, str]


class FloorIndex:
    """Every seat by id; free ones in turn by skill and kind; how many are at work with each skill."""

    def __init__(self, seats: Iterable[SeatView] = ()) -> None:
        self._seats: dict[str, SeatView] = {}
        self._free: defaultdict[str, list[Turn]] = defaultdict(list)
        self._duty: defaultdict[str, int] = defaultdict(int)
        self._staffed = 0
        for seat in seats:
            self.put(seat)

    def __getitem__(self, seat_id: str) -> SeatView:
        return self._seats[seat_id]

    def put(self, seat: SeatView) -> None:
        """The seat as it is from now on."""
        if before := self._seats.get(seat.id):
            self._count(before, -1)
        self._seats[seat.id] = seat
        self._count(seat, 1)

    def _count(self, seat: SeatView, by: int) -> None:
        self._staffed += by * (seat.state != "logged_out")
        if seat.state not in AT_WORK:
            return
        keys = (ALL, f"kind:{seat.kind}", *seat.skills)
        for key in keys:
            self._duty[key] += by
        if seat.state != "ready":
            return
        turn = (seat.turn_at, seat.id)
        for key in keys:
            line = self._free[key]
            if by > 0:
                insort(line, turn)
            else:
                del line[bisect_left(line, turn)]

    def free(self, key: str = ALL) -> int:
        """How many free seats have a skill, or are of a `kind:…`."""
        return len(self._free[key])

    def snapshot(
        self,
        call: CallView,
        policy: RoutingPolicy,
        queue: Mapping[str, int] | None = None,
        handle_s: float | None = None,
        most: int = 4,
    ) -> Snapshot:
        """What `decide` needs to know for this call: `most` seats more than others ahead or misses could take from it."""
        ahead = queue or {}
        duty = {want: self._duty[want] for want in (ALL, *call.wants)}
        duty |= {f"kind:{kind}": self._duty[f"kind:{kind}"] for kind in policy.helps_after_s}
        duty |= {want: self._duty[want] for key in ahead for want in key.split()}
        floor = Snapshot((), self._staffed > 0, duty, ahead, handle_s)
        enough = most + len(call.tried) + sum(ahead.values())
        wants = insisted(call, floor, policy)
        found = {seat.id: seat for seat in self._in_question(call, wants, floor, policy, enough)}
        if known := self._seats.get(call.prefers):
            found[known.id] = known
        return Snapshot(tuple(found.values()), floor.staffed, duty, ahead, handle_s)

    def _in_question(
        self, call: CallView, wants: tuple[str, ...], floor: Snapshot, policy: RoutingPolicy, enough: int
    ) -> Iterable[SeatView]:
        if wants:
            scarce = min(wants, key=lambda want: len(self._free[want]))
            able = (self._seats[id] for _, id in self._free[scarce])
            return islice((seat for seat in able if seat.has(wants)), enough)
        keys = [*(f"kind:{kind}" for kind in helpers(call, floor, policy)), *call.wants]
        return [self._seats[id] for key in keys for _, id in self._free[key][:enough]]
