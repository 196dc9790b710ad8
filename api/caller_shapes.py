"""What callers look like from outside: tags, blocks, the care register; and what may be asked and said about them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from api.caller_house import CareKind, ReviewDeed
from api.field_words import refused
from api.shapes import Given, Id, Instant, Page, Shape, Word

FullNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")]
Reason = Annotated[str, Field(min_length=2, max_length=300, examples=["一天内辱骂话务员三次"])]


class TagKind(Shape):
    """A tag there is. `blockable`: a number may be blocked for it."""

    code: str = Field(examples=["harassment"])
    name: str = Field(examples=["恶意骚扰"])
    blockable: bool = Field(examples=[True])


class TagKinds(Shape):
    """All tags of the city's rules."""

    items: list[TagKind]


class TagGiven(Given):
    """What the call was."""

    tag: Word = Field(examples=["silent"])
    note: str = Field("", max_length=300, examples=["接通后无人说话"])


class TagView(Shape):
    """A tag that holds."""

    tag: str = Field(examples=["silent"])
    note: str = Field(examples=["接通后无人说话"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class Tags(Shape):
    """A call's tags."""

    items: list[TagView]


class BlockGiven(Given):
    """Block a number, or the caller of a call; `days`: None takes the city's rule."""

    number: FullNumber | None = Field(None, examples=["13812345678"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    tag: Word = Field(examples=["harassment"])
    reason: Reason
    days: int | None = Field(None, ge=1, le=366, examples=[7])

    @model_validator(mode="after")
    def _one_of_them(self) -> "BlockGiven":
        if not self.number and not self.call_id:
            raise refused("one_needed", names="number、call_id")
        return self


class ReviewGiven(Given):
    """Keep the block for `days` more, or lift it now."""

    deed: ReviewDeed = Field(examples=["kept"])
    why: Reason
    days: int | None = Field(None, ge=1, le=366, examples=[7])


class ReviewView(Shape):
    """Somebody looked again."""

    deed: str = Field(examples=["kept"])
    why: str = Field(examples=["仍在骚扰"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-24T02:00:00Z"])
    expires_at: datetime = Field(examples=["2026-12-01T02:00:00Z"])


class BlockView(Shape):
    """A blocked number, masked. `active`: it holds now."""

    id: str = Field(examples=["block_01KB3V5M2R8Q4T6W9Y0A"])
    caller: str = Field(examples=["138****5678"])
    tag: str = Field(examples=["harassment"])
    reason: str = Field(examples=["一天内辱骂话务员三次"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    active: bool = Field(examples=[True])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    expires_at: datetime = Field(examples=["2026-11-28T02:00:00Z"])
    review_at: datetime = Field(examples=["2026-11-24T02:00:00Z"])
    reviews: list[ReviewView]


class Blocks(Page):
    """One page of blocks."""

    items: list[BlockView]


class BlockQuery(Given):
    """Which blocks; `due`: those somebody must look at again."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    active: bool | None = Field(None, examples=[True])
    due: bool = Field(False, examples=[False])


class CareGiven(Given):
    """A caller to be cared for. `basis`: on what ground we know and keep it; `skill`: e.g. lang.yue, sign."""

    number: FullNumber = Field(examples=["13812345678"])
    kind: CareKind = Field(examples=["elderly"])
    basis: Reason = Field(examples=["本人来电要求登记"])
    consent_at: Instant | None = Field(None, examples=["2026-11-21T10:00:00+08:00"])
    skill: str = Field("", pattern=r"^[a-z0-9_.-]{0,40}$", examples=["lang.yue"])
    name: str = Field("", max_length=50, examples=["张三丰"])
    note: str = Field("", max_length=300, examples=["听力不好，请说慢一些"])


class CareView(Shape):
    """An entry of the care register; number and name masked."""

    id: str = Field(examples=["care_01KB3V5M2R8Q4T6W9Y0A"])
    caller: str = Field(examples=["138****5678"])
    name: str = Field(examples=["张**"])
    kind: str = Field(examples=["elderly"])
    skill: str = Field(examples=["lang.yue"])
    note: str = Field(examples=["听力不好，请说慢一些"])
    basis: str = Field(examples=["本人来电要求登记"])
    consent_at: datetime | None = Field(examples=["2026-11-21T02:00:00Z"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    ended_at: datetime | None = Field(examples=["2026-12-21T02:00:00Z"])


class CareRegister(Page):
    """One page of the care register."""

    items: list[CareView]


class PageGiven(Given):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class Made(Shape):
    """The id of what was entered."""

    id: str = Field(examples=["block_01KB3V5M2R8Q4T6W9Y0A"])


class LookupGiven(Given):
    """Whose, and why; kept in the look-up log."""

    number: FullNumber = Field(examples=["13812345678"])
    why: Reason = Field(examples=["核查骚扰来电"])


class CallerView(Shape):
    """What we know of a number: how often it called, its blocks and its entry in the care register."""

    calls: int = Field(examples=[12])
    blocks: list[BlockView]
    care: list[CareView]


class EvidenceGiven(Given):
    """By an approved release of kind `evidence` for one of the caller's calls; from when to when, and why: kept in the look-up log."""

    release_id: Id = Field(examples=["rel_01KB3V5M2R8Q4T6W9Y0A"])
    why: Reason = Field(examples=["移送公安机关，案号 2026-118"])
    since: Instant | None = Field(None, examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
