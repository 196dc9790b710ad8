"""What citizens and units may do beside the table: how sure a proposal must be, how a reply is checked, how often a citizen may urge,
codes by telephone.

No clause gives these numbers: they are the hotline's own, and each city may set its own. Part of `core.policy.Policy`.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from core.policy_parts import Frozen

FindingKind = Literal["fields", "unaddressed", "copied", "template", "law", "contact", "told"]
Percent = Annotated[int, Field(strict=True, ge=50, le=100)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=31 * 86400)]
Count = Annotated[int, Field(strict=True, ge=1, le=1000)]


class Gate(Frozen):
    """智能审单. `refuse`: findings that stop a reply; all others warn the unit and are shown to whoever reviews.

    compare: so many earlier replies of the unit are looked at; alike: per cent from which one is a copy; addressed: per cent
    of a demand's matter that must come up again in the reply.
    """

    refuse: tuple[FindingKind, ...] = ("fields",)
    compare: Count = 200
    alike: Percent = 90
    addressed: Annotated[int, Field(strict=True, ge=5, le=100)] = 25
    note: str = "哪些情形拒收、哪些只提示，条文未载明，由热线办定；缺项按条文拒收"

    @field_validator("refuse")
    @classmethod
    def _missing_fields_always(cls, refuse: tuple[FindingKind, ...]) -> tuple[FindingKind, ...]:
        if "fields" not in refuse:
            raise ValueError(
                "`refuse` must name `fields`: a reply without what the clause orders is never taken"
            )
        return refuse


class Urging(Frozen):
    """催单: the next one not sooner than `again_after_s`, at most `most` a day and ticket."""

    again_after_s: Seconds = 2 * 3600
    most: Count = 5
    note: str = "间隔和次数条文未载明，由热线办定"


class Codes(Frozen):
    """A citizen without an account: ticket number and a code sent to their telephone. `tries`: wrong ones before it is void."""

    valid_s: Annotated[int, Field(strict=True, ge=60, le=3600)] = 600
    again_after_s: Annotated[int, Field(strict=True, ge=10, le=3600)] = 60
    most_a_day: Count = 10
    tries: Annotated[int, Field(strict=True, ge=1, le=10)] = 5


class Sure(Frozen):
    """不知道: per cent of likelihood from which an answer, a unit or a ground of refusal is put forward; below it is only a hint."""

    answers: Percent = 60
    units: Percent = 50
    refusals: Percent = 60
    note: str = "把握多大才推荐，条文未载明，由热线办定；低于此值的只供参考"


class Ways(Frozen):
    """People's ways to and from a ticket."""

    sure: Sure = Sure()
    gate: Gate = Gate()
    urging: Urging = Urging()
    codes: Codes = Codes()
