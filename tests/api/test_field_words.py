"""What is wrong with a field: Chinese for every kind of error there is, English for whoever asks for it."""

import re
from typing import Any, Literal, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core.core_schema import ErrorType

from api.field_words import OURS, WORDS, sentence, wants_english
from api.rota_shapes import ShiftGiven
from api.shapes import Given, Instant
from tests.api.conftest import World

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.unit
def test_every_kind_that_pydantic_knows_has_chinese_words() -> None:
    assert set(get_args(ErrorType)) <= WORDS.keys()
    assert all(CHINESE.search(words) for words in (*WORDS.values(), *(zh for zh, _ in OURS.values())))


class Sample(Given):
    """A field of each sort."""

    name: str = Field(min_length=2, max_length=4, pattern="^[a-z]+$")
    count: int = Field(ge=1, le=9)
    colour: Literal["warning", "yellow", "red"]
    at: Instant
    many: list[str] = Field(max_length=1)


GOOD = {"name": "abc", "count": 3, "colour": "red", "at": "2026-11-21T08:30:00+08:00", "many": []}


def said(given: dict[str, Any], english: bool = False, shape: type[BaseModel] = Sample) -> dict[str, str]:
    """Kind -> sentence."""
    with pytest.raises(ValidationError) as caught:
        shape.model_validate(given)
    return {one["type"]: sentence(dict(one), english) for one in caught.value.errors()}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"name": "a"}, "string_too_short", "至少 2 字"),
        ({"name": "abcdef"}, "string_too_long", "至多 4 字"),
        ({"name": "AB"}, "string_pattern_mismatch", "格式不符，须符合 ^[a-z]+$"),
        ({"name": 7}, "string_type", "须为文字"),
        ({"name": "a\x00b"}, "string_pattern_mismatch", "格式不符，须符合 ^[a-z]+$"),
        ({"count": 0}, "greater_than_equal", "不能小于 1"),
        ({"count": "x"}, "int_parsing", "须为整数"),
        ({"colour": "green"}, "literal_error", "须为 warning、yellow、red 之一"),
        ({"at": "2026-11-21T08:30:00"}, "timezone_aware", "须写明时区，如 +08:00"),
        ({"at": "1999-11-21T08:30:00+08:00"}, "year_out_of_reach", "年份须在 2000 至 2200 之间"),
        ({"many": ["a\x00"]}, "control_characters", "不能含控制字符"),
        ({"many": ["a", "b"]}, "too_long", "至多 1 项"),
        ({"other": 1}, "extra_forbidden", "不接受此项"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_is_wanted(change: dict[str, Any], kind: str, words: str) -> None:
    assert said(GOOD | change) == {kind: words}


@pytest.mark.unit
def test_what_our_own_checks_find_is_said_in_both_languages() -> None:
    shift = {"line": "12333", "seat_id": "8003", "starts_at": "2026-11-23T12:00:00+08:00"}
    shift["ends_at"] = "2026-11-23T08:00:00+08:00"
    assert said(shift, shape=ShiftGiven) == {"backward": "ends_at 须晚于 starts_at"}
    assert said(shift, english=True, shape=ShiftGiven) == {"backward": "ends_at must be after starts_at"}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("header", "english"),
    [
        ("", False), ("zh-CN", False), ("en", True), ("en-GB,en;q=0.9", True), ("zh-CN,zh;q=0.9,en;q=0.8", False),
        ("en;q=0.5,zh;q=0.4", True), ("fr", False), ("*", False), ("en;q=x", False), ("en;q=0", False),
    ],
)  # fmt: skip
def test_english_is_for_whoever_prefers_it(header: str, english: bool) -> None:
    assert wants_english(header) is english


@pytest.mark.service
async def test_a_client_matches_on_the_kind_and_people_read_their_language(world: World) -> None:
    given = {"type": "help", "title": "停", "body": "小区停水"}
    headers = {"Idempotency-Key": "field-words-1"}
    chinese = (await world.post("li", "/tickets", given, **headers)).json()
    assert [(e["where"], e["kind"], e["message"]) for e in chinese["errors"]] == [
        ("body.title", "string_too_short", "至少 2 字")
    ]
    english = await world.post("li", "/tickets", given, **headers, **{"Accept-Language": "en"})
    assert english.json()["errors"][0]["message"] == "String should have at least 2 characters"
    assert english.json()["detail"] == "please check the fields listed"
