"""Calls that lived while we were away get their times from Asterisk; all others are left as they were written."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.account import AFTER, LOOK_EVERY, LOOK_FOR, Account
from core.call import Arrival
from store import call_details, calls, legs
from store.tables import Call, Leg
from tests.app.place import Place

pytestmark = pytest.mark.service
CITIZEN, AGENT, LINKEDID = "PJSIP/carrier-00000001", "PJSIP/8001-00000002", "1763690400.1"


def row(kind: str, at: datetime, channel: str, uniqueid: str, extra: str = "") -> dict[str, Any]:
    facts = {"eventtype": kind, "eventtime": at, "channame": channel, "uniqueid": uniqueid, "extra": extra}
    return {"id": f"{kind}{channel}{at}"[-60:], "linkedid": LINKEDID, **facts}


async def told(place: Place, began: datetime) -> None:
    """By Asterisk: rang 2 s, talked 30 s, over after 40 s."""

    def after(seconds: float) -> datetime:
        return began + timedelta(seconds=seconds)

    bridge = '{"bridge_id":"b1"}'
    rows = [row("CHAN_START", began, CITIZEN, LINKEDID), row("CHAN_START", after(2), AGENT, "2")]
    for channel, uniqueid in ((CITIZEN, LINKEDID), (AGENT, "2")):
        rows.append(row("BRIDGE_ENTER", after(5), channel, uniqueid, bridge))
        rows.append(row("BRIDGE_EXIT", after(35), channel, uniqueid, bridge))
    rows += [row("HANGUP", after(35), AGENT, "2"), row("HANGUP", after(40), CITIZEN, LINKEDID)]
    rows.append(row("LINKEDID_END", after(40), CITIZEN, LINKEDID))
    async with place.database.session() as session:
        await call_details.keep(session, "cel", rows)


async def guessed(place: Place) -> str:
    """By us: learnt late, ended when we were back."""
    at = place.clock()
    async with place.database.session() as session:
        call_id, _ = await calls.add_call(session, Arrival(LINKEDID, "", "12345", "", at))
        await legs.add(session, call_id, "agent", at, number="8001")
        await legs.answered(session, call_id, "8001", at)
        place.clock.pass_(300)
        await legs.ended(session, call_id, place.clock(), ended_by="switch", reason="UNSEEN")
        await calls.change(session, call_id, agent_answered_at=at)
        await calls.ended(session, call_id, place.clock(), "switch", 290.0)
    return call_id


async def read(place: Place, call_id: str) -> tuple[Call, Leg]:
    async with place.database.reading() as session:
        (leg,) = await legs.of_call(session, call_id)
        return await calls.get(session, call_id), leg


async def test_a_call_that_lived_while_we_were_away_is_settled_once(place: Place) -> None:
    began = place.clock()
    place.clock.pass_(8)
    call_id = await guessed(place)
    account = Account(place.floor)
    assert await account.settle_times() == 0
    await told(place, began)
    place.clock.pass_(LOOK_EVERY.total_seconds())
    assert await account.settle_times() == 1
    call, leg = await read(place, call_id)
    assert (call.channel, call.arrived_at, call.talk_seconds) == (CITIZEN, began, 30.0)
    assert (call.agent_answered_at, call.ended_at) == (
        began + timedelta(seconds=5),
        began + timedelta(seconds=40),
    )
    assert (leg.channel, leg.ended_at) == (AGENT, began + timedelta(seconds=35))
    place.clock.pass_(LOOK_EVERY.total_seconds())
    assert await account.settle_times() == 0
    account.doubt()
    assert await account.settle_times() == 0
    place.clock.pass_(LOOK_EVERY.total_seconds())
    assert await account.settle_times() == 1
    assert (await read(place, call_id))[0].talk_seconds == 30.0


async def test_a_call_of_a_time_in_which_we_were_there_is_not_doubted(sqlite_place: Place) -> None:
    account = Account(sqlite_place.floor)
    sqlite_place.clock.pass_(AFTER.total_seconds() + 1)
    began = sqlite_place.clock()
    call_id = await guessed(sqlite_place)
    await told(sqlite_place, began)
    assert await account.settle_times() == 0
    assert (await read(sqlite_place, call_id))[0].talk_seconds == 290.0
    account.doubt()
    sqlite_place.clock.pass_(LOOK_FOR.total_seconds() + 1)
    assert await account.settle_times() == 0
