"""What is asked of every caller is answered from indexes, and numbers stand nowhere in the clear."""

import sqlite3
from datetime import timedelta

import pytest

from store import callers
from store.database import Database
from tests.store import make
from tests.store.asked import asked_of, steps_of

pytestmark = pytest.mark.service
INDEXES = {"ix_blocks_caller", "ix_care_callers_caller", "ix_calls_caller", "ix_tickets_caller"}


async def test_who_calls_is_one_question_answered_from_indexes(sqlite_database: Database) -> None:
    async with sqlite_database.reading() as session:
        async with asked_of(session) as asked:
            await callers.known(session, make.CALLER, make.AT, make.AT, make.AT)
        (one,) = asked
        steps = await steps_of(session, one)
    assert {index for index in INDEXES if any(index in step for step in steps)} == INDEXES, steps
    assert [step for step in steps if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"] == []


async def test_no_register_holds_a_number_or_a_name_in_the_clear(sqlite_database: Database) -> None:
    ends = make.AT + timedelta(days=7)
    async with sqlite_database.session() as session:
        await callers.block(session, make.CALLER, "abuse", "辱骂", "user_boss", make.AT, ends, ends)
        await callers.care_for(
            session, make.CALLER, "elderly", "本人要求", "user_boss", make.AT, name="张三丰", note="听力不好"
        )
    with sqlite3.connect(str(sqlite_database.url.database)) as file:
        stored = str([*file.execute("SELECT * FROM blocks"), *file.execute("SELECT * FROM care_callers")])
    for secret in (make.CALLER, "张三丰", "听力不好"):
        assert secret not in stored


async def test_nobody_without_a_number_is_known(sqlite_database: Database) -> None:
    async with sqlite_database.reading() as session:
        assert await callers.known(session, "", make.AT, make.AT, make.AT) == callers.Known()
