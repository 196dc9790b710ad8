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


_NOBODY_CAME = re.compile(
    r"没有?(任何|一个)?人(来)?(跟|和|给|与)?(我|我们|咱)?(联系|打过?电话|回过?电话|来过|上门|找过)|"
    r"(没|没有|从没|从来没有?|根本没有?)(跟|和|给|与)?(我|我们)?(联系|打过?电话|回过?电话)|"
    r"(没|没有)接到过?(任何|你们|他们)?的?(电话|回复|答复|通知)|没联系过"
)
_NOBODY_CARED = re.compile(r"没有?人(来|去)?(管|理|问|处理)过?(?!过?得?(这么|这样|那么|比))")
"""Says less of whether anybody spoke with the citizen: not heard where the same breath says that all is well."""
_WELL = re.compile(r"修好|办好|(解决|处理|办)(好|完)?了")
_BEFORE = re.compile(r"(以前|之前|原来|原先|过去|先前|早先|上次|去年|往年).{0,6}$")
_NOW = re.compile(
    r"(这次|这回|这一次|后来|终于|现在|如今|最近)((?!没|不).){0,12}?(来人|来了|派人|修|解决|处理|办|联系|打了?电话|回复|答复)"
)
_DENIES_NOT = re.compile(r"不是没|没有人不|不能说没")


def denies_contact(text: str) -> bool:
    """Whether these words say that nobody from the unit spoke with the citizen, this time."""
    bare = re.sub(r"[\s，。、,.！!]", "", text)
    if _DENIES_NOT.search(bare):
        return False
    came = any(not _long_ago(bare, one) for one in _NOBODY_CAME.finditer(bare))
    cared = any(not _long_ago(bare, one) for one in _NOBODY_CARED.finditer(bare))
    return came or (cared and not _all_is_well(bare))


def _long_ago(text: str, found: re.Match[str]) -> bool:
    """以前没人管，这次来人就修好了: it was so once, and is no longer."""
    return bool(_BEFORE.search(text[: found.start()]) and _NOW.search(text[found.end() :]))


def _all_is_well(text: str) -> bool:
    return bool(_WELL.search(text)) or grade_said(text) in ("very_satisfied", "satisfied", "fairly_satisfied")
