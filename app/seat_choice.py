"""Which seat takes a call: look at the floor, decide, win the seat, keep the decision. All in the caller's transaction."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.journey import Journey
from routing import CallView, Reached, Route, SeatView, Snapshot, decide
from routing.decide import helpers, insisted
from routing.views import key_of
from store import calls, decisions, rota, seats
from store.tables import Call
from tickets.clock import local

CAS_TRIES = 5
SPARE = 3  # free seats looked at beyond those that others ahead or misses may take from a call
WOKEN_AT_ONCE = 50
FREE_SEATS = 200
PACE = timedelta(hours=1)
PACE_KEPT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that asks for a seat. `since`: when it was queued; `rank_at`: its place in line; `insists_s`: its line's patience."""

    id: str
    journey: Journey
    since: datetime
    rank_at: datetime
    wants: tuple[str, ...]
    insists_s: float

    @classmethod
    def of(cls, floor: Floor, call_id: str, line: str, journey: Journey, since: datetime) -> "Asking":
        """What its line, its caller and its menu say of it."""
        reached = floor.content.register.reached(line)
        rank_at = floor.routing.rank_at(since, _priority(floor, reached, journey))
        wants = _wants(floor, reached, journey, since)
        return cls(call_id, journey, since, rank_at, wants, reached.overflow_s)

    def place(self, floor: Floor, route: Route) -> calls.Changes:
        """What a route means for the call's row."""
        return {
            "state": "reserved" if route.seat else "queued",
            "seat_id": route.seat.id if route.seat else None,
            "queued_at": self.since,
            "rank_at": self.rank_at,
            "wants": key_of(self.wants),
            "widens_at": floor.routing.widens_at(self.since, self.wants, self.insists_s),
        }

    def view(self, at: datetime) -> CallView:
        """As the rule sees it at a moment."""
        return CallView(
            id=self.id,
            waited_s=(at - self.since).total_seconds(),
            tried=frozenset(self.journey.tried),
            wants=self.wants,
            prefers=self.journey.prefers,
            callback_offered=self.journey.callback_offered,
            insists_s=self.insists_s,
        )


def _priority(floor: Floor, reached: Reached, journey: Journey) -> int:
    care = floor.routing.care_priority if journey.care else 0
    return max(reached.priority, journey.priority, care)


def _wants(floor: Floor, reached: Reached, journey: Journey, since: datetime) -> tuple[str, ...]:
    county = f"region.{reached.region}" if reached.region else ""
    night = "night" if floor.routing.is_night(local(since)) else ""
    return tuple(dict.fromkeys(filter(None, (*reached.skills, county, journey.skill, night))))


async def choose(floor: Floor, session: AsyncSession, asking: Asking) -> Route:
    """The decision, its seat won by compare-and-set; each time somebody was faster it is made anew. Every one is kept."""
    made: list[decisions.Made] = []
    route = Route("wait", "lost_race", position=1)
    for _ in range(CAS_TRIES):
        at = floor.clock()
        call, seen = await look(floor, session, asking, at)
        found = decide(call, seen, floor.routing)
        seat = found.seat
        won = seat is None or await seats.reserve(session, seat.id, seat.version, call.id, at)
        made.append((at, call, seen, found, won))
        if won:
            route = found
            break
    if floor.routing.hash not in floor.rules_kept:
        await decisions.keep_rules(session, floor.routing, floor.clock())
        floor.rules_kept.add(floor.routing.hash)
    await decisions.add(session, floor.routing.hash, made)
    return route


async def look(
    floor: Floor, session: AsyncSession, asking: Asking, at: datetime
) -> tuple[CallView, Snapshot]:
    """The call and what matters of the floor for it: one question to the database where it wants nothing special and a
    seat is free, which is nearly always."""
    call = asking.view(at)
    known = await _known(floor, session, call)
    call = call if known else replace(call, prefers="")
    if call.wants:
        return call, await _for_skills(floor, session, asking, call, known)
    kinds = floor.routing.kinds(call.waited_s)
    spare = SPARE + len(call.tried)
    ahead, free = await seats.in_line(session, asking.rank_at, call.id, kinds, spare)
    if ahead == 0:
        return call, Snapshot((*_apart(free, known), *known))
    return call, await _for_anybody(floor, session, asking, call, known, free)


async def _known(floor: Floor, session: AsyncSession, call: CallView) -> tuple[SeatView, ...]:
    """The seat a call prefers, while that matters."""
    if not call.prefers or call.waited_s >= floor.routing.affinity_wait_s:
        return ()
    found = await seats.seen(session, call.prefers)
    return (found,) if found else ()


async def _for_anybody(
    floor: Floor,
    session: AsyncSession,
    asking: Asking,
    call: CallView,
    known: tuple[SeatView, ...],
    free: tuple[SeatView, ...],
) -> Snapshot:
    """Others are ahead, or nobody is free."""
    at = asking.since + timedelta(seconds=call.waited_s)
    queue = await calls.queue_ahead(session, asking.rank_at, call.id, at)
    staffed, duty = await seats.duty(session, {want for key in queue for want in key.split()})
    seen = Snapshot((*_apart(free, known), *known), staffed, duty, queue, await pace(floor, session, at))
    kinds = helpers(call, seen, floor.routing)
    if free or kinds == floor.routing.kinds(call.waited_s):
        return seen
    spare = SPARE + len(call.tried)
    _, free = await seats.in_line(session, asking.rank_at, call.id, kinds, spare)
    return replace(seen, seats=(*_apart(free, known), *known))


async def _for_skills(
    floor: Floor, session: AsyncSession, asking: Asking, call: CallView, known: tuple[SeatView, ...]
) -> Snapshot:
    """Seats with what the call insists on; where it insists on nothing (any more), those with any of it and then anybody."""
    at = asking.since + timedelta(seconds=call.waited_s)
    queue = await calls.queue_ahead(session, asking.rank_at, call.id, at)
    wanted = {*call.wants, *(want for key in queue for want in key.split())}
    staffed, duty = await seats.duty(session, wanted)
    seen = Snapshot((), staffed, duty, queue, await pace(floor, session, at))
    enough = SPARE + len(call.tried) + sum(queue.values())
    wants = insisted(call, seen, floor.routing)
    if wants:
        free = await seats.with_skills(session, wants, enough)
    else:
        able = [await seats.with_skills(session, (want,), enough) for want in call.wants if duty.get(want)]
        kinds = helpers(call, seen, floor.routing)
        spare = SPARE + len(call.tried)
        _, anybody = await seats.in_line(session, asking.rank_at, call.id, kinds, spare)
        free = tuple({s.id: s for s in (*(s for some in able for s in some), *anybody)}.values())
    duty_seats = await _on_duty(floor, session, call, at)
    free = (*free, *(s for some in duty_seats.values() for s in some if s not in free))
    ids = {skill: tuple(s.id for s in some) for skill, some in duty_seats.items()}
    return replace(seen, seats=(*_apart(tuple(dict.fromkeys(free)), known), *known), rota=ids)


async def _on_duty(
    floor: Floor, session: AsyncSession, call: CallView, at: datetime
) -> dict[str, tuple[SeatView, ...]]:
    """Skill -> free seats on duty now for the lines whose people have it; asked only of calls that want such a line."""
    lines = {number: want for want in call.wants for number in floor.content.register.lines_of(want)}
    if not lines:
        return {}
    found: dict[str, tuple[SeatView, ...]] = {}
    for number, seat in await rota.free_now(session, lines, at):
        have = found.get(lines[number], ())
        if lines[number] in seat.skills and seat not in have:
            found[lines[number]] = (*have, seat)
    return found


def _apart(free: tuple[SeatView, ...], known: tuple[SeatView, ...]) -> tuple[SeatView, ...]:
    """The others."""
    return tuple(seat for seat in free if seat not in known)


async def pace(floor: Floor, session: AsyncSession, at: datetime) -> float | None:
    """How long a call keeps a seat: the mean talk of the last hour and the wrap-up the city allows. Looked up once a minute."""
    if floor.pace.at is None or at - floor.pace.at > PACE_KEPT:
        talk = await seats.mean_talk_s(session, at - PACE)
        floor.pace.handle_s = None if talk is None else round(talk + floor.times.wrap_up_s, 1)
        floor.pace.at = at
    return floor.pace.handle_s


async def next_in_line(floor: Floor, session: AsyncSession) -> list[Call]:
    """The waiting calls that would win a seat if they asked now, in line."""
    waiting = await calls.waiting(session, limit=WOKEN_AT_ONCE)
    free = list(await seats.free(session, FREE_SEATS)) if waiting else []
    if not free:
        return []
    at = floor.clock()
    _, duty = await seats.duty(session, {want for call in waiting for want in call.wants.split()})
    found = []
    for call in waiting:
        asking = Asking.of(floor, call.id, call.line, Journey.read(call.menu_state), call.queued_at or at)
        route = decide(asking.view(at), Snapshot(tuple(free), True, duty), floor.routing)
        if route.seat is not None:
            free.remove(route.seat)
            found.append(call)
    return found
