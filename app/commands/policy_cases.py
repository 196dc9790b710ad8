"""Many deadlines at once: tab-separated cases in, explanations out, line by line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from core.calendar import Calendar
from core.errors import BadInput, HotlineError
from core.policy import Policy
from core.policy_parts import STAGES, TYPES, StageName, TicketType
from tickets.clock import CHINA
from tickets.explain import Explanation
from tickets.explain import explain as explain_stage

FLAGS = ("--multi-unit", "--on-site", "--complex")


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the clock, as typed."""

    profile: str
    stage: str
    type: str
    filed_at: str
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False


def parse_case(line: str) -> Case:
    """`profile, stage, type, filed_at, flags`, tab-separated. Raises BadInput."""
    fields = line.split("\t")
    if len(fields) != 5:
        raise BadInput(f"须有以制表符分隔的五栏，只见 {len(fields)} 栏")
    profile, stage, type, filed_at, flags = fields
    given = flags.split()
    if unknown := [flag for flag in given if flag not in FLAGS]:
        raise BadInput(f"未知的标志：{' '.join(unknown)}")
    return Case(profile, stage, type, filed_at, *(flag in given for flag in FLAGS))


def instant(text: str) -> datetime:
    """ISO 8601; without an offset it is China's clock. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"filed-at 不是 ISO 8601 时间：{text!r}") from error
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def explain_case(case: Case, load: Callable[[str], Policy], calendar: Calendar) -> tuple[Policy, Explanation]:
    """The policy and what it says. Raises BadInput, UnknownPolicy, BadPolicy."""
    for name, value, known in (("stage", case.stage, STAGES), ("type", case.type, TYPES)):
        if value not in known:
            raise BadInput(f"{name} 须为 {'|'.join(known)}，不是 {value!r}")
    policy = load(case.profile)
    found = explain_stage(
        policy, cast(StageName, case.stage), cast(TicketType, case.type), instant(case.filed_at),
        calendar=calendar, multi_unit=case.multi_unit, on_site=case.on_site, complex=case.complex,
    )  # fmt: skip
    return policy, found


def explain_cases(
    lines: Iterable[str], load: Callable[[str], Policy], calendar: Calendar
) -> Iterator[dict[str, Any]]:
    """One JSON-able answer per line, in order; a line that can't be read gives {"line", "error"}."""
    once = lru_cache(maxsize=64)(load)
    for number, line in enumerate(lines, 1):
        try:
            yield explain_case(parse_case(line), once, calendar)[1].as_json()
        except HotlineError as error:
            yield {"line": number, "error": str(error)}
