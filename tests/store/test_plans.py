"""The questions asked all day long are answered from an index, not by reading the whole table."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from store import (
    calls,
    decisions,
    errands,
    events,
    grades,
    legs,
    lookups,
    messages,
    notices,
    proposals,
    recordings,
    seats,
    tickets,
    utterances,
)
from store.database import Database
from tests.store import make
from tests.store.asked import asked_of, steps_of

pytestmark = pytest.mark.service

Question = Callable[[AsyncSession], Awaitable[Any]]
QUESTIONS: dict[str, tuple[str, Question]] = {
    "a call": ("sqlite_autoindex_calls_2", lambda s: calls.by_linkedid(s, "x")),
    "the queue": ("ix_calls_open", calls.waiting),
    "how many ahead": ("ix_calls_open", lambda s: calls.ahead(s, make.AT, "x")),
    "calls under way": ("ix_calls_open", calls.under_way),
    "calls without outcome": ("ix_calls_no_outcome", lambda s: calls.without_outcome(s, make.AT)),
    "a caller's calls": ("ix_calls_caller", lambda s: calls.find(s, caller=make.CALLER)),
    "a call's legs": ("ix_legs_call_id", lambda s: legs.of_call(s, "x")),
    "a call's seats": ("ix_seats_call_id", lambda s: seats.in_call(s, "x")),
    "recordings to complete": ("ix_recordings_work", lambda s: recordings.pending(s, make.AT)),
    "recordings of ended calls": (
        "ix_recordings_work|sqlite_autoindex_calls_1",
        lambda s: recordings.pending(s, make.AT, of_ended_calls=True),
    ),
    "seats nobody holds": (
        "ix_seats_routing|sqlite_autoindex_calls_1",
        lambda s: seats.take_back(s, make.AT, make.AT),
    ),
    "free seats in line": (
        "ix_seats_routing|ix_calls_open",
        lambda s: seats.in_line(s, make.AT, "x", ["agent"], 3),
    ),
    "free seats with skills": (
        "sqlite_autoindex_seat_skills_1|sqlite_autoindex_seats_1|ix_seats_routing|ix_seat_skills_seat_id",
        lambda s: seats.with_skills(s, ("a", "b"), 3),
    ),
    "the queue ahead by wants": ("ix_calls_open", lambda s: calls.queue_ahead(s, make.AT, "x", make.AT)),
    "the mean talk": ("ix_calls_arrived_at", lambda s: seats.mean_talk_s(s, make.AT)),
    "a call's decisions": ("ix_decisions_call_id", lambda s: decisions.of_call(s, "x")),
    "recordings to transcribe": ("ix_recordings_work", lambda s: recordings.to_transcribe(s, make.AT)),
    "what was said": ("ix_utterances_call", lambda s: utterances.of_call(s, "x")),
    "the last proposals": ("uq|sqlite_autoindex_proposals", lambda s: proposals.latest(s, "x")),
    "tickets due": ("ix_tickets_next_alarm_at", lambda s: tickets.due_for_alarm(s, make.AT)),
    "a unit's tickets": ("ix_tickets_unit", lambda s: tickets.find(s, unit_code="x")),
    "a caller's tickets": ("ix_tickets_caller", lambda s: tickets.find(s, caller=make.CALLER)),
    "open messages": ("ix_messages_state", lambda s: messages.find(s, state="open")),
    "a subject's events": ("ix_events_subject", lambda s: events.of(s, "x")),
    "errands due": ("ix_errands_due", lambda s: errands.due(s, make.AT)),
    "errands in the queue": ("ix_errands_due", errands.in_queue),
    "errands being dialled": ("ix_errands_due", errands.dialling),
    "what a placed call is for": ("ix_errands_out_call_id", lambda s: errands.of_out_call(s, "x")),
    "the call-back owed to a citizen": (
        "ix_errands_number_hash|ix_errands_owed|ix_errands_due",
        lambda s: errands.owed_to(s, make.CALLER),
    ),
    "whether a citizen got through": (
        "ix_calls_caller|ix_calls_open",
        lambda s: errands.met_since(s, make.CALLER, make.AT),
    ),
    "notices due": ("ix_notices_due|sqlite_autoindex_calls_1", lambda s: notices.due(s, "sms", make.AT)),
    "how notices stand": ("ix_notices_due|ix_notices_state", notices.standing),
    "webhooks that are over": ("ix_notices_due", lambda s: notices.forget_old(s, "webhook", make.AT)),
    "a ticket's grades": ("ix_grades_ticket_id", lambda s: grades.of_ticket(s, "x")),
    "a subject's look-ups": ("ix_lookups_subject", lambda s: lookups.find(s, subject="x")),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_uses_its_index(sqlite_database: Database, name: str) -> None:
    index, question = QUESTIONS[name]
    async with sqlite_database.reading() as session:
        async with asked_of(session) as asked:
            await question(session)
        assert asked
        for one in asked:
            steps = await steps_of(session, one)
            assert any(part in step for step in steps for part in index.split("|")), steps
            assert not any(
                step.startswith("SCAN") and "USING INDEX" not in step and "anon" not in step for step in steps
            ), steps
