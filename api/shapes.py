"""The base of every body that comes in or goes out, and the page of a list."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Header
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from api.field_words import refused

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Number = Annotated[str, StringConstraints(pattern=r"^(\+?[0-9]{3,20})?$")]


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # PostgreSQL stores no NUL, logs need no escapes


def plain(text: str) -> str:
    """`text` without control characters, for where refusing them would help nobody."""
    return _CONTROL.sub("", text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


YEARS = range(2000, 2201)
"""Beyond these a moment can't be moved to another zone, and nobody means it."""


def _in_reach(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise refused("year_out_of_reach")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Shape(BaseModel):
    """Going out. Every field has an example; the OpenAPI text is put together from them."""

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """Coming in: unknown keys are refused, text is trimmed and may not hold control characters."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        for text in _texts(value):
            if _CONTROL.search(text):
                raise refused("control_characters")
        return value


class PageQuery(Given):
    """limit, offset, order, direction, search, from, until: the same on every list."""

    limit: int = Field(50, ge=1, le=200, examples=[20], description="entries a page holds at most")
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0], description="entries to leave out first")
    direction: Literal["asc", "desc"] = Field("desc", examples=["desc"])
    search: str = Field("", max_length=100, examples=["供水"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])


class Page(Shape):
    """How many there are in all; subclasses add `items`."""

    total: int = Field(examples=[1], description="entries in all, whatever the page")


RequestKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9_.-]{8,64}$",
        description="made by the client; the same key does the same thing once",
        examples=["5f0c1a2e-7a51-4d0b-9a35-0b7c6b1f8a10"],
    ),
]


def request_key(user_id: str, key: str) -> str:
    """Keys of different people never meet."""
    return f"{user_id}:{key}"
