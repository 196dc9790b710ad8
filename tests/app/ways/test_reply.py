"""The reply and its gate: what it must hold, and when the citizen was told."""

from datetime import timedelta

import pytest

from api.actor import Actor
from app.ways.reply import ReplyRefused
from core.errors import BadInput
from store import replies
from tests.app.place import Place
from tests.app.ways.matter import CALLER, NEIGHBOUR, REPLY, do, filed, of_kind, read, told, under

pytestmark = pytest.mark.service


async def test_a_reply_is_kept_with_what_the_gate_found(place: Place, office: Actor, unit: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    thin = {
        "result": "您反映的问题已收悉，我局高度重视，正在积极处理，感谢您的理解与支持",
        "law": "《劳动合同法》第九百条",
    }
    checked = await place.house.ways.check_reply(unit, ticket, REPLY | thin)
    kinds = {one["kind"] for one in checked["findings"]}
    assert kinds == {"unaddressed", "template", "law", "contact"}
    assert (checked["asked"], checked["unaddressed"]) == (2, 2)
    await do(place, unit, ticket, "contact", talk="已与诉求人通话核实")
    await do(place, unit, ticket, "reply")
    async with place.database.reading() as session:
        (kept,) = await replies.of_ticket(session, ticket)
    assert (kept.words, kept.findings, kept.asked, kept.unaddressed) == (REPLY["result"], [], 2, 0)
    (checked_event,) = await of_kind(place, ticket, "ticket.reply_checked")
    assert checked_event["findings"] in ([], ())


async def test_a_reply_copied_from_another_ticket_names_it(place: Place, office: Actor, unit: Actor) -> None:
    first = await filed(place, office)
    second = await filed(place, office, "k2", NEIGHBOUR, "桂阳县某厂不交社保，希望查处")
    for ticket in (first, second):
        await do(place, unit, ticket, "sign")
        await do(place, unit, ticket, "contact", talk="已联系")
        await do(place, unit, ticket, "reply")
    async with place.database.reading() as session:
        (kept,) = await replies.of_ticket(session, second)
    found = {one["kind"]: one["evidence"] for one in kept.findings}
    assert found["copied"][0] == (await read(place, first)).number
    assert "查处" in found["unaddressed"][0]


async def test_what_a_city_wants_refused_is_refused_and_nothing_changes(
    place: Place, office: Actor, unit: Actor
) -> None:
    under(place, "demo", gate={"refuse": ["fields", "contact"]})
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    with pytest.raises(ReplyRefused, match="没有联系诉求人"):
        await do(place, unit, ticket, "reply")
    assert (await read(place, ticket)).state == "signed"
    await do(place, unit, ticket, "contact", talk="已联系")
    await do(place, unit, ticket, "reply")
    assert (await read(place, ticket)).state == "replied"


async def test_telling_the_citizen_is_a_fact_and_our_text_does_it_when_asked(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    with pytest.raises(BadInput, match="told_at"):
        await do(place, unit, ticket, "reply", told_at=(place.clock() + timedelta(hours=1)).isoformat())
    at = place.clock()
    await do(place, unit, ticket, "reply", told_at=at.isoformat(), told_how="visit", tell=True)
    (event,) = await of_kind(place, ticket, "ticket.replied")
    assert (event["told"], event["told_late"], event["told_at"][:10]) == (True, False, f"{at:%Y-%m-%d}")
    (text,) = await told(place, "reply")
    assert text.recipient == CALLER
    assert REPLY["result"] in text.words


async def test_a_citizen_told_after_the_term_was_told_late(place: Place, office: Actor, unit: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    place.clock.pass_(timedelta(days=60).total_seconds())
    await do(place, unit, ticket, "reply", told_at=place.clock().isoformat(), told_how="phone")
    (event,) = await of_kind(place, ticket, "ticket.replied")
    assert (event["late"], event["told_late"]) == (True, True)
