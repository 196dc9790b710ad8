"""Citizens' data in logs and on screens of those who need not see it: masked, never merely hoped for."""

from typing import Any

from core import private_text
from core.private_text import TICKET_NUMBER as TICKET_NUMBER


def mask_number(number: str | None) -> str:
    """`13812345678` -> `138****5678`; short service numbers (up to 6 digits) stay: they are nobody's."""
    text = number or ""
    if len(text) <= 6:
        return text
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 10 else f"{text[:2]}****{text[-2:]}"


def mask_name(name: str | None) -> str:
    """`张三丰` -> `张**`."""
    text = name or ""
    return text[:1] + "*" * max(0, len(text) - 1)


def mask_numbers(text: str) -> str:
    """Mask phone, identity and account numbers inside free text, in one run, in groups (`138 1234 5678`) or read out."""
    return private_text.numbers(text, mask_number)


def mask_text(text: str) -> str:
    """As `mask_numbers`, and names behind a clear cue (`我叫张三`) and the doors of homes (`3栋2单元502`)."""
    return private_text.doors(private_text.names(mask_numbers(text), mask_name))


def pii(**fields: str | None) -> dict[str, Any]:
    """Fields about a person, masked, to be splatted into a log call: `log.info("routed", **pii(caller=n))`."""
    return {key: mask_name(value) if key == "name" else mask_number(value) for key, value in fields.items()}
