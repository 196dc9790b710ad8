"""A model is learned from what units signed for, judged on what it never saw, and one word takes it back."""

from collections.abc import Sequence

import pytest

from app import learning
from app.knowledge import watch
from app.learning_watch import ANEW_AFTER, LearningWatch
from core.errors import Conflict, NotFound
from match.learn import TooFew
from store import models
from store.database import Database
from store.tables import Ticket
from tests.app.place import Place
from tests.store.make import AT, later, ticket, unit

pytestmark = pytest.mark.service
WORDS = {
    "WATER": ("停水", "水管爆了", "自来水发黄", "水压太小"),
    "LIGHT": ("路灯不亮", "路灯杆歪了", "路灯闪", "灯坏了"),
}
PLACES = ("南街", "北路", "桥头", "学校旁", "市场口", "小区里", "公园边", "医院前")


async def signed(database: Database, count: int, *, wrong: bool = False) -> None:
    """So many matters that a unit signed for; `wrong`: each by the other unit."""
    async with database.session() as session:
        for code in WORDS:
            await unit(session, code, code)
    async with database.session() as session:
        session.add_all(_rows(count, wrong))


def _rows(count: int, wrong: bool) -> Sequence[Ticket]:
    codes, rows = list(WORDS), []
    for i in range(count):
        code = codes[i % 2]
        words = WORDS[code][i // 2 % 4]
        new = ticket(title=f"{PLACES[i // 8 % 8]}{words}", body=f"{words}，第{i}次反映")
        rows.append(
            Ticket(
                id=f"tkt_{i:04}", number=f"n{i:04}", type=new.type, title=new.title, body=new.body, caller=new.caller,
                caller_hash=new.caller, unit_code=codes[(i + wrong) % 2], state="signed", policy="heyuan", policy_hash="abc",
                filed_by="user_1", filed_at=later(i), signed_at=later(i),
            )
        )  # fmt: skip
    return rows


async def test_a_new_version_waits_serves_when_told_and_is_taken_back(database: Database) -> None:
    await signed(database, 400)
    before = await watch.stamp(database)
    first = await learning.train(database, "boss", AT)
    assert (first.version, first.state) == (1, "waiting")
    assert first.learned_from + first.kept == 400
    assert first.figures["new"]["accuracy"] > 0.9
    assert await learning.serving(database) is None

    await learning.serve(database, 1, "boss", AT)
    held = await learning.serving(database)
    assert held is not None
    assert held.guess("桥头停水了")[0].label == "WATER"
    assert await watch.stamp(database) != before  # so running processes take it up

    second = await learning.train(database, "boss", later(1))
    assert second.figures["serving"]["accuracy"] == first.figures["new"]["accuracy"]
    await learning.serve(database, 2, "boss", later(2))
    assert [one.state for one in await learning.versions(database)] == ["serving", "past"]
    again = await learning.back(database, "boss", later(3))
    assert again is not None
    assert again.version == 1
    assert await learning.back(database, "boss", later(4)) is None
    assert await learning.serving(database) is None
    with pytest.raises(NotFound):
        await learning.back(database, "boss", later(5))


async def test_a_version_that_does_worse_serves_only_if_somebody_insists(database: Database) -> None:
    await signed(database, 400)
    await learning.train(database, "boss", AT)
    async with database.session() as session:
        good = await models.get(session, 1)
        figures = {**good.figures, "accuracy_apart": [-0.2, -0.3, -0.1]}
        await models.add(session, models.UNIT, good.data, figures, (360, 40), "boss", later(1))
    await learning.serve(database, 1, "boss", later(2))
    with pytest.raises(Conflict, match="差 20"):
        await learning.serve(database, 2, "boss", later(3))
    assert (await learning.serve(database, 2, "boss", later(3), insist=True)).state == "serving"
    with pytest.raises(NotFound):
        await learning.serve(database, 7, "boss", later(4))


async def test_too_few_signed_matters_are_not_learned_from(database: Database) -> None:
    await signed(database, 20)
    with pytest.raises(TooFew, match="200"):
        await learning.train(database, "boss", AT)


async def test_a_worker_learns_by_itself_and_leaves_alone_what_a_person_took_out(place: Place) -> None:
    await signed(place.database, 400)
    assert await LearningWatch(place.floor).learn_anew() == 1
    assert await learning.serving(place.database) is not None
    place.clock.pass_(2 * ANEW_AFTER.total_seconds())
    assert await LearningWatch(place.floor).learn_anew() == 0  # nothing was decided since
    async with place.database.session() as session:
        session.add_all(_rows(500, False)[400:])
    await learning.back(place.database, "boss", place.clock())
    assert await LearningWatch(place.floor).learn_anew() == 0
    assert await learning.serving(place.database) is None


async def test_a_worker_waits_until_enough_is_signed(place: Place) -> None:
    await signed(place.database, 20)
    assert await LearningWatch(place.floor).learn_anew() == 0
    assert await learning.versions(place.database) == []
