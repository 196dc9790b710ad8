"""Test calls to units: never twice at once, only at fair hours, an outage after three; rulings take it out of the month."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from agi.probe_call import ShortCall
from app.probes import Probes, ProbeSettings
from core.errors import BadInput, Conflict, NotFound, SwitchSilent
from core.reachability import FairUse, Outcome
from store import events, line_state, probes, trunks
from store.tables import Unit, UnitPhone
from tests.app.place import Place
from tickets.open_hours import open_hours

pytestmark = pytest.mark.service
MONDAY = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # 09:30 in China
FIXED, MOBILE = "07352871234", "13812345678"
ON = ProbeSettings(units=True)


class Carrier:
    """Answers test calls as told, one outcome after the other; the last one for ever."""

    def __init__(self, *outcomes: Outcome | type[Exception]) -> None:
        self.outcomes = list(outcomes) or ["answered"]
        self.rung: list[ShortCall] = []

    async def place(self, call: ShortCall) -> tuple[Outcome, int]:
        self.rung.append(call)
        told = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(told, str):
            return told, 0
        raise told("no link")


async def furnish(place: Place, *kinds: str, trunk: bool = True) -> list[UnitPhone]:
    """A unit with numbers of these kinds, at half past nine on a working Monday."""
    place.clock.now = MONDAY
    async with place.database.session() as session:
        session.add(Unit(code="SW", name="市水务局"))
        await session.flush()
        if trunk:
            await trunks.put(session, "carrier", kind="ip", host="127.0.0.1", display_number="12345")
        numbers = {"fixed": FIXED, "leader": MOBILE, "handler": "13912345678"}
        return [
            await probes.add_phone(session, "SW", kind, numbers[kind], "张三", place.clock())
            for kind in kinds
        ]


async def month(place: Place) -> tuple[float, int, list[bool]]:
    """Points off, calls, and for each outage whether it is excused."""
    async with place.database.reading() as session:
        since, until = MONDAY - timedelta(days=1), MONDAY + timedelta(days=30)
        hours = open_hours(place.floor.policy, place.floor.calendar)
        (reach,) = await probes.summary(session, since, until, hours)
    return reach.points_off, reach.calls, [outage.excused for _, outage in reach.outages]


async def work(place: Place, tests: Probes, minutes: int, step: int = 1) -> None:
    for _ in range(0, minutes, step):
        await tests.round()
        place.clock.pass_(60 * step)


async def test_three_calls_without_an_answer_over_thirty_minutes_are_half_a_point(place: Place) -> None:
    await furnish(place, "fixed")
    carrier = Carrier("no_answer")
    await work(place, Probes(place.floor, carrier, ON), 60)
    assert [call.number for call in carrier.rung] == [FIXED] * 3, (
        "then it is proven, and nobody is rung any more"
    )
    assert {(call.trunk, call.display) for call in carrier.rung} == {("carrier", "12345")}
    assert await month(place) == (0.5, 3, [False])


async def test_whoever_answers_is_left_in_peace_until_the_next_day(place: Place) -> None:
    (phone,) = await furnish(place, "fixed")
    carrier = Carrier("no_answer", "answered")
    tests = Probes(place.floor, carrier, ON)
    await work(place, tests, 120, 5)
    assert len(carrier.rung) == 2
    assert await month(place) == (0.0, 2, [])
    async with place.database.reading() as session:
        told = [row.payload["outcome"] for row in await events.of(session, phone.id)]
    assert told == ["no_answer", "answered"]


async def test_a_ruling_takes_a_mobiles_outage_out(place: Place) -> None:
    await furnish(place, "leader")
    await work(place, Probes(place.floor, Carrier("unreachable"), ON), 40)
    async with place.database.session() as session:
        await probes.rule(
            session, "SW", MONDAY, MONDAY + timedelta(hours=3), "光缆中断", "office", place.clock()
        )
    assert await month(place) == (0.0, 3, [True])


async def test_a_fixed_lines_outage_counts_whatever_was_ruled_for_its_clause_excepts_nothing(
    place: Place,
) -> None:
    await furnish(place, "fixed")
    await work(place, Probes(place.floor, Carrier("unreachable"), ON), 40)
    async with place.database.session() as session:
        await probes.rule(
            session, "SW", MONDAY, MONDAY + timedelta(hours=3), "光缆中断", "office", place.clock()
        )
    assert await month(place) == (0.5, 3, [False])


async def asked_for(place: Place, phone: UnitPhone, start: datetime, *minutes: int) -> None:
    """Somebody asks for test calls; nobody answers them."""
    for minute in minutes:
        place.clock.now = start + timedelta(minutes=minute)
        async with place.database.session() as session:
            await probes.ask(session, phone.id, "user_1", place.clock(), FairUse())
        assert await Probes(place.floor, Carrier("no_answer"), ProbeSettings()).round() == 1


EVENING = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in China


@pytest.mark.parametrize(
    ("kind", "start", "found"),
    [
        ("fixed", EVENING, (0.0, 0, [])),
        ("fixed", datetime(2026, 11, 22, 2, 0, tzinfo=UTC), (0.0, 0, [])),  # Sunday morning
        ("fixed", datetime(2026, 11, 23, 8, 45, tzinfo=UTC), (0.0, 1, [])),  # 16:45: one within hours
        ("fixed", MONDAY, (0.5, 3, [False])),
        ("leader", EVENING, (0.5, 3, [False])),  # 24 hours
    ],
)
async def test_a_test_asked_for_while_the_unit_is_closed_is_shown_and_makes_no_outage_of_a_fixed_line(
    sqlite_place: Place, kind: str, start: datetime, found: tuple[float, int, list[bool]]
) -> None:
    (phone,) = await furnish(sqlite_place, kind)
    await asked_for(sqlite_place, phone, start, 0, 16, 32)
    async with sqlite_place.database.reading() as session:
        assert (await probes.find(session, unit="SW")).total == 3
        hours = open_hours(sqlite_place.floor.policy, sqlite_place.floor.calendar)
        reached = await probes.summary(session, start - timedelta(days=1), start + timedelta(days=1), hours)
    seen = [(one.points_off, one.calls, [out.excused for _, out in one.outages]) for one in reached]
    assert seen == [found]


async def test_what_rang_in_the_evening_does_not_stand_in_for_the_next_mornings_test(
    sqlite_place: Place,
) -> None:
    (phone,) = await furnish(sqlite_place, "fixed")
    await asked_for(sqlite_place, phone, EVENING, 0, 16, 32)
    sqlite_place.clock.now = MONDAY + timedelta(days=1)
    assert await Probes(sqlite_place.floor, Carrier(), ON).round() == 1


async def test_our_own_carriers_trouble_is_never_laid_at_their_door(sqlite_place: Place) -> None:
    await furnish(sqlite_place, "fixed")
    carrier = Carrier("congestion", SwitchSilent, "congestion")
    await work(sqlite_place, Probes(sqlite_place.floor, carrier, ON), 120)
    points, calls, outages = await month(sqlite_place)
    assert (points, outages) == (0.0, [])
    assert calls == len(carrier.rung) <= FairUse().per_day


@pytest.mark.parametrize(
    ("at", "kind", "rings"),
    [
        (datetime(2026, 11, 23, 4, 0, tzinfo=UTC), "fixed", False),  # noon
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), "fixed", True),  # 15:00
        (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), "fixed", False),  # Sunday
        (datetime(2026, 10, 1, 2, 0, tzinfo=UTC), "fixed", False),  # National Day, a Thursday
        (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), "leader", True),  # Sunday 10:00: mobiles also on holidays
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "handler", False),  # 22:00: a test wakes nobody
    ],
)
async def test_only_at_fair_hours(sqlite_place: Place, at: datetime, kind: str, rings: bool) -> None:
    await furnish(sqlite_place, kind)
    sqlite_place.clock.now = at
    assert (await Probes(sqlite_place.floor, Carrier(), ON).round() == 1) is rings


async def test_off_is_off_and_without_a_trunk_nothing_is_recorded(sqlite_place: Place) -> None:
    await furnish(sqlite_place, "fixed", trunk=False)
    assert await Probes(sqlite_place.floor, Carrier(), ON).round() == 0
    async with sqlite_place.database.session() as session:
        await trunks.put(session, "carrier", kind="ip", host="127.0.0.1")
    carrier = Carrier()
    assert await Probes(sqlite_place.floor, carrier, ProbeSettings()).round() == 0
    assert carrier.rung == []


async def test_a_call_somebody_asks_for_is_placed_also_where_the_routine_is_off(place: Place) -> None:
    (phone,) = await furnish(place, "leader")
    place.clock.now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00: a person decided it
    async with place.database.session() as session:
        probe = await probes.ask(session, phone.id, "user_1", place.clock(), FairUse())
        with pytest.raises(Conflict):
            await probes.ask(session, phone.id, "user_2", place.clock(), FairUse())
    assert await Probes(place.floor, Carrier("busy"), ProbeSettings()).round() == 1
    async with place.database.reading() as session:
        (row,) = await probes.by_id(session, [probe.id])
    assert (row.outcome, row.asked_by) == ("busy", "user_1")


async def test_fair_use_also_binds_those_who_ask(place: Place) -> None:
    (phone,) = await furnish(place, "leader")
    tests = Probes(place.floor, Carrier(), ProbeSettings())
    for _ in range(3):
        async with place.database.session() as session:
            await probes.ask(session, phone.id, "user_1", place.clock(), FairUse())
        await tests.round()
        place.clock.pass_(60)
    async with place.database.session() as session:
        with pytest.raises(Conflict):
            await probes.ask(session, phone.id, "user_1", place.clock(), FairUse())


async def test_two_processes_never_ring_a_telephone_twice(place: Place) -> None:
    (phone,) = await furnish(place, "fixed")
    async with place.database.session() as session:
        await probes.ask(session, phone.id, "user_1", place.clock(), FairUse())
    carrier = Carrier()
    both = [Probes(place.floor, carrier, ProbeSettings()) for _ in range(4)]
    assert sum(await asyncio.gather(*(one.round() for one in both))) == 1
    assert len(carrier.rung) == 1


async def test_a_call_cut_short_with_its_process_proves_nothing(place: Place) -> None:
    (phone,) = await furnish(place, "fixed")
    async with place.database.session() as session:
        await probes.ask(session, phone.id, "clock", place.clock(), FairUse())
        assert await probes.claim(session, place.clock()) is not None
    place.clock.pass_(probes.LOST_AFTER.total_seconds() + 1)
    await Probes(place.floor, Carrier(), ProbeSettings()).round()
    async with place.database.reading() as session:
        page = await probes.find(session, unit="SW")
    assert [row.outcome for row in page.items] == ["not_placed"]


async def test_sub_centres_are_tried_once_an_hour_and_their_state_is_known(place: Place) -> None:
    await furnish(place)
    lines = [one for one in place.floor.content.register if one.mode == "sub_centre" and one.outside]
    carrier = Carrier("no_answer")
    tests = Probes(place.floor, carrier, ProbeSettings(lines=True))
    await work(place, tests, 30)
    assert len(carrier.rung) == len(lines) >= 6
    place.clock.pass_(3600)
    await work(place, tests, len(lines))
    async with place.database.reading() as session:
        states = await line_state.states(session, place.clock())
    assert {states[line.number] for line in lines} == {"closed"}


async def test_a_carrier_in_trouble_closes_no_line_and_is_not_hammered(sqlite_place: Place) -> None:
    await furnish(sqlite_place)
    carrier = Carrier("congestion")
    tests = Probes(sqlite_place.floor, carrier, ProbeSettings(lines=True))
    await work(sqlite_place, tests, 50)
    assert len(carrier.rung) == len({call.number for call in carrier.rung})
    async with sqlite_place.database.reading() as session:
        assert await line_state.rows(session) == []


async def test_what_cannot_be_is_refused_by_name(sqlite_place: Place) -> None:
    await furnish(sqlite_place)
    at = sqlite_place.clock()
    async with sqlite_place.database.session() as session:
        with pytest.raises(NotFound):
            await probes.add_phone(session, "NOBODY", "fixed", FIXED, "", at)
        with pytest.raises(BadInput):
            await probes.add_phone(session, "SW", "fax", FIXED, "", at)
        with pytest.raises(BadInput):
            await probes.rule(session, "", at, at, "x", "office", at)
        with pytest.raises(NotFound):
            await probes.ask(session, "phone_x", "user_1", at, FairUse())


def test_a_city_sets_when_mobiles_may_ring() -> None:
    assert ProbeSettings(mobile_hours=(time(8), time(21))).mobile_hours[1] == time(21)
