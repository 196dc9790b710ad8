"""Which bulletins the desk sees, and in which order."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import BadInput
from core.knowledge import BulletinKind
from match.bulletins import Bulletin, checked, late, on_desk

pytestmark = pytest.mark.unit
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def one(id: str, kind: BulletinKind = "temporary", hours: float = 0, **more: object) -> Bulletin:
    since = NOON + hours * HOUR
    return Bulletin(id, kind, "SW", since, since + 12 * HOUR, **more)  # type: ignore[arg-type]


def test_pinned_first_then_emergencies_then_the_newest() -> None:
    known = [
        one("advance", "advance"), one("old", hours=-2), one("new", hours=-1), one("fire", "emergency", -5),
        one("second", pinned=2), one("first", "advance", pinned=1),
    ]  # fmt: skip
    shown = [found.id for found in on_desk(known, NOON)]
    assert shown == ["first", "second", "fire", "new", "old", "advance"]


def test_only_what_holds_now_and_here_is_shown() -> None:
    known = [
        one("later", hours=1), one("over", hours=-12), one("gone", withdrawn=True), one("north", region="431002"),
        one("south", region="431003"), one("everywhere"),
    ]  # fmt: skip
    assert {found.id for found in on_desk(known, NOON, "431002")} == {"north", "everywhere"}
    assert {found.id for found in on_desk(known, NOON)} == {"north", "south", "everywhere"}


def test_it_is_shown_from_its_first_moment_until_before_its_last() -> None:
    known = [one("x")]
    assert [len(on_desk(known, NOON + n * HOUR)) for n in (-0.001, 0, 11.999, 12)] == [0, 1, 1, 0]


def test_an_advance_notice_says_when_and_comes_before() -> None:
    checked("advance", NOON, NOON + HOUR, NOON + HOUR)
    for happens in (None, NOON - HOUR):
        with pytest.raises(BadInput):
            checked("advance", NOON, NOON + HOUR, happens)
    with pytest.raises(BadInput):
        checked("emergency", NOON, NOON, None)


def test_late_is_what_comes_after_the_matter_had_begun() -> None:
    assert [late(NOON + n * HOUR, NOON) for n in (-1, 0, 1)] == [False, False, True]
    assert not late(NOON, None)
