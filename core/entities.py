"""What in a transcript is a number, a date, a sum or an address: found in text whose spoken numbers are digits already. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "id_card", "mobile", "landline", "service_number", "plate", "date", "clock", "money", "percent", "door"
]
KIND_NAMES: dict[Kind, str] = {
    "id_card": "身份证号", "mobile": "手机号", "landline": "固定电话", "service_number": "服务号码", "plate": "车牌", "date": "日期",
    "clock": "时刻", "money": "金额", "percent": "百分比", "door": "门牌",
}  # fmt: skip
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


@dataclass(frozen=True, slots=True)
class Entity:
    """`text` as it stands at `start` … `end` (characters)."""

    kind: Kind
    text: str
    start: int
    end: int


def is_id_card(number: str) -> bool:
    """Whether the last of the 18 characters is what the others make it. Source: GB 11643-1999."""
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11
    return _CHECK[rest] == number[-1].upper()


def _anything(text: str) -> bool:
    return True


_FINDERS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("plate", re.compile(rf"[{_PROVINCES}][A-Z][A-HJ-NP-Z0-9]{{5,6}}(?![A-Z0-9])"), _anything),
    ("id_card", re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])"), is_id_card),
    ("mobile", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), _anything),
    ("landline", re.compile(r"(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)"), _anything),
    (
        "service_number",
        re.compile(r"(?<!\d)(?:110|119|120|122|114|12[0-9]{3}|9[56]\d{3,4})(?![\d元块米%年月日号个万千])"),
        _anything,
    ),
    (
        "date",
        re.compile(
            r"(?<!\d)(?:\d{4}年)?(?:1[0-2]|0?[1-9])月(?:(?:[12]\d|3[01]|0?[1-9])[日号])?|(?<!\d)(?:19|20)\d{2}年"
        ),
        _anything,
    ),
    (
        "clock",
        re.compile(
            r"(?:(?:上午|下午|晚上|早上|中午|凌晨))?(?<!\d)(?:2[0-4]|1?\d)(?:点(?:[0-5]?\d分|半)?|:[0-5]\d)"
        ),
        _anything,
    ),
    ("money", re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?:百|千|万|亿)*(?:元|块钱|块)"), _anything),
    ("percent", re.compile(r"(?<![\d.])\d+(?:\.\d+)?%"), _anything),
    ("door", re.compile(r"(?<!\d)\d{1,5}(?:号楼|号院|号|栋|幢|单元|楼|室)(?![线码])"), _anything),
)
"""In this order: what an earlier one took is nobody else's."""


def entities(text: str) -> tuple[Entity, ...]:
    """In the order they stand, none within another."""
    found: list[Entity] = []
    for kind, pattern, holds in _FINDERS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if holds(match.group()) and all(end <= one.start or one.end <= start for one in found):
                found.append(Entity(kind, match.group(), start, end))
    return tuple(sorted(found, key=lambda one: one.start))
