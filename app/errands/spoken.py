"""A grade said in words, where somebody speaks instead of pressing a key."""

import re

from core.after_call import Grade

# Longest first: 非常不满意 contains 不满意, 非常满意 contains 满意.
_SAID: tuple[tuple[str, Grade], ...] = (
    ("(非常|很|特别|极其|十分|极|太)(的)?不(太)?满意", "very_dissatisfied"),
    ("不(是很|太|怎么|大|够|是)?满意", "dissatisfied"),
    ("(基本|还算|比较|较为|大体)(上)?满意", "fairly_satisfied"),
    ("(非常|很|特别|极其|十分|太)(的)?满意", "very_satisfied"),
    ("满意", "satisfied"),
)
_QUESTION = re.compile(r"满不满意|满意(不满意|吗|没有|与否)")


def grade_said(text: str) -> Grade | None:
    """The one grade these words name; None where they name none, two, or only repeat the question."""
    rest = _QUESTION.sub("", re.sub(r"[\s，。、,.！!]", "", text))
    found: set[Grade] = set()
    for pattern, grade in _SAID:
        rest, times = re.subn(pattern, "|", rest)
        if times:
            found.add(grade)
    return found.pop() if len(found) == 1 else None
