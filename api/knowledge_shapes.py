"""What versions of articles look like from outside, and what may be asked of and done to them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from api.shapes import Given, Id, Instant, Page, Shape
from match.content import ArticleKind
from match.governance import Action, State

Line = Annotated[str, Field(min_length=1, max_length=300)]
Party = Annotated[str, Field(pattern=r"^(leader|office|unit:[A-Za-z0-9_.-]{1,58})$", examples=["office"])]
Why = Annotated[str, Field(max_length=500)]


class TextGiven(Given):
    """The whole text of an article; `unit`: its owner. Valid days are inclusive."""

    kind: ArticleKind = Field(examples=["办事指南"])
    title: str = Field(min_length=2, max_length=120, examples=["灵活就业人员怎么参保"])
    questions: list[Line] = Field(
        min_length=3, max_length=50, examples=[["灵活就业怎么交社保", "个人怎么交社保", "自己交社保去哪里"]]
    )
    answer: str = Field(min_length=2, max_length=20_000, examples=["带身份证到街道窗口办理。"])
    unit: Id = Field(examples=["SW"])
    clause: str = Field(min_length=1, max_length=300, examples=["社会保险法 10"])
    city: Id | None = Field(None, examples=["heyuan"])
    valid_from: date | None = Field(None, examples=["2026-01-01"])
    valid_to: date | None = Field(None, examples=["2027-12-31"])


class DraftGiven(Given):
    """A new draft. `gap`: the report that it mends."""

    text: TextGiven
    why: Why = Field("", examples=["政策调整"])
    gap: Id | None = Field(None, examples=["gap_01KB3V5M2R8Q4T6W9Y0A"])


class ArticleGiven(DraftGiven):
    """A new article; without an `id` it gets one."""

    id: Id | None = Field(None, examples=["rsj-flexible"])


class EditGiven(Given):
    """A draft written anew."""

    text: TextGiven
    why: Why = Field("", examples=["补充办理地点"])


class StepGiven(Given):
    """One step. `effective_from`: when what it tells of takes effect; `parties`: who is to check it, beside those the city orders."""

    action: Action = Field(examples=["submit"])
    note: Why = Field("", examples=["属实"])
    agrees: bool = Field(True, examples=[True])
    effective_from: Instant | None = Field(None, examples=["2026-12-15T00:00:00+08:00"])
    parties: list[Party] = Field([], max_length=8, examples=[["office"]])


class EditorGiven(Given):
    """采编员."""

    user_id: Id = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])


class ReviewView(Shape):
    """One party's word."""

    round: int = Field(examples=[1])
    party: str = Field(examples=["office"])
    agrees: bool = Field(examples=[True])
    note: str = Field(examples=["属实"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    by_name: str = Field("", examples=["李敏"], description="empty for a person of another unit")
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class VersionSummary(Shape):
    """A line of a list. `serves_from`: from when we say it; `late`: uploaded with less than the lead time."""

    article_id: str = Field(examples=["rsj-flexible"])
    number: int = Field(examples=[2])
    state: State = Field(examples=["submitted"])
    state_name: str = Field(examples=["待校核"])
    unit_code: str | None = Field(examples=["SW"])
    kind: str = Field(examples=["办事指南"])
    title: str = Field(examples=["灵活就业人员怎么参保"])
    source: str = Field(examples=["desk"])
    why: str = Field(examples=["政策调整"])
    author: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    created_at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    submitted_at: datetime | None = Field(examples=["2026-11-21T02:00:00Z"])
    effective_from: datetime | None = Field(examples=["2026-12-14T16:00:00Z"])
    late: bool = Field(examples=[False])
    published_at: datetime | None = Field(examples=["2026-11-24T02:00:00Z"])
    serves_from: datetime | None = Field(examples=["2026-12-14T16:00:00Z"])
    serves_until: datetime | None = Field(examples=[None])
    gap_id: str | None = Field(examples=["gap_01KB3V5M2R8Q4T6W9Y0A"])
    version: int = Field(examples=[3], description="what a step is decided on")


class VersionView(VersionSummary):
    """A whole version. `lead`: how it stands to the lead time, with the days counted; `waits_for`: parties not heard yet."""

    author_name: str = Field("", examples=["李敏"], description="empty for a person of another unit")
    questions: list[str] = Field(examples=[["灵活就业怎么交社保", "个人怎么交社保"]])
    answer: str = Field(examples=["带身份证到街道窗口办理。"])
    clause: str = Field(examples=["社会保险法 10"])
    city: str | None = Field(examples=["heyuan"])
    valid_from: date | None = Field(examples=["2026-01-01"])
    valid_to: date | None = Field(examples=["2027-12-31"])
    lead: dict[str, Any] | None = Field(examples=[{"late": False, "clause": "001 25"}])
    parties: list[str] = Field(examples=[["office"]])
    waits_for: list[str] = Field(examples=[["office"]])
    leader_missing: bool = Field(
        False,
        examples=[False],
        description="it waits for the unit's leader, and nobody there who did not write it has such an account",
    )
    ended_at: datetime | None = Field(examples=[None])
    ended_why: str | None = Field(examples=[None])
    reviews: list[ReviewView] = Field([], description="oldest first, all rounds")
    actions: list[Action] = Field([], examples=[["review"]], description="what you could do now")


class Versions(Page):
    """One page of versions."""

    items: list[VersionSummary]


class VersionQuery(Given):
    """Which versions. People of a unit see what they own and what they are asked to check."""

    state: State | None = Field(None, examples=["submitted"])
    unit: str = Field("", max_length=64, examples=["SW"])
    late: bool | None = Field(None, examples=[True])
    coming: bool = Field(False, examples=[True], description="only those published that do not hold yet")
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class DueQuery(Given):
    """Whose articles, and how many days ahead. People of a unit see their unit's."""

    unit: str = Field("", max_length=64, examples=["SW"])
    days: int = Field(30, ge=0, le=366, examples=[30])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class MayEdit(Shape):
    """Somebody who may be named 采编员."""

    id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["李敏"])


class Editors(Shape):
    """People of the owner unit, by name."""

    items: list[MayEdit]


class DiffQuery(Given):
    """Two versions of one article."""

    before: int = Field(ge=1, le=100_000, examples=[1])
    after: int = Field(ge=1, le=100_000, examples=[2])


class DifferenceView(Shape):
    """One field. `lines`: as difflib.ndiff marks them: two blanks for what stayed, - for what went, + for what came."""

    field: str = Field(examples=["answer"])
    was: Any = Field(examples=["先看公告。"])
    now: Any = Field(examples=["先看公告。再打12345。"])
    lines: list[str] = Field(examples=[["  先看公告。", "+ 再打12345。"]])


class Differences(Shape):
    """What differs, in the order it is read."""

    items: list[DifferenceView]


class MomentQuery(Given):
    """A moment."""

    at: Instant = Field(examples=["2026-11-21T10:00:00+08:00"])


class ToldQuery(Given):
    """In which call, or for which ticket."""

    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class UseView(Shape):
    """A citizen was told this version."""

    article_id: str = Field(examples=["rsj-flexible"])
    number: int = Field(examples=[1])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class Uses(Shape):
    """Newest first, at most 500."""

    items: list[UseView]
