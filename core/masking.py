"""Citizens' data in logs and on screens of those who need not see it: masked, never merely hoped for."""

import re
from typing import Any

TICKET_NUMBER = r"20\d{6}-\d{6}(?!\d)"
"""A ticket's number is nobody's, long as it is."""
_LONG_DIGITS = re.compile(rf"(?<!\d)(?!{TICKET_NUMBER})\d{{7,}}[\dXx]?(?!\d)")


def mask_number(number: str | None) -> str:
    """`13812345678` -> `138****5678`; short service numbers (up to 6 digits) stay: they are nobody's."""
    text = number or ""
    if len(text) <= 6:
        return text
    keep = 3 if len(text) >= 10 else 2
    return f"{text[:keep]}****{text[-4:]}"


def mask_name(name: str | None) -> str:
    """`张三丰` -> `张**`."""
    text = name or ""
    return text[:1] + "*" * max(0, len(text) - 1)


def mask_text(text: str) -> str:
    """Mask every run of seven or more digits (phone, ID, account numbers) inside free text."""
    return _LONG_DIGITS.sub(lambda m: mask_number(m.group()), text)


def pii(**fields: str | None) -> dict[str, Any]:
    """Fields about a person, masked, to be splatted into a log call: `log.info("routed", **pii(caller=n))`."""
    return {key: mask_name(value) if key == "name" else mask_number(value) for key, value in fields.items()}
