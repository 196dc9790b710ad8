"""Reads a policy profile from YAML text, with file, line and reason for whatever is wrong in it. No file is opened here."""

from collections.abc import Callable

from pydantic import ValidationError

from core import yaml_text
from core.errors import BadInput
from core.policy import Policy
from core.policy_merge import inherit


class BadPolicy(BadInput):
    """A profile cannot be used; the text names file, line and reason."""

    code = "bad_policy"

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def parse_policy(text: str, source_name: str, parent: Callable[[str], Policy] | None = None) -> Policy:
    """One profile from YAML. `parent` finds the profile named by `extends`; its values hold where this one is silent.

    Where both speak this one's value holds, or the parent's if this one says so (`superior`). Raises BadPolicy.
    """
    found = yaml_text.read(text, source_name, BadPolicy, "a profile")
    raw = found.raw
    if "overruled" in raw:
        raise BadPolicy(f"{found.at('overruled')}: overruled: found, never written")
    if name := raw.get("extends"):
        if parent is None or not isinstance(name, str):
            raise BadPolicy(f"{found.at('extends')}: no parent profile {name!r} to extend")
        above = parent(name).model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
        raw, lost = inherit(above, raw)
        raw["overruled"] = lost
    try:
        return Policy.model_validate(raw)
    except ValidationError as error:
        raise BadPolicy(*found.reasons(error, "profile")) from error
