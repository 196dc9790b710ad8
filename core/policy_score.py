"""How a city scores its units: the table of items with their points, as data. Part of `core.policy.Policy`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from core.policy_parts import Cited, Clause, Frozen, Gathered, Points, Term

Scheme = Literal["quantified", "hundred_points", "four_rates", "yearly_review"]
Rhythm = Literal["regular", "month", "quarter", "year"]
ItemName = Literal[
    "leaders", "staff", "rules", "procedure", "network", "fixed_line", "mobiles", "knowledge", "notices",
    "sign", "return", "on_time", "extension", "reply", "satisfaction", "redo", "repeat", "urging", "service",
]  # fmt: skip
ITEMS: tuple[ItemName, ...] = get_args(ItemName)
Value = Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]
Case = Literal[
    "unmet", "outage", "late", "undone", "missed", "sent_back", "repeated",
    "extended_overdue", "pressed_overdue", "notice_overdue", "on_site_undone", "leader_ordered", "shirking",
    "praised", "adopted", "attitude", "accountable", "criticised",
]  # fmt: skip
"""What a unit did or failed to do. extended_overdue … shirking are the six of 002 附五(二), in their order."""
URGED: tuple[Case, ...] = (
    "extended_overdue", "pressed_overdue", "notice_overdue", "on_site_undone", "leader_ordered", "shirking",
)  # fmt: skip


class Below(Frozen):
    """Full points from `full_from` per cent on; `each` point below it costs so much."""

    full_from: Annotated[Decimal, Field(gt=0, le=100)]
    each: Value


class Item(Cited, Gathered):
    """One line of the table. rule: met (all or nothing), each (per case), once (whatever the number), rate (`below`), both_ways.

    tariff: points off per kind of case; adds: points on top. by: scored each month or each quarter (002 五: 实行月考核).
    """

    part: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=40)
    full: Value
    rule: Literal["met", "each", "once", "rate", "both_ways"]
    by: Literal["month", "quarter"] = "quarter"
    tariff: dict[Case, Value] = Field(default_factory=dict)
    adds: dict[Case, Value] = Field(default_factory=dict)
    below: Below | None = None

    @model_validator(mode="after")
    def _one_way_to_score(self) -> Self:
        if (self.rule == "rate") != (self.below is not None):
            raise ValueError("`below` belongs to rule: rate, and to no other")
        if self.adds and self.rule != "both_ways":
            raise ValueError("`adds` belongs to rule: both_ways")
        return self


class Assessment(Cited, Gathered):
    """How units are scored. `good_bad`: the grades go into 好差评. `table`: the items of hundred_points, in the document's order.

    urging_each, appeal_within: points per case of 催办督办, and how long a unit may appeal; no clause gives either, so whoever
    decides must set them. weight: how many points of another assessment the result is worth (002 19). parts_said: how many parts the document says the table has, where it counts them otherwise than it names.
    """

    schemes: tuple[Scheme, ...] = ()
    rhythm: tuple[Rhythm, ...] = ()
    good_bad: Cited | None = None
    urging_each: Points | None = None
    appeal_within: Term | None = None
    weight: Points | None = None
    table: dict[ItemName, Item] = Field(default_factory=dict)
    parts_said: int | None = Field(None, ge=1, le=50)
    table_clause: Clause | None = None

    @property
    def parts(self) -> Mapping[str, Decimal]:
        """Part -> its full points, in order."""
        found: dict[str, Decimal] = {}
        for item in self.table.values():
            found[item.part] = found.get(item.part, Decimal(0)) + item.full
        return found

    @model_validator(mode="after")
    def _hundred_points(self) -> Self:
        full = sum((item.full for item in self.table.values()), Decimal(0))
        if "hundred_points" in self.schemes and full != 100:
            raise ValueError(f"`table` adds up to {full} points, not 100")
        return self
