"""What the board decided on a ticket: the last decision holds."""

import pytest

from api.house import TicketDraft
from store import precedents, tickets
from tests.app.place import Place

pytestmark = pytest.mark.service
UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"


async def test_a_ticket_given_to_another_unit_without_words_ends_the_precedent_and_to_the_same_one_keeps_it(
    place: Place,
) -> None:
    await place.registers()
    office, unit = await place.person("rexian", "office"), await place.person("renshe", "unit", UNIT)
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT)
    ticket = await place.house.file_ticket(office, draft, "k1")

    async def decided(to: str, **said: str) -> dict[str, str | None]:
        for who, deed, facts in (
            (unit, "return", {"reason": "不属本单位职责", "basis": "三定方案"}),
            (office, "dispute", {"question": "由谁管"}),
            (office, "decide", {"unit": to, "basis": "三定方案"} | said),
        ):
            async with place.database.reading() as session:
                version = (await tickets.get(session, ticket)).version
            await place.house.act_on_ticket(who, ticket, version, deed, facts)
        async with place.database.reading() as session:
            kept = (await precedents.find(session, "", 10, 0)).items
        return {one.unit_code: one.retired_why for one in kept}

    assert await decided(UNIT, matter="占道 经营") == {UNIT: None}
    assert await decided(UNIT) == {UNIT: None}
    assert await decided(OTHER) == {UNIT: precedents.SUPERSEDED}
