"""Terms: what is older goes, what is held or still open stays, and by default everything stays."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from app.secrecy.retention import Retention
from core.holds import KEPT, Terms
from core.ports import Utterance
from store import (
    attachments,
    calls,
    errands,
    events,
    holds,
    messages,
    notices,
    recordings,
    retention,
    tickets,
    utterances,
)
from store.attachments import NewAttachment
from store.database import Database
from store.hot import table_of
from store.notices import NewNotice
from store.tables import Call, Message, NoticeRow, Recording, Ticket, UnitCall
from store.tables import Utterance as Said
from tests.store import make

pytestmark = pytest.mark.service
LATER = make.AT + timedelta(days=100)
TERMS = Terms(recordings=90, transcripts=30, personal=60)


async def lived(database: Database, folder: Path, n: int, *, ticket: str = "") -> str:
    """A call that is over, with its sound, its words and maybe a ticket; its id."""
    async with database.session() as session:
        call = await make.call(session, f"1700000000.{n}", caller=f"1381234000{n}")
        await calls.ended(session, call.id, make.later(60), "citizen")
        recording = await recordings.add(session, call.id, f"c{n}", make.AT)
        await recordings.settle(session, [make.outcome(recording, call.id, f"c{n}.wav")])
        said = Utterance("停水两天了", 1.0, 3.0, True)
        await utterances.add_live(session, call.id, "citizen", [said], "fake", make.AT)
        if ticket:
            new = make.ticket(state=ticket, call_id=call.id, citizen_name="张三", caller=f"1381234000{n}")
            row, _ = await tickets.file(session, new, [], "user_1")
            picture = NewAttachment("photo", b"where they live", "citizen", 1, 1)
            await attachments.add(session, row.id, picture, make.AT)
    (folder / f"c{n}.wav").write_bytes(b"RIFF")
    return call.id


async def left(database: Database, folder: Path, call_id: str) -> tuple[bool, bool, bool]:
    """Whether its sound, its words, its number are there."""
    async with database.reading() as session:
        recording = (await session.scalars(select(Recording).where(Recording.call_id == call_id))).one()
        said = (await session.scalars(select(Said).where(Said.call_id == call_id))).all()
        call = (await session.scalars(select(Call).where(Call.id == call_id))).one()
    return (folder / f"{recording.stem}.wav").exists() and bool(recording.path), bool(said), bool(call.caller)


async def everything(database: Database, folder: Path, terms: Terms = TERMS) -> None:
    work = Retention(database, folder, terms, lambda: LATER)
    while await work.retain():
        pass


async def test_without_a_term_everything_is_kept(database: Database, tmp_path: Path) -> None:
    call_id = await lived(database, tmp_path, 1)
    await everything(database, tmp_path, Terms())
    assert await left(database, tmp_path, call_id) == (True, True, True)


async def test_what_has_had_its_term_goes_and_that_is_on_record(database: Database, tmp_path: Path) -> None:
    call_id = await lived(database, tmp_path, 1, ticket="resolved")
    work = Retention(database, tmp_path, TERMS, lambda: LATER)
    assert [(one.kind, one.many) for one in await work.due()] == [(kind, 1) for kind in KEPT]
    assert await left(database, tmp_path, call_id) == (True, True, True), "a look deletes nothing"
    await everything(database, tmp_path)
    assert await left(database, tmp_path, call_id) == (False, False, False)
    async with database.reading() as session:
        (ticket,) = await tickets.of_call(session, call_id)
        told = [row for kind in KEPT for row in await events.of(session, f"retention.{kind}")]
        assert await attachments.of(session, ticket.id) == []
    assert (ticket.caller, ticket.citizen_name, ticket.body) == ("", None, "三天没有水了")
    assert [(row.payload["kind"], row.payload["many"], row.actor) for row in told] == [
        (kind, 1, "clock") for kind in KEPT
    ]
    assert [one.many for one in await work.due()] == [0, 0, 0]


async def test_what_is_younger_stays(database: Database, tmp_path: Path) -> None:
    call_id = await lived(database, tmp_path, 1)
    await everything(database, tmp_path, Terms(recordings=101, transcripts=101, personal=101))
    assert await left(database, tmp_path, call_id) == (True, True, True)


@pytest.mark.parametrize("kind", ["call", "ticket"])
async def test_nothing_under_a_hold_ever_goes_and_after_it_the_term_counts_again(
    database: Database, tmp_path: Path, kind: str
) -> None:
    held = await lived(database, tmp_path, 1, ticket="resolved")
    free = await lived(database, tmp_path, 2, ticket="resolved")
    async with database.session() as session:
        (ticket,) = await tickets.of_call(session, held)
        object_id = held if kind == "call" else ticket.id
        hold = await holds.place(session, kind, object_id, "公安机关调取", "user_1", make.AT)  # type: ignore[arg-type]
    await everything(database, tmp_path)
    assert await left(database, tmp_path, held) == (True, True, True)
    assert await left(database, tmp_path, free) == (False, False, False)
    async with database.session() as session:
        await holds.lift(session, hold, "案件终结", "user_1", make.AT)
    await everything(database, tmp_path)
    assert await left(database, tmp_path, held) == (False, False, False)


async def test_the_citizen_of_an_open_ticket_stays_known(database: Database, tmp_path: Path) -> None:
    call_id = await lived(database, tmp_path, 1, ticket="signed")
    await everything(database, tmp_path)
    assert await left(database, tmp_path, call_id) == (False, False, True)


async def family(database: Database, call_id: str | None, *states: str, n: int = 1) -> list[str]:
    """A matter, under it a county's and a township's ticket, each with the same citizen; their ids."""
    made: list[str] = []
    async with database.session() as session:
        if call_id is not None:
            made.append((await tickets.of_call(session, call_id))[0].id)
        for state in states:
            under = {"parent_id": made[-1], "relation": "descent"} if made else {}
            new = make.ticket(state=state, citizen_name="张三", caller=f"1381234000{n}", **under)
            made.append((await tickets.file(session, new, [], "user_1"))[0].id)
    return made


async def names(database: Database, ids: list[str]) -> list[tuple[str, str | None]]:
    async with database.reading() as session:
        return [((row := await tickets.get(session, one)).caller, row.citizen_name) for one in ids]


@pytest.mark.parametrize("by_call", [True, False])
async def test_the_citizen_goes_from_the_whole_family_with_or_without_a_call(
    database: Database, tmp_path: Path, by_call: bool
) -> None:
    call_id = await lived(database, tmp_path, 1, ticket="resolved") if by_call else None
    over = await family(database, call_id, "resolved", "resolved")
    waits = await family(database, None, "resolved", "resolved", "signed", n=2)
    held = await family(database, None, "resolved", "resolved", n=3)
    async with database.session() as session:
        await holds.place(session, "ticket", held[1], "公安机关调取", "user_1", make.AT)
    work = Retention(database, tmp_path, Terms(personal=60), lambda: LATER)
    assert [one.many for one in await work.due()] == [3 if by_call else 2]
    await everything(database, tmp_path, Terms(personal=60))
    assert await names(database, over) == [("", None)] * len(over)
    assert await names(database, waits) == [("13812340002", "张三")] * 3
    assert await names(database, held) == [("13812340003", "张三")] * 2
    assert [one.many for one in await work.due()] == [0]


async def test_numbers_in_codes_and_in_messages_without_a_call_go_by_their_own_age(
    database: Database, tmp_path: Path
) -> None:
    (held,), (open_one,), (over,) = [await family(database, None, state) for state in ("resolved", "signed", "resolved")]  # fmt: skip
    async with database.session() as session:
        await holds.place(session, "ticket", held, "公安机关调取", "user_1", make.AT)
        for n, phone in enumerate((make.CALLER, "13900000000")):
            owed = NewNotice("code", "sms", f"code/{n}", phone, "验证码123456", make.AT)
            await notices.add(session, owed, make.AT if n == 0 else LATER)
            await session.execute(update(table_of(NoticeRow)).values(state="sent"))
        for n, ticket_id in enumerate((None, held, open_one, over)):
            left_by = await messages.add(session, "voicemail", make.CALLER, make.AT, spool_id=f"s{n}")
            assert left_by is not None
            await session.execute(update(table_of(Message)).where(Message.id == left_by.id).values(ticket_id=ticket_id, text="请回电"))  # fmt: skip
    work = Retention(database, tmp_path, Terms(personal=60), lambda: LATER)
    assert [one.many for one in await work.due()] == [4]  # a ticket, a code, two messages
    await everything(database, tmp_path, Terms(personal=60))
    async with database.reading() as session:
        kept = {row.spool_id: (row.caller, row.text) for row in await session.scalars(select(Message))}
        sent = {row.key: (row.recipient, row.words) for row in await session.scalars(select(NoticeRow))}
        assert (await messages.find(session, caller=make.CALLER)).total == 2
    assert kept == {"s0": ("", None), "s1": (make.CALLER, "请回电"), "s2": (make.CALLER, "请回电"), "s3": ("", None)}  # fmt: skip
    assert sent == {"code/0": ("", ""), "code/1": ("13900000000", "验证码123456")}
    assert [one.many for one in await work.due()] == [0]


async def test_a_held_child_keeps_the_call_of_its_matter(database: Database, tmp_path: Path) -> None:
    call_id = await lived(database, tmp_path, 1, ticket="resolved")
    found = await family(database, call_id, "resolved")
    async with database.session() as session:
        await holds.place(session, "ticket", found[1], "公安机关调取", "user_1", make.AT)
    await everything(database, tmp_path, Terms(personal=60))
    assert (await left(database, tmp_path, call_id))[2]
    assert await names(database, found) == [("13812340001", "张三")] * 2


async def phoned(database: Database, folder: Path, ticket_id: str, n: int, how: str) -> str:
    """A call that was made about a ticket and is over, with its sound and words: by its unit through us, or by us to ask afterwards."""
    call_id = await lived(database, folder, n)
    async with database.session() as session:
        row = await tickets.get(session, ticket_id)
        if how == "revisit":
            wish = errands.Wish("revisit", ticket_id, row.caller, "12345", make.AT, ticket_id=ticket_id)
            errand = await errands.add(session, wish, make.AT)
            await errands.note(session, str(errand), out_call_id=call_id)
        else:
            await make.unit(session, "rsj")
            joined = {"id": "ucl_1", "ticket_id": ticket_id, "call_id": call_id, "unit_code": "rsj", "phone_id": "", "by": "user_1",
                      "why": "核实", "state": "over", "talk_seconds": 60, "at": make.AT, "version": 1}  # fmt: skip
            session.add(UnitCall(**joined))
    return call_id


@pytest.mark.parametrize("held", ["the matter", "the township's part of it"])
async def test_a_held_ticket_keeps_what_was_said_about_it_in_every_call(
    database: Database, tmp_path: Path, held: str
) -> None:
    came = await lived(database, tmp_path, 1, ticket="resolved")
    found = await family(database, came, "resolved", "resolved")
    joined = await phoned(database, tmp_path, found[0], 2, "unit")
    asked = await phoned(database, tmp_path, found[0], 3, "revisit")
    free = await lived(database, tmp_path, 4, ticket="resolved")
    async with database.session() as session:
        object_id = found[0] if held == "the matter" else found[2]
        hold = await holds.place(session, "ticket", object_id, "纪委调取", "user_1", make.AT)
    await everything(database, tmp_path)
    for call_id in (came, joined, asked):
        assert await left(database, tmp_path, call_id) == (True, True, True)
    assert await left(database, tmp_path, free) == (False, False, False)
    async with database.session() as session:
        await holds.lift(session, hold, "案件终结", "user_1", make.AT)
    await everything(database, tmp_path)
    for call_id in (came, joined, asked):
        assert await left(database, tmp_path, call_id) == (False, False, False)


async def test_a_path_that_leads_outside_is_never_followed(sqlite_database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    call_id = await lived(sqlite_database, folder, 1)
    outside = tmp_path / "keep.txt"
    outside.write_text("mine")
    async with sqlite_database.session() as session:
        await session.execute(
            update(Recording).where(Recording.call_id == call_id).values(path="../keep.txt")
        )
    await everything(sqlite_database, folder)
    assert outside.read_text() == "mine"


async def test_what_a_citizen_without_a_number_attached_goes_too(database: Database, tmp_path: Path) -> None:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(state="resolved", caller=""), [], "citizen")
        await attachments.add(session, row.id, NewAttachment("photo", b"a street", "citizen", 1, 1), make.AT)
    await everything(database, tmp_path)
    async with database.reading() as session:
        assert await attachments.of(session, row.id) == []


@pytest.mark.parametrize("words_only", [False, True])
async def test_what_a_citizen_said_when_asked_afterwards_goes_with_the_words_of_that_call(
    database: Database, tmp_path: Path, words_only: bool
) -> None:
    await lived(database, tmp_path, 1, ticket="resolved")
    async with database.session() as session:
        (ticket,) = await session.scalars(select(Ticket.id))
    asked = await phoned(database, tmp_path, ticket, 2, "revisit")
    async with database.session() as session:
        errand = await errands.of_out_call(session, asked)
        assert errand is not None
        await errands.note(session, errand.id, words="没人联系过我")
        if words_only:
            await session.execute(delete(Said).where(Said.call_id == asked))
    work = Retention(database, tmp_path, Terms(transcripts=30), lambda: LATER)
    assert [one.many for one in await work.due()] == [2]
    await everything(database, tmp_path, Terms(transcripts=30))
    async with database.reading() as session:
        assert (await errands.get(session, errand.id)).words is None
    assert [one.many for one in await work.due()] == [0]


async def test_a_hold_that_is_being_placed_protects_from_a_run_that_begins_meanwhile(
    database: Database, tmp_path: Path
) -> None:
    call_id = await lived(database, tmp_path, 1)
    async with database.session() as session:
        hold = await holds.place(session, "call", call_id, "公安机关调取", "user_1", make.AT)
        run = asyncio.create_task(everything(database, tmp_path))
        await asyncio.wait({run}, timeout=1)
    await run
    assert await left(database, tmp_path, call_id) == (True, True, True)
    async with database.reading() as session:
        assert await holds.gone(session, hold) == 0


async def test_a_hold_that_comes_during_a_run_is_told_what_is_gone(
    database: Database, tmp_path: Path
) -> None:
    call_id = await lived(database, tmp_path, 1)
    await lived(database, tmp_path, 2)

    async def placed() -> int:
        async with database.session() as session:
            hold = await holds.place(session, "call", call_id, "公安机关调取", "user_1", make.AT)
            return await holds.gone(session, hold)

    async with database.session() as session:
        await retention.recordings(session, LATER, "保存90日", LATER, lambda _: None)
        asked = asyncio.create_task(placed())
        await asyncio.wait({asked}, timeout=1)
    assert await asked == 1
