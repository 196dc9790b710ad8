"""Callers who are turned away, and those who never are: through the desk, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from api.actor import Actor
from api.caller_house import BlockAsk
from app.caller_desk import CallerDesk
from app.caller_rules import RateRule, caller_rules
from app.nuisance import TOO_OFTEN, verdict
from core.call import Bye, Play, Ring, TakeMessage
from core.errors import BadInput, Conflict, NotFound
from store import callers, calls, events, messages, tickets
from store.callers import Known
from store.database import Database
from store.errors import AppendOnly
from store.tables import BlockReview
from tests.app.place import Place

pytestmark = pytest.mark.service
RATE = RateRule(calls=3, minutes=60, exempt_lines=frozenset({"110"}))
NUMBER = "13899990000"


BOSS = Actor("user_boss", "boss", "班长", "supervisor")
CHIEF = Actor("user_chief", "chief", "主任", "office")
LI = Actor("user_li", "li", "李", "agent")


def desk(place: Place) -> CallerDesk:
    return CallerDesk(place.database, caller_rules(), place.clock)


async def block(place: Place, number: str = NUMBER, days: int | None = None) -> str:
    return await desk(place).block(BOSS, BlockAsk("harassment", "一天内辱骂话务员三次", number, days=days))


async def names_of_events(place: Place, subject: str) -> list[str]:
    async with place.database.reading() as session:
        return [event.name for event in await events.of(session, subject)]


@pytest.mark.parametrize(
    ("who", "line", "told"),
    [
        (Known(), "12345", ""),
        (Known(recent=2), "12345", ""),
        (Known(recent=3), "12345", "often"),
        (Known(recent=9, care="disabled"), "12345", ""),
        (Known(recent=9, care="elderly"), "12345", ""),
        (Known(recent=9, urgent=True), "12345", ""),
        (Known(recent=9), "110", ""),
        (Known(block_id="block_1"), "12345", "blocked"),
        (Known(block_id="block_1", recent=9, urgent=True), "12345", "blocked"),
        (Known(block_id="block_1"), "110", ""),
    ],
)
def test_who_is_turned_away(who: Known, line: str, told: str) -> None:
    assert verdict(who, line, RATE) == told


async def test_a_blocked_caller_hears_why_and_is_on_record_and_no_seat_rings(place: Place) -> None:
    await place.seat("8001")
    block_id = await block(place)
    citizen = place.citizen("+86" + NUMBER)  # however the carrier writes it
    assert await citizen.dial() == Bye(("blocked-notice", "goodbye"))
    assert await citizen.dial() == Bye(("blocked-notice", "goodbye"))  # the answer may get lost
    assert await place.seat_state("8001") == "ready"
    await citizen.gone(by="us", status="DONE")
    row = await citizen.row()
    assert (row.outcome, row.state, row.agent_answered_at) == ("refused", "ended", None)
    async with place.database.reading() as session:
        assert await messages.of_call(session, citizen.id) is None  # nobody owes them a call back
        told = next(e for e in await events.of(session, citizen.id) if e.name == "call.screened")
    assert (told.payload["verdict"], told.payload["why"]) == ("blocked", block_id)
    assert NUMBER not in str(told.payload)


async def test_a_block_ends_by_itself_and_by_review(place: Place) -> None:
    await place.seat("8001")
    await block(place, days=2)
    place.clock.pass_(2 * 86400 + 1)
    citizen = place.citizen(NUMBER)
    assert isinstance(await citizen.dial(), Play)
    await citizen.gone()
    again = await block(place)
    await desk(place).review(BOSS, again, "kept", "又来骚扰", days=20)
    async with place.database.reading() as session:
        assert (await callers.get_block(session, again)).expires_at == place.clock() + timedelta(days=20)
    await desk(place).review(CHIEF, again, "lifted", "本人道歉", days=None)
    assert isinstance(await place.citizen(NUMBER).dial(), Play)
    with pytest.raises(Conflict):
        await desk(place).review(CHIEF, again, "kept", "反悔", days=None)
    async with place.database.reading() as session:
        seen = [(r.deed, r.why, r.by) for r in await callers.reviews_of(session, [again])]
    assert seen == [("kept", "又来骚扰", "user_boss"), ("lifted", "本人道歉", "user_chief")]
    assert await names_of_events(place, again) == ["caller.block"] * 3


async def test_a_block_needs_a_blockable_reason_a_number_and_an_end(place: Place) -> None:
    silent = place.citizen("")
    await silent.dial()
    for ask in (
        BlockAsk("silent", "无声", NUMBER),
        BlockAsk("unheard_of", "?", NUMBER),
        BlockAsk("harassment", "骂人", NUMBER, days=31),
        BlockAsk("harassment", "骂人", call_id=silent.id),
    ):
        with pytest.raises(BadInput):
            await desk(place).block(BOSS, ask)
    with pytest.raises(NotFound):
        await desk(place).block(BOSS, BlockAsk("harassment", "骂人", call_id="call_unknown"))
    with pytest.raises(NotFound):
        await desk(place).block(BOSS, BlockAsk("harassment", "骂人", NUMBER, call_id="call_unknown"))
    await block(place)
    with pytest.raises(Conflict):
        await block(place)


async def test_blocks_to_look_at_again_are_found_when_their_day_comes(place: Place) -> None:
    block_id = await block(place)
    async with place.database.reading() as session:
        assert (await callers.blocks(session, place.clock(), due=True)).total == 0
        assert (await callers.blocks(session, place.clock(), active=True)).total == 1
    place.clock.pass_(3 * 86400)
    async with place.database.reading() as session:
        due = await callers.blocks(session, place.clock(), due=True)
        assert [(row.id, row.caller) for row in due.items] == [(block_id, NUMBER)]
    place.clock.pass_(5 * 86400)
    async with place.database.reading() as session:
        assert (await callers.blocks(session, place.clock(), due=True)).total == 0
        assert (await callers.blocks(session, place.clock(), active=False)).total == 1


async def test_reviews_can_not_be_changed(database: Database, place: Place) -> None:
    block_id = await block(place)
    await desk(place).review(BOSS, block_id, "kept", "又来骚扰", days=None)
    async with database.reading() as session:
        (review,) = await callers.reviews_of(session, [block_id])
    for change in (delete(BlockReview), update(BlockReview).values(why="其实没有")):
        with pytest.raises(AppendOnly):
            await _run(database, change.where(BlockReview.id == review.id))
    with pytest.raises(AppendOnly):  # nor past our own guard: the database refuses too
        await _run(database, text("UPDATE block_reviews SET why = ''"))


async def _run(database: Database, statement: Any) -> None:
    async with database.session() as session:
        await session.execute(statement)


# --- too often --------------------------------------------------------------------------------------------------------


async def often(place: Place, times: int = 3, number: str = NUMBER) -> None:
    place.floor.callers = place.floor.callers.model_copy(update={"rate": RATE})
    for _ in range(times):
        citizen = place.citizen(number)
        await citizen.dial()
        await citizen.gone()
        place.clock.pass_(60)


async def test_who_calls_too_often_is_told_and_may_leave_a_message(place: Place) -> None:
    await place.seat("8001")
    await often(place)
    citizen = place.citizen(NUMBER)
    assert await citizen.dial() == TOO_OFTEN
    assert await place.seat_state("8001") == "ready"
    assert await citizen.dial() == TOO_OFTEN
    told = await citizen.done()
    assert told == TakeMessage(("message-leave",), f"{citizen.id}-message", 120)
    assert await citizen.done() == Bye(("message-thanks", "goodbye"))
    await citizen.gone(by="us", status="DONE")
    async with place.database.reading() as session:
        message = await messages.of_call(session, citizen.id)
    assert message is not None
    assert message.kind == "voicemail"
    assert "call.screened" in await names_of_events(place, citizen.id)


async def test_key_0_says_it_is_urgent_and_brings_a_person(place: Place) -> None:
    await place.seat("8001")
    await often(place)
    citizen = place.citizen(NUMBER)
    await citizen.dial()
    assert isinstance(await citizen.done(digits="0"), Ring)
    await citizen.answered()
    assert (await citizen.row()).prompts_ended_at is not None


async def test_the_count_begins_anew_after_the_window_and_for_others(place: Place) -> None:
    await place.seat("8001")
    await often(place)
    assert (await place.citizen("13811112222").dial()) != TOO_OFTEN
    place.clock.pass_(3600)
    assert (await place.citizen(NUMBER).dial()) != TOO_OFTEN


async def test_nobody_without_a_number_is_counted(place: Place) -> None:
    await often(place, times=5, number="")
    assert (await place.citizen("").dial()) != TOO_OFTEN


async def test_disabled_people_and_open_urgent_tickets_are_never_turned_away(place: Place) -> None:
    await often(place)
    async with place.database.session() as session:
        await callers.care_for(session, NUMBER, "disabled", "残疾人证", "user_boss", place.clock())
    told = await place.citizen(NUMBER).dial()
    assert isinstance(told, Play)
    assert told.prompts[0] == "slow-greeting"
    other = "13822223333"
    await often(place, number=other)
    assert await place.citizen(other).dial() == TOO_OFTEN
    due = tickets.NewTicket(
        "help", "停水", "停水三天", "dispatched", "user_li", place.clock(), "demo", "hash", caller=other,
        due_at=place.clock() + timedelta(hours=5),
    )  # fmt: skip
    async with place.database.session() as session:
        await tickets.file(session, replace(due, id="tkt_due"), [], "user_li")
    assert await place.citizen(other).dial() != TOO_OFTEN


# --- tags -------------------------------------------------------------------------------------------------------------


async def test_a_tag_is_said_taken_back_and_said_again(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await desk(place).tag(LI, citizen.id, "drunk", "醉话")
    await desk(place).untag(BOSS, citizen.id, "drunk")
    async with place.database.reading() as session:
        assert await callers.tags_of(session, citizen.id) == []
    with pytest.raises(NotFound):
        await desk(place).untag(BOSS, citizen.id, "drunk")
    await desk(place).tag(LI, citizen.id, "drunk", "还是醉话")
    async with place.database.reading() as session:
        (tag,) = await callers.tags_of(session, citizen.id)
    assert (tag.tag, tag.note, tag.by) == ("drunk", "还是醉话", "user_li")
    with pytest.raises(BadInput, match="harassment"):
        await desk(place).tag(LI, citizen.id, "ugly", "")
    assert (await names_of_events(place, citizen.id)).count("call.tagged") == 3


async def test_a_tagged_call_is_still_its_own_outcome(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await desk(place).tag(LI, citizen.id, "silent", "")
    async with place.database.reading() as session:
        assert (await calls.get(session, citizen.id)).outcome is None
