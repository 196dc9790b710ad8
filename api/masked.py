"""Numbers inside free text and facts, masked for everybody who need not know them."""

from collections.abc import Callable, Mapping
from typing import Any

from core.masking import mask_text

_OURS = frozenset({"id", "linkedid", "at", "due", "started_at", "sha256"})


def masked(value: Any, key: str = "", mask: Callable[[str], str] = mask_text) -> Any:
    """The same shape with every text masked; our own ids and times stay readable.

    mask: `mask_numbers` where places must be read, as when two matters are compared.
    """
    if isinstance(value, Mapping):
        return {name: masked(part, str(name), mask) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part, key, mask) for part in value]
    if not isinstance(value, str) or is_ours(key):
        return value
    return mask(value)


def is_ours(key: str) -> bool:
    """Whether what stands under this name is an id or a time of ours."""
    return key in _OURS or key.endswith("_id")
