"""Which numbers we call or text by ourselves: domestic ones, so that a forged caller number can't make us ring abroad."""

import re

from core.notices import Channel

_MOBILE = r"1[3-9]\d{9}"
_DIALLABLE = re.compile(rf"(\+?86)?({_MOBILE}|0\d{{9,11}}|[2-9]\d{{6,7}})", re.ASCII)
_TEXTABLE = re.compile(rf"(\+?86)?{_MOBILE}", re.ASCII)


def diallable(number: str) -> bool:
    """A mobile, or a fixed line with or without its area code."""
    return bool(_DIALLABLE.fullmatch(number))


def textable(number: str) -> bool:
    """A mobile."""
    return bool(_TEXTABLE.fullmatch(number))


def reached(channel: Channel, number: str) -> bool:
    """Whether this way of telling people leads to the number."""
    return textable(number) if channel == "sms" else diallable(number)
