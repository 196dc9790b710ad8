"""The rules to be read: profiles with their clauses and readings, a deadline explained, a year's calendar."""

from datetime import date as Day
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.options import DayView, QuoteView
from api.parts import Anybody, PartsDep
from api.problems import documented
from api.shapes import Given, Instant, Shape, Word
from core.calendar import FIRST_YEAR, LAST_YEAR
from core.policy import Standing
from core.policy_parts import Colour, StageName, TicketType
from core.policy_score import Scheme

router = APIRouter(tags=["policy"])
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,40}$", examples=["heyuan"])]
Bad = documented(404, 422)


class PolicyView(Shape):
    """A profile. `ours`: this city's own; `validity`: whether its document rules today; `appeals`: a term for them is set."""

    name: str = Field(examples=["heyuan"])
    title: str = Field(examples=["河源市"])
    hotline: str = Field(examples=["12345政府服务热线"])
    extends: str | None = Field(examples=["guangdong"])
    ours: bool = Field(examples=[False])
    documents: dict[str, str] = Field(examples=[{"001": "河源市12345政府服务热线管理办法（征求意见稿）"}])
    validity: Standing = Field(examples=["draft"])
    valid_from: Day | None = Field(examples=["2026-01-01"])
    valid_to: Day | None = Field(examples=["2030-12-31"])
    valid_clause: str = Field(examples=["001 29"])
    valid_note: str = Field(examples=["自印发之日起施行"])
    hash: str = Field(examples=["9f2c1e"])
    schemes: list[Scheme] = Field(examples=[["quantified"]])
    appeals: bool = Field(examples=[False])


class Policies(Shape):
    """By name."""

    items: list[PolicyView]


class ValueView(Shape):
    """A value by its path in the file. `value` None: the clause gives none, `words` says what it orders."""

    path: str = Field(examples=["stages.handle.help.term"])
    value: Any = Field(examples=[{"value": 5, "unit": "working_days"}])
    clause: str | None = Field(examples=["001 10(三)"])
    words: str = Field(examples=["最迟5个工作日内办结回复"])
    note: str = Field(examples=[""])


class ItemView(Shape):
    """A line of the assessment table."""

    item: str = Field(examples=["sign"])
    part: str = Field(examples=["工作实绩"])
    title: str = Field(examples=["及时签收"])
    full: str = Field(examples=["3"], coerce_numbers_to_str=True)
    by: Literal["month", "quarter"] = Field(examples=["month"])
    clause: str = Field(examples=["002 附五(一)1"])
    words: str = Field(examples=["未达到的1件扣0.5分"])
    note: str = Field(examples=[""])


class SwitchView(Shape):
    """A clause that can be read in more than one way. `value`: the reading chosen; `default`: nobody chose, the house's holds."""

    name: Word = Field(examples=["help_due"])
    value: str = Field(examples=["latest"])
    readings: list[str] = Field(examples=[["latest", "usual"]])
    default: bool = Field(examples=[False])
    clause: str | None = Field(examples=["001 10(三)"])
    note: str = Field(examples=["以最迟为到期，3个工作日并列显示"])


class PolicyWhole(PolicyView):
    """`silent`: terms nobody gives, to be set by whoever decides; `overruled`: own values its superior's replace."""

    values: list[ValueView]
    items: list[ItemView]
    switches: list[SwitchView]
    silent: list[str] = Field(examples=[["extension.length"]])
    overruled: list[str] = Field(examples=[[]])


class ExplainQuery(Given):
    """Which stage of which ticket. `at`: when the stage's own clock starts."""

    stage: StageName = Field(examples=["handle"])
    type: TicketType = Field(examples=["help"])
    at: Instant = Field(examples=["2026-09-30T10:00:00+08:00"])
    multi_unit: bool = Field(False, examples=[False])
    on_site: bool = Field(False, examples=[False])
    complex: bool = Field(False, examples=[False])


class CardView(Shape):
    """When a card falls, unless the step is done before it; who is told, and how."""

    colour: Colour = Field(examples=["yellow"])
    at: datetime = Field(examples=["2026-10-13T16:00:00Z"])
    clause: str = Field(examples=["001 17(二)2"])
    notify: list[str] = Field(examples=[["handler", "leader"]])
    by: list[str] = Field(examples=[["phone", "sms"]])


class ExplainView(Shape):
    """As `./hotline policy explain` says it. `due` None: no deadline of its own, or (`silent`) nothing is said of this stage.

    `days`: every day from the start to the deadline, or to the last card where there is none. `provisional`: a year's calendar
    is not published yet. `documents`: key used in clauses -> title.
    """

    profile: str = Field(examples=["heyuan"])
    title: str = Field(examples=["河源市"])
    documents: dict[str, str] = Field(examples=[{"001": "河源市12345政府服务热线管理办法（征求意见稿）"}])
    since: datetime = Field(examples=["2026-09-30T02:00:00Z"])
    due: datetime | None = Field(examples=["2026-10-13T16:00:00Z"])
    usual: datetime | None = Field(examples=["2026-10-11T16:00:00Z"])
    latest: datetime | None = Field(examples=["2026-10-13T16:00:00Z"])
    deemed_accepted_at: datetime | None = Field(examples=[None])
    provisional: bool = Field(examples=[False])
    validity: Standing = Field(examples=["draft"])
    silent: bool = Field(examples=[False])
    cards: list[CardView]
    days: list[DayView]
    clauses: list[str] = Field(examples=[["001 10(三)", "民法典 201", "民法典 203"]])
    quotes: list[QuoteView]


class YearQuery(Given):
    """Which year."""

    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, examples=[2026])


class YearView(Shape):
    """Days off that are no plain weekend and weekends that are worked, by date. `published` False: from the statute alone.

    `half_days`: working days on which offices shut sooner, and at what hour. `holidays`: which holiday each day belongs to, by code.
    """

    year: int = Field(examples=[2026])
    published: bool = Field(examples=[True])
    source: str = Field(examples=["国务院办公厅关于2026年部分节假日安排的通知"])
    rest: dict[Day, str] = Field(examples=[{"2026-10-01": "国庆节放假"}])
    make_up: dict[Day, str] = Field(examples=[{"2026-10-10": "调休上班（国庆节）"}])
    half_days: dict[Day, str] = Field({}, examples=[{"2026-12-31": "12:00"}])
    holidays: dict[Day, str] = Field(examples=[{"2026-10-01": "national", "2026-10-10": "national"}])


@router.get("/policies", summary="各地规则")
async def list_policies(actor: Anybody, found: PartsDep) -> Policies:
    """Every profile here, and which is this city's."""
    return Policies.model_validate({"items": await found.house.policies.profiles()})


@router.get("/policies/{name}", summary="一地的规则：各项取值、条款和解释选择", responses=Bad)
async def one_policy(name: Name, actor: Anybody, found: PartsDep) -> PolicyWhole:
    """Each value beside its clause; each clause that can be read in more than one way with the reading chosen."""
    return PolicyWhole.model_validate(await found.house.policies.profile(name))


@router.get("/policies/{name}/explain", summary="逐日解释一个期限", responses=Bad)
async def explain(
    name: Name, query: Annotated[ExplainQuery, Query()], actor: Anybody, found: PartsDep
) -> ExplainView:
    """The deadline and cards of one stage, each day with the reason why it counts or not."""
    flags = query.model_dump(include={"multi_unit", "on_site", "complex"})
    told = await found.house.policies.explain(name, query.stage, query.type, query.at, flags)
    return ExplainView.model_validate(told)


@router.get("/calendar", summary="一年的放假和调休上班日", responses=documented(422))
async def one_year(query: Annotated[YearQuery, Query()], actor: Anybody, found: PartsDep) -> YearView:
    """As the running hotline knows it, imported notices included."""
    return YearView.model_validate(await found.house.policies.year(query.year))
