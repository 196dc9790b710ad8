"""Decisions and the rules they were made under stay as they were."""

import pytest
from sqlalchemy import update

from routing import CallView, RoutingPolicy, SeatView, Snapshot, decide, kept
from store import decisions
from store.database import Database
from store.errors import AppendOnly
from store.tables import Decision, RoutingRules
from tests.store import make

pytestmark = pytest.mark.service
RULES = RoutingPolicy()


def made() -> decisions.Made:
    call = CallView("call_1", 12.5, frozenset({"8009"}), ("lang.yue",), "8002")
    seats = [SeatView(f"800{n}", "ready", make.later(n), 3, frozenset({"lang.yue", "x"})) for n in (2, 1)]
    floor = Snapshot.of(seats, {"lang.yue": 1}, 180)
    return make.later(20), call, floor, decide(call, floor, RULES), True


async def test_a_decision_is_read_back_as_it_was_made(database: Database) -> None:
    at, call, floor, route, _ = made()
    async with database.session() as session:
        await decisions.keep_rules(session, RULES, make.AT)
        await decisions.keep_rules(session, RULES, make.later(9))
        await decisions.add(session, RULES.hash, [(at, call, floor, route, False), made()])
    async with database.reading() as session:
        lost, won = await decisions.of_call(session, "call_1")
        assert await decisions.rules(session, RULES.hash) == RULES.as_json()
        assert await decisions.rules(session, "unknown") is None
    assert (lost.won, won.won, won.at, won.rules) == (False, True, at, RULES.hash)
    assert (won.target, won.reason, won.seat_id) == ("seat", "same_agent", "8002")
    again = decide(kept.call_of("call_1", won.seen), kept.floor_of(won.seen), RULES)
    assert kept.Outcome.of(again) == kept.Outcome.of(route)


@pytest.mark.parametrize("table", [Decision, RoutingRules])
async def test_neither_is_ever_changed(database: Database, table: type[Decision | RoutingRules]) -> None:
    async with database.session() as session:
        await decisions.keep_rules(session, RULES, make.AT)
        await decisions.add(session, RULES.hash, [made()])
    with pytest.raises(AppendOnly):
        async with database.session() as session:
            await session.execute(
                update(table.__table__).values({"at" if table is Decision else "since": make.AT})
            )  # type: ignore[arg-type]
