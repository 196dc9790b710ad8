"""What the line register takes and gives over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from api.shapes import Given, Page, Shape
from routing.line import Line, LineChange, Mode
from routing.lines import Reached, Way
from routing.lines_text import line_from

_NUMBER = r"^\+?[0-9]{2,20}$"
_NUMBER_OR_NONE = r"^(\+?[0-9]{2,20})?$"
_WORD_OR_NONE = r"^([a-z0-9][a-z0-9._-]{0,62})?$"


class ReachShape(Given):
    """How the line's own people are reached: a number over a trunk, or seats with a skill."""

    number: str = Field("", pattern=_NUMBER_OR_NONE, examples=["12366"])
    trunk: str = Field("", pattern=r"^([A-Za-z][A-Za-z0-9_-]{0,39})?$", examples=["telecom"])
    skill: str = Field("", pattern=_WORD_OR_NONE, examples=["line.12333"])


class AnswerShape(Given):
    """How a call on the number is answered; see the glossary for skills and regions."""

    skills: list[str] = Field([], max_length=8, examples=[["enterprise"]])
    overflow_s: int = Field(0, ge=0, le=120, description="after so long any agent takes it", examples=[10])
    prompts: list[str] = Field([], max_length=4, examples=[["line-suspended"]])
    region: str = Field("", pattern=_WORD_OR_NONE, examples=["beihu"])
    priority: int = Field(0, ge=0, le=100, examples=[20])


class LineFacts(Given):
    """A hotline number as the register keeps it."""

    name: str = Field(min_length=1, max_length=200, examples=["全国统一民政服务电话"])
    unit: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$", examples=["SW"])
    mode: Mode = Field(examples=["merged"])
    clause: str = Field(min_length=1, max_length=200, examples=["郴政办发〔2021〕22号 附件一.3"])
    status: str = Field(
        "active", pattern=r"^(active|suspended|(merged_into|part_time)_[0-9]{3,20})$", examples=["suspended"]
    )
    level: Literal["city", "province"] = Field("city", examples=["city"])
    expert_seat: bool = Field(False, examples=[False])
    target: str = Field("", pattern=_NUMBER_OR_NONE, examples=["12345"])
    key: str = Field("", pattern=_WORD_OR_NONE, description="a second name", examples=["from-110"])
    note: str = Field("", max_length=400, examples=["由运营商在局端改号"])
    reach: ReachShape = ReachShape()
    answer: AnswerShape = AnswerShape()


class LineGiven(LineFacts):
    """A number as it shall be, and why it is changed."""

    why: str = Field(min_length=2, max_length=200, examples=["市民政局来函"])

    def known(self, number: str) -> Line:
        """As the register knows it. Raises LinesInvalid."""
        return line_from(self.model_dump(exclude={"why"}) | {"number": number}, "请求")


class LineOfMany(LineFacts):
    """A number among others."""

    number: str = Field(pattern=_NUMBER, examples=["12349"])

    def known(self) -> Line:
        """As the register knows it. Raises LinesInvalid."""
        return line_from(self.model_dump(), "请求")


class LineImport(Given):
    """Many lines at once, all or none."""

    lines: list[LineOfMany] = Field(min_length=1, max_length=1000)
    why: str = Field(min_length=2, max_length=200, examples=["按郴政办发〔2021〕22号更新"])
    dry_run: bool = Field(False, examples=[True])


class LineWithdrawal(Given):
    """Giving a number up."""

    version: int = Field(ge=0, le=999_999_999, examples=[2])
    why: str = Field(min_length=2, max_length=200, examples=["号码已由运营商收回"])


class LineView(Shape):
    """热线号码. `mode`: how it was joined to 12345; `target`: the line it was merged into, empty for itself."""

    number: str = Field(examples=["12349"])
    name: str = Field(examples=["全国统一民政服务电话"])
    unit_code: str | None = Field(examples=["SW"])
    mode: str = Field(examples=["merged"])
    status: str = Field(examples=["suspended"])
    level: str = Field(examples=["city"])
    expert_seat: bool = Field(examples=[False])
    target: str = Field(examples=["12345"])
    key: str | None = Field(examples=[None])
    clause: str = Field(examples=["郴政办发〔2021〕22号 附件一.3"])
    note: str = Field(examples=[""])
    reach: dict[str, Any] = Field(examples=[{"number": "", "trunk": "", "skill": ""}])
    answer: dict[str, Any] = Field(
        examples=[{"skills": [], "overflow_s": 0, "prompts": ["line-suspended"], "region": "", "priority": 0}]
    )
    version: int = Field(examples=[1])
    updated_at: datetime | None = Field(examples=["2026-11-21T02:00:00Z"])


class Lines(Page):
    """One page of lines."""

    items: list[LineView]


class LinesQuery(Given):
    """A page of lines, narrowed."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    search: str = Field("", max_length=100, examples=["民政"])
    mode: Mode | Literal[""] = Field("", examples=["sub_centre"])
    status: str = Field("", max_length=64, examples=["suspended"])


class ReachedView(Shape):
    """`served_by`: the line that takes the call; `hand_over`: how an agent transfers to it."""

    dialled: str = Field(examples=["12331"])
    served_by: str = Field(examples=["12315"])
    skills: list[str] = Field(examples=[["line.12315"]])
    overflow_s: int = Field(examples=[0])
    region: str = Field(examples=[""])
    priority: int = Field(examples=[0])
    prompts: list[str] = Field(examples=[[]])
    forward: str = Field(examples=[""])
    also_ring: list[str] = Field(examples=[[]])
    hand_over: dict[str, str] = Field(
        examples=[{"line": "12315", "party": "expert", "skill": "line.12315", "number": "", "trunk": ""}]
    )

    @classmethod
    def of(cls, reached: Reached, way: Way) -> Self:
        """From the register's two answers."""
        return cls(
            dialled=reached.dialled,
            served_by=reached.line.number,
            skills=list(reached.skills),
            overflow_s=reached.overflow_s,
            region=reached.region,
            priority=reached.priority,
            prompts=list(reached.prompts),
            forward=reached.forward,
            also_ring=list(reached.also_ring),
            hand_over={
                "line": way.line.number,
                "party": way.party,
                "skill": way.skill,
                "number": way.number,
                "trunk": way.trunk,
            },
        )


class WithdrawnView(Shape):
    """A number given up."""

    number: str = Field(examples=["12396"])
    name: str = Field(examples=["全国统一科技公益服务电话"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    why: str = Field(examples=["号码已由运营商收回"])


class WithdrawnLines(Shape):
    """All of them, newest first."""

    items: list[WithdrawnView]


class LineStateView(Shape):
    """Whether others answer their line: open, closed or unknown, since when and who found out."""

    number: str = Field(examples=["12366"])
    state: str = Field(examples=["closed"])
    since: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    checked_at: datetime = Field(examples=["2026-11-21T02:10:00Z"])
    misses: int = Field(examples=[2])
    source: str = Field(examples=["transfer"])
    reason: str = Field(examples=["no_answer"])


class LineStates(Shape):
    """All that were tried, by number."""

    items: list[LineStateView]


class LineChangeView(Shape):
    """What happened, or would happen, to a number; `fields`: name -> [was, is]."""

    number: str = Field(examples=["12349"])
    name: str = Field(examples=["全国统一民政服务电话"])
    what: str = Field(examples=["changed"])
    fields: dict[str, list[Any]] = Field(examples=[{"status": ["active", "suspended"]}])


class LineImported(Shape):
    """How many lines were added, changed or so already, and each that was not."""

    added: int = Field(examples=[0])
    changed: int = Field(examples=[1])
    same: int = Field(examples=[44])
    changes: list[LineChangeView]

    @classmethod
    def of(cls, done: Sequence[LineChange]) -> Self:
        """From what the house did."""
        counts = {what: sum(one.what == what for one in done) for what in ("added", "changed", "same")}
        shown = [
            LineChangeView(
                number=one.number,
                name=one.name,
                what=one.what,
                fields={name: list(pair) for name, pair in one.fields.items()},
            )
            for one in done
            if one.what != "same"
        ]
        return cls(**counts, changes=shown)
