"""A talk is checked once its words are there, once; words that change are checked anew."""

from pathlib import Path

import pytest

from api.actor import Actor
from app.chores import Chores
from app.quality.checks import QualityChecks
from app.quality.desk import QualityDesk
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.ports import Utterance
from core.quality import BadQuality
from store import quality
from tests.app.place import Citizen, Place
from tests.app.talks import talked, write_raw
from tests.app.test_recordings import Parrot

pytestmark = pytest.mark.service
BOSS = Actor("user_boss", "boss", "班长", "supervisor")
COUNTY = Actor("user_county", "county", "县班长", "supervisor", None, "431021")


class Talker(Parrot):
    """The agent greets, the citizen's side is silent."""

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        return [Utterance("您好，12345。", 0.5, 2.0, True)]


async def transcribed(place: Place, folder: Path) -> Citizen:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 3.0)
    chores = Chores(place.floor, folder, folder, Talker())
    await chores.finish_recordings()
    assert await chores.transcribe() == 1
    return citizen


async def test_a_talk_is_checked_once_with_the_moments_that_show_it(place: Place, folder: Path) -> None:
    citizen = await transcribed(place, folder)
    checks = QualityChecks(place.floor)
    assert await checks.check_quality() == 1
    assert await checks.check_quality() == 0
    async with place.database.reading() as session:
        check = await quality.check_of(session, citizen.id)
    found = {one["rule"]: one for one in check.findings}
    assert found["greeting"]["passed"]
    assert found["greeting"]["moments"] == [[0.5, 2.0]]
    assert not found["verified"]["applied"]
    assert (check.version, check.score, check.reviews) == (0, 100, 0)
    assert check.facts["agent"]["talk_s"] == 1.5


async def test_a_call_without_a_talk_or_without_words_waits(place: Place, folder: Path) -> None:
    await talked(place)
    assert await QualityChecks(place.floor).check_quality() == 0
    async with place.database.reading() as session:
        with pytest.raises(NotFound):
            await quality.check_of(session, "call_none")


async def test_rules_are_changed_by_version_and_new_talks_follow_them(place: Place, folder: Path) -> None:
    desk = QualityDesk(place.floor)
    rules = desk.first().model_dump(mode="json")
    rules["rules"] = [{**rules["rules"][0], "words": ["欢迎致电"], "points": 30}]
    assert await desk.change(BOSS, rules, 0, "改问候语") == 1
    with pytest.raises(Conflict):
        await desk.change(BOSS, rules, 0, "我也改")
    with pytest.raises(BadQuality):
        await desk.change(BOSS, {**rules, "rules": []}, 1, "不成规则")
    with pytest.raises(NotAllowed):
        await desk.change(COUNTY, rules, 1, "县里改")
    citizen = await transcribed(place, folder)
    await QualityChecks(place.floor).check_quality()
    async with place.database.reading() as session:
        check = await quality.check_of(session, citizen.id)
    assert (check.version, check.score) == (1, 70)


async def test_people_judge_beside_the_machine_and_agreement_is_counted(place: Place, folder: Path) -> None:
    citizen = await transcribed(place, folder)
    await QualityChecks(place.floor).check_quality()
    desk = QualityDesk(place.floor)
    await desk.review(BOSS, citizen.id, {"greeting": False, "banned": True}, "没有报工号")
    with pytest.raises(BadInput, match="nonsense"):
        await desk.review(BOSS, citizen.id, {"nonsense": True}, "")
    with pytest.raises(NotFound):
        await desk.review(BOSS, "call_none", {"greeting": True}, "")
    async with place.database.reading() as session:
        (review,) = await quality.reviews_of(session, citizen.id)
        check = await quality.check_of(session, citizen.id)
        counted = await quality.agreement(session)
    assert (review.score, review.judged, review.agreed, review.words) == (95, 2, 1, "没有报工号")
    assert check.reviews == 1
    assert counted == {"banned": (1, 1), "greeting": (1, 0)}
