"""Many deadlines at once: tab-separated cases in, explanations out, line by line."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from app.policy_desk import Case, explain_case
from core.calendar import Calendar
from core.errors import BadInput, HotlineError
from core.policy import Policy

FLAGS = ("--multi-unit", "--on-site", "--complex")


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
