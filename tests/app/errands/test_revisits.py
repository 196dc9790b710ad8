"""Revisit calls: allowed hours, keys, words, machines, tries, then a text; what stays with the ticket."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app import policies
from app.chores import Chores
from app.errands.hours import next_allowed
from app.errands.settle import words_stem
from app.errands.words import heard
from core.calendar import Calendar
from core.call import Bye, Play, TakeMessage
from core.errors import BadInput
from core.policy_after import Revisit
from core.ports import Utterance
from store import events, grades, notices, recordings, tickets
from store.tables import NoticeRow
from tests.app.errands.town import Called, Town, row
from tests.app.place import Place
from tests.app.talks import write_raw, write_wav
from tests.asr.fakes import FakeRecogniser

pytestmark = pytest.mark.service
UNIT = "chenzhou.rsj"
CITIZEN = "13812345678"
CHINA = ZoneInfo("Asia/Shanghai")
ASK = Play(("revisit-ask",), keys=1, timeout_s=5)
REPLY = {
    "handled_at": "2026-11-20T10:00:00+08:00", "section": "劳动监察", "handler": "王某", "result": "已发放工资",
    "law": "劳动合同法", "basis": "第三十条", "talk": "已电话告知",
}  # fmt: skip


@pytest.fixture
async def town(sqlite_place: Place) -> Town:
    await sqlite_place.registers()
    return await Town(sqlite_place).open()


async def resolved(town: Town, caller: str = CITIZEN) -> str:
    """A ticket on its way from a message to the end; gives its id."""
    place = town.place
    office, unit = await place.person("office", "office"), await place.person("unit", "unit", UNIT)
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", None, UNIT, "王女士", caller)
    ticket_id = await place.house.file_ticket(office, draft, "key-1")
    steps: tuple[tuple[Actor, str, dict[str, str]], ...] = (
        (unit, "sign", {}), (unit, "reply", REPLY), (office, "resolve", {}),
    )  # fmt: skip
    for actor, deed, facts in steps:
        async with place.database.reading() as session:
            version = (await tickets.get(session, ticket_id)).version
        await place.house.act_on_ticket(actor, ticket_id, version, deed, dict(facts))
    return ticket_id


async def unit_grade(town: Town, ticket_id: str) -> tuple[str, str] | None:
    async with town.place.database.reading() as session:
        found = await grades.of_ticket(session, ticket_id)
    return next(((one.grade, one.via) for one in found if one.stage == "unit"), None)


async def revisited(town: Town, ticket_id: str) -> list[str]:
    async with town.place.database.reading() as session:
        found = await events.of(session, ticket_id)
    return [one.payload["grade"] for one in found if one.name == "ticket.revisited"]


async def all_texts(town: Town) -> list[NoticeRow]:
    async with town.place.database.reading() as session:
        return (await notices.find(session, channel="sms")).items


async def rung(town: Town, status: str = "DONE") -> Called:
    await town.round()
    return await town.picked_up(status)


async def test_a_key_grades_the_unit_and_the_ticket_knows(town: Town) -> None:
    ticket_id = await resolved(town)
    called = await rung(town)
    (order,) = town.network.placed
    assert (order.listen, order.number, order.recording) == (True, CITIZEN, f"{called.id}-revisit")
    assert called.told == ASK
    assert await called.done(digits="2") == Bye(("rate-thanks", "goodbye"))
    assert await unit_grade(town, ticket_id) == ("satisfied", "phone_key")
    assert await revisited(town, ticket_id) == ["satisfied"]
    await called.gone(by="us")
    errand = await town.the_errand()
    assert (errand.state, errand.result, errand.reason) == ("done", "answered", "已评价")
    out = await called.row()
    assert (out.direction, out.outcome) == ("out", "revisited")
    assert await all_texts(town) == []
    async with town.place.database.reading() as session:
        (tape,) = await recordings.of_call(session, called.id)
    assert (tape.stem, tape.transcribed_at is None) == (f"{called.id}-revisit", False)


@pytest.fixture
async def yanji(town: Town) -> Town:
    town.place.floor.policy = policies.load("yanji")
    return town


TWO = Play(("revisit-ask-two",), keys=1, timeout_s=5)


async def test_where_the_city_knows_two_grades_two_are_asked_for_by_key(yanji: Town) -> None:
    ticket_id = await resolved(yanji)
    called = await rung(yanji)
    assert called.told == TWO
    again = Play(("sorry-invalid", "revisit-ask-two"), keys=1, timeout_s=5)
    assert await called.done(digits="3") == again
    assert await called.done(digits="2") == TakeMessage(("revisit-why",), words_stem(called.id), 60)
    assert await unit_grade(yanji, ticket_id) == ("dissatisfied", "phone_key")


@pytest.mark.parametrize(
    ("said", "grade"),
    [("非常满意", ("satisfied", "voice")), ("很不满意", ("dissatisfied", "voice")), ("基本满意吧", None)],
)
async def test_words_count_as_one_of_two_grades_or_as_none(
    yanji: Town, said: str, grade: tuple[str, str] | None
) -> None:
    ticket_id = await resolved(yanji)
    called = await rung(yanji)
    await called.done()
    place = yanji.place
    async with place.database.session() as session:
        recording = await recordings.by_stem(session, words_stem(called.id))
        assert recording is not None
        await heard(place.floor, session, recording, said, place.clock())
    assert await unit_grade(yanji, ticket_id) == grade


async def test_the_text_lists_two_grades_and_an_answer_beyond_them_is_none(yanji: Town) -> None:
    ticket_id = await resolved(yanji)
    called = await rung(yanji)
    await called.done(digits="9")
    await called.done(digits="9")
    await called.gone(by="us")
    (text,) = await all_texts(yanji)
    assert text.words.split("：")[-1].startswith("1满意，2不满意。")
    desk = yanji.place.house.after_call
    for grade in ("very_satisfied", "fairly_satisfied"):
        with pytest.raises(BadInput, match="满意、不满意"):
            await desk.grade_by_citizen(ticket_id, grade)
    assert await desk.grade_by_citizen(ticket_id, "satisfied")
    assert await unit_grade(yanji, ticket_id) == ("satisfied", "online")


async def test_who_is_dissatisfied_may_say_why_and_the_words_stay_with_the_ticket(town: Town) -> None:
    ticket_id = await resolved(town)
    called = await rung(town)
    told = await called.done(digits="5")
    assert told == TakeMessage(("revisit-why",), words_stem(called.id), 60)
    await called.gone()  # they speak and hang up
    place = town.place
    async with place.database.session() as session:
        recording = await recordings.by_stem(session, words_stem(called.id))
        assert recording is not None
        assert await heard(place.floor, session, recording, "说了三次都没有人来", place.clock())
    errand = await town.the_errand()
    assert (errand.state, errand.words, errand.ticket_id) == ("done", "说了三次都没有人来", ticket_id)
    assert await unit_grade(town, ticket_id) == ("very_dissatisfied", "phone_key")


async def test_the_worker_puts_the_words_where_they_belong(town: Town, tmp_path: Path) -> None:
    ticket_id = await resolved(town)
    called = await rung(town)
    await called.done()
    town.place.clock.pass_(9)
    await called.gone()
    write_wav(tmp_path / f"{words_stem(called.id)}.wav", 2.0)
    write_raw(tmp_path / f"{called.id}-revisit.raw", 9.0)
    chores = Chores(town.place.floor, tmp_path, tmp_path / "spool", Parrot("不满意，还没有修好"))
    assert await chores.finish_recordings() == 2
    assert [await chores.transcribe() for _ in range(2)] == [1, 0], (
        "the whole call is not read, only the answer"
    )
    assert (await town.the_errand()).words == "不满意，还没有修好"
    assert await unit_grade(town, ticket_id) == ("dissatisfied", "voice")


class Parrot(FakeRecogniser):
    """Hears one sentence in everything."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        return [Utterance(self._words, 0.5, 1.5, True)]


async def test_who_presses_nothing_may_speak_and_the_grade_is_heard(town: Town) -> None:
    ticket_id = await resolved(town)
    called = await rung(town)
    told = await called.done()
    assert told == TakeMessage(("revisit-speak",), words_stem(called.id), 60)
    assert await called.done() == Bye(("rate-thanks", "goodbye"))
    await called.gone(by="us")
    assert (await town.the_errand()).reason == "已留言"
    place = town.place
    async with place.database.session() as session:
        recording = await recordings.by_stem(session, words_stem(called.id))
        assert recording is not None
        await heard(place.floor, session, recording, "嗯，我比较满意，谢谢。", place.clock())
    assert await unit_grade(town, ticket_id) == ("fairly_satisfied", "voice")
    assert await revisited(town, ticket_id) == ["fairly_satisfied"]


async def test_a_wrong_key_is_asked_again_once(town: Town) -> None:
    ticket_id = await resolved(town)
    called = await rung(town)
    assert await called.done(digits="8") == Play(("sorry-invalid", "revisit-ask"), keys=1, timeout_s=5)
    assert await called.done(digits="9") == Bye(("goodbye",))
    assert await unit_grade(town, ticket_id) is None
    await called.gone(by="us")
    (text,) = await all_texts(town)
    assert (text.kind, text.recipient, text.ticket_id) == ("grade", CITIZEN, ticket_id)
    async with town.place.database.reading() as session:
        number = (await tickets.get(session, ticket_id)).number
    assert f"请回复“{number[-4:]} 数字”" in text.words


async def test_machines_and_silence_use_up_the_tries_and_then_a_text_asks(town: Town) -> None:
    ticket_id = await resolved(town)
    rule = town.place.floor.policy.after.revisit
    assert rule is not None
    called = await rung(town, "MACHINE")
    assert called.told == Bye()
    await called.gone(by="us")
    errand = await town.the_errand()
    assert (errand.state, errand.result, errand.due_at) == (
        "due",
        "machine",
        town.place.clock() + timedelta(seconds=rule.gap_s),
    )
    town.network.outcomes = [("no_answer", 19)]
    await town.round()
    assert len(town.network.placed) == 1, "not before the gap is over"
    await town.round(after_s=rule.gap_s)
    assert (await all_texts(town), (await town.the_errand()).state) == ([], "due")
    await town.round(after_s=rule.gap_s)
    errand = await town.the_errand()
    assert (errand.state, errand.result, errand.tries) == ("given_up", "no_answer", 3)
    (text,) = await all_texts(town)
    assert (text.kind, text.ticket_id) == ("grade", ticket_id)
    assert "1非常满意，2满意，3基本满意，4不满意，5非常不满意" in text.words
    for order in town.network.placed:
        assert (await row(town.place, order.call_id)).outcome == "not_reached"
    await town.round(after_s=30 * 86400)
    assert len(town.network.placed) == 3


async def test_nobody_is_rung_outside_the_allowed_hours(town: Town) -> None:
    town.place.floor.policy = policies.load("heyuan")
    town.place.clock.now = datetime(2026, 11, 20, 12, 30, tzinfo=CHINA)
    await resolved(town)
    for moment, calls in (("2026-11-20T12:31", 0), ("2026-11-20T14:29", 0), ("2026-11-20T14:30", 1)):
        town.place.clock.now = datetime.fromisoformat(moment).replace(tzinfo=CHINA)
        await town.round()
        assert len(town.network.placed) == calls


@pytest.mark.parametrize("city", ["henan", "chenzhou"])
async def test_where_a_document_orders_the_asking_and_no_hour_it_is_asked_on_a_working_day(
    town: Town, city: str
) -> None:
    town.place.floor.policy = policies.load(city)
    town.place.clock.now = datetime(2026, 11, 20, 19, 0, tzinfo=CHINA)
    ticket_id = await resolved(town)
    assert (await town.the_errand()).due_at == datetime(2026, 11, 23, 8, 30, tzinfo=CHINA)
    town.place.clock.now = datetime(2026, 11, 23, 8, 30, tzinfo=CHINA)
    called = await rung(town)
    assert called.told == ASK
    await called.done(digits="3")
    assert await unit_grade(town, ticket_id) == ("fairly_satisfied", "phone_key")


async def test_where_no_document_orders_it_nobody_is_rung(town: Town) -> None:
    town.place.floor.policy = policies.load("jiayuguan")
    await resolved(town)
    assert await town.owed() == []


async def test_a_try_that_falls_out_of_the_hours_waits_for_the_next_ones(town: Town) -> None:
    town.place.floor.policy = policies.load("heyuan")
    town.place.clock.now = datetime(2026, 11, 20, 19, 0, tzinfo=CHINA)
    await resolved(town)
    town.network.outcomes = [("busy", 17)]
    await town.round()
    assert (await town.the_errand()).due_at == datetime(2026, 11, 21, 8, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("at", "days", "allowed"),
    [
        ("2026-11-20T10:00", "every_day", "2026-11-20T10:00"),
        ("2026-11-20T08:29", "every_day", "2026-11-20T08:30"),
        ("2026-11-20T12:00", "every_day", "2026-11-20T14:30"),
        ("2026-11-20T20:00", "every_day", "2026-11-21T08:30"),
        ("2026-11-20T20:00", "working_days", "2026-11-23T08:30"),
        ("2026-09-30T21:00", "working_days", "2026-10-08T08:30"),  # the National Day holiday
    ],
)
def test_the_next_allowed_moment(at: str, days: str, allowed: str) -> None:
    windows = (("08:30", "12:00"), ("14:30", "20:00"))
    rule = Revisit(clause="001 14", windows=windows, days=days)
    moment = datetime.fromisoformat(at).replace(tzinfo=CHINA)
    found = next_allowed(moment, rule, Calendar())
    assert found == datetime.fromisoformat(allowed).replace(tzinfo=CHINA)


async def test_a_landline_is_rung_but_not_texted_and_nobody_without_a_number(town: Town) -> None:
    await resolved(town, "073512345678"[:11])
    town.network.outcomes = [("rejected", 21)]
    for _ in range(3):
        await town.round(after_s=7200)
    assert ((await town.the_errand()).state, await all_texts(town)) == ("given_up", [])


async def test_two_processes_revisit_once(town: Town) -> None:
    from app.errands.dial import Errands
    from tests.app.errands.town import at_once

    await resolved(town)
    other = Errands(town.place.floor, town.network)
    await at_once(town.loop.round(), other.round())
    await at_once(town.loop.settled(), other.settled())
    assert len(town.network.placed) == 1
