"""Numbers inside free text and facts, masked for everybody who need not know them."""

from collections.abc import Mapping
from typing import Any

from core.masking import mask_text

_OURS = frozenset({"id", "linkedid", "at", "due", "started_at", "sha256"})


def masked(value: Any, key: str = "") -> Any:
    """The same shape with every long number in every text masked; our own ids and times stay readable."""
    if isinstance(value, Mapping):
        return {name: masked(part, str(name)) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part, key) for part in value]
    if not isinstance(value, str) or is_ours(key):
        return value
    return mask_text(value)


def is_ours(key: str) -> bool:
    """Whether what stands under this name is an id or a time of ours."""
    return key in _OURS or key.endswith("_id")
