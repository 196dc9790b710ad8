"""Written numbers as they are said: 12345 → 幺二三四五, 110 → 幺幺零, 2026年 → 二零二六年; the rest by value."""

import re

import cn2an

_DIGITS = str.maketrans("0123456789", "零幺二三四五六七八九")
_YEAR_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_SHORT_NUMBERS = frozenset(
    {"110", "119", "120", "122", "114", "999"}
)  # emergency and enquiry numbers are read one by one
_YEAR = re.compile(r"(?<!\d)(\d{4})(?=年)")
_NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?![\d.])")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)(\d{4})(\d{4})(?!\d)")
_DASH = re.compile(r"(?<=\d)[-－—](?=\d)")


def spoken(text: str) -> str:
    """`text` with every number written out the way it is read aloud."""
    text = _DASH.sub("", text)
    text = _YEAR.sub(lambda m: m.group().translate(_YEAR_DIGITS), text)
    text = re.sub(r"(\d+(?:\.\d+)?)[%％]", r"百分之\1", text)
    text = _MOBILE.sub(
        lambda m: "，".join(m.groups()).translate(_DIGITS), text
    )  # with the pauses people make
    return _NUMBER.sub(lambda m: _said(m.group()), text)


def _said(number: str) -> str:
    """Five digits and more, and known short numbers, one by one; else by value (0.5 → 零点五)."""
    whole = number.partition(".")[0]
    if "." not in number and (
        len(whole) >= 5 or whole in _SHORT_NUMBERS or (len(whole) > 1 and whole[0] == "0")
    ):
        return number.translate(_DIGITS)
    return str(cn2an.an2cn(number))
