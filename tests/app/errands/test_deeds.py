"""Grades by text: to the ticket that was meant, and to none where nobody can tell which one was."""

import json
import time

import pytest

from api.house import TicketDraft
from app.errands.answers import marks
from app.errands.deeds import AfterCallDesk
from core.notices import State
from notify.signed import signature
from store import events, grades, notices, tickets
from store.notices import NewNotice
from store.tables import NoticeRow, Ticket
from tests.app.place import Place
from tests.app.ways.matter import REPLY

pytestmark = pytest.mark.service
UNITS = ("chenzhou.rsj", "chenzhou.cgj")
CITIZEN, SECRET = "13812345678", "secret-of-the-gateway"


@pytest.fixture
async def place(sqlite_place: Place) -> Place:
    await sqlite_place.registers()
    return sqlite_place


async def asked(place: Place, unit: str, state: State = "sent", rounds: int = 0) -> Ticket:
    """A resolved ticket of this unit whose citizen was asked by text."""
    office, them = await place.person(f"office_{unit[-3:]}", "office"), await place.person(unit, "unit", unit)
    draft = TicketDraft("help", "一件事", f"{unit}的一件事", None, unit, "王女士", CITIZEN)
    ticket_id = await place.house.file_ticket(office, draft, f"key-{unit}")
    for actor, deed in ((them, "sign"), (them, "reply"), (office, "resolve")):
        row = await read(place, ticket_id)
        await place.house.act_on_ticket(
            actor, ticket_id, row.version, deed, dict(REPLY) if deed == "reply" else {}
        )
    await sent(place, ticket_id, rounds, state)
    return await read(place, ticket_id)


async def sent(place: Place, ticket_id: str, rounds: int, state: State = "sent") -> None:
    place.clock.pass_(60)
    at, key = place.clock(), f"grade/{grades.round_of(ticket_id, rounds)}"
    new = NewNotice("grade", "sms", key, CITIZEN, "请评价", at, ticket_id=ticket_id, state=state)
    async with place.database.session() as session:
        await notices.add(session, new, at)


async def read(place: Place, ticket_id: str) -> Ticket:
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def answers(place: Place, *said: str) -> list[bool]:
    desk = AfterCallDesk(place.database, place.floor.policy.after, place.clock, SECRET)
    taken = []
    for words in said:
        body = json.dumps({"from": CITIZEN, "text": words}).encode()
        signed = signature(SECRET.encode(), body, int(time.time()))
        taken.append(await desk.text_reply(CITIZEN, words, body, signed))
    return taken


async def given(place: Place, *rows: Ticket) -> list[list[str]]:
    async with place.database.reading() as session:
        return [[one.grade for one in await grades.of_ticket(session, row.id)] for row in rows]


async def questions(place: Place) -> list[NoticeRow]:
    async with place.database.reading() as session:
        return (await notices.find(session, kind="grade_which")).items


async def test_an_answer_that_names_no_ticket_while_two_ask_grades_neither_and_is_asked_which(
    place: Place,
) -> None:
    first, second = [await asked(place, unit) for unit in UNITS]
    assert await answers(place, "1", "5") == [False, False]
    assert await given(place, first, second) == [[], []]
    (text,) = await questions(place)
    of_first, of_second = marks([first.number, second.number])
    assert (text.recipient, f"尾号{of_first}（" in text.words, f"尾号{of_second}（" in text.words) == (
        CITIZEN,
        True,
        True,
    )
    async with place.database.reading() as session:
        for row in (first, second):
            kept = [
                one.payload["said"]
                for one in await events.of(session, row.id)
                if one.name == "ticket.grade_unclear"
            ]
            assert kept == ["1", "5"]
    assert await answers(place, f"尾号{of_first} 1", "5") == [True, False]  # the gateway may deliver it again
    assert await given(place, first, second) == [["very_satisfied"], []]
    alone = f"待评价的工单：尾号{marks([second.number])[0]}（"
    assert [alone in text.words for text in await questions(place) if "、尾号" not in text.words] == [True]
    assert await answers(place, f"{of_second} 5") == [True]
    assert await given(place, first, second) == [["very_satisfied"], ["very_dissatisfied"]]


async def test_a_text_that_never_left_or_whose_ticket_is_graded_already_takes_no_answer(place: Place) -> None:
    first, second = await asked(place, UNITS[0]), await asked(place, UNITS[1], "not_sent")
    assert await answers(place, "4") == [True]
    assert await given(place, first, second) == [["dissatisfied"], []]
    assert await answers(place, "5", f"{marks([first.number])[0]} 1") == [False, False]
    assert (await given(place, first, second), await questions(place)) == ([["dissatisfied"], []], [])


async def test_what_asked_about_an_earlier_round_takes_no_answer_for_the_one_that_followed(
    place: Place,
) -> None:
    row = await asked(place, UNITS[0])
    async with place.database.session() as session:
        clock = row.clock | {"redone": 1}
        await tickets.change(session, row.id, row.version, [], "office", clock=clock)
    assert await answers(place, "5") == [False]
    await sent(place, row.id, 1)
    assert await answers(place, "2") == [True]
    assert await given(place, row) == [["satisfied"]]


async def test_a_mark_that_fits_no_open_ticket_is_asked_about_once_more(place: Place) -> None:
    row = await asked(place, UNITS[0])
    wrong = f"{(int(marks([row.number])[0]) + 1) % 10_000:04d}"
    assert await answers(place, f"{wrong} 5", f"{wrong} 5") == [False, False]
    assert (await given(place, row), len(await questions(place))) == ([[]], 1)
