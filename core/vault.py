"""保密件: who reported confidentially is not guessed from what others may read (000 三(三); 001 19(八), 26). Pure."""

import re
from collections.abc import Mapping
from typing import Any

from core import private_text

HIDDEN = "〔保密〕"
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\+?\d(?:[\s-]?\d){4,}[\dXx]?(?![0-9A-Za-z])")
_MASKED = re.compile(r"\d{2,3}\*{2,}\d{2,4}")
_OURS = frozenset({"id", "at", "due", "until", "started_at", "sha256"})
_TICKET = re.compile(r"\d{8}-\d{6}")


def redacted(text: str, name: str | None = "") -> str:
    """`text` without the reporter's name, without any number of five digits or more, and without what is left of a masked one."""
    if name and len(name) >= 2:
        text = text.replace(name, HIDDEN)
    text = private_text.numbers(text, lambda _: HIDDEN)
    return _MASKED.sub(HIDDEN, _DIGITS.sub(HIDDEN, text))


def redacted_facts(value: Any, name: str | None = "", key: str = "") -> Any:
    """The same shape with every text redacted; our own ids and times stay."""
    if isinstance(value, Mapping):
        return {one: redacted_facts(part, name, str(one)) for one, part in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_facts(part, name, key) for part in value]
    ours = key in _OURS or key.endswith("_id")
    if not isinstance(value, str) or ours or (key == "number" and _TICKET.fullmatch(value)):
        return value
    return redacted(value, name)
