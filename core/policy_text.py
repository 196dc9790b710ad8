"""Reads a policy profile from YAML text, with file, line and reason for whatever is wrong in it. No file is opened here."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from core import yaml_text
from core.errors import BadInput, NotFound
from core.nested import Path, at
from core.policy import Policy
from core.policy_merge import inherit
from core.yaml_text import YamlText

BOTH = "`term` gives this limit, so that it is not unstated"


class BadPolicy(BadInput):
    """A profile cannot be used; the text names file, line and reason."""

    code = "bad_policy"

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def parse_policy(
    text: str,
    source_name: str,
    parent: Callable[[str], Policy] | None = None,
    title_of: Callable[[str], str] | None = None,
) -> Policy:
    """One profile from YAML. `parent` finds the profile named by `extends`; its values hold where this one is silent.

    Where both speak this one's value holds, or the parent's if this one says so (`superior`). `parent` raises NotFound for one that
    cannot be extended. `title_of` gives whose rules a profile that is replaced had. Raises BadPolicy.
    """
    found = yaml_text.read(text, source_name, BadPolicy, "a profile")
    raw = found.raw
    if "overruled" in raw:
        raise BadPolicy(f"{found.at('overruled')}: overruled: found, never written")
    wrong = [(path, BOTH) for path in _said_twice(raw)]
    wrong += _not_ours(raw, title_of)
    if raw.get("extends"):
        above = _above(found, parent).model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude_unset=True
        )
        both = inherit(above, raw)
        wrong += both.wrong
        raw = both.raw | {"overruled": both.overruled}
    reasons = [f"{found.at(*path)}: {'.'.join(path)}: {reason}" for path, reason in wrong]
    try:
        policy = Policy.model_validate(raw)
    except ValidationError as error:
        raise BadPolicy(*dict.fromkeys([*reasons, *found.reasons(error, "profile")])) from error
    if reasons:
        raise BadPolicy(*reasons)
    return policy


def _said_twice(raw: dict[str, Any]) -> Iterator[Path]:
    """Limits that one document gives and calls unstated; a superior's `unstated` beside a city's own term is another matter."""
    stages = at(raw, ("stages",))
    for stage in stages if isinstance(stages, dict) else ():
        kinds = at(stages, ("handle",)) if stage == "handle" else None
        for place in [("handle", kind) for kind in kinds] if isinstance(kinds, dict) else [(stage,)]:
            if all(at(stages, (*place, key)) for key in ("term", "unstated")):
                yield ("stages", *place, "unstated")


def _not_ours(raw: dict[str, Any], title_of: Callable[[str], str] | None) -> Iterator[tuple[Path, str]]:
    """What another place's profile scored must never count here: those replaced are earlier ones of the same `title`."""
    given = raw.get("replaces")
    named = given if isinstance(given, list) else []
    for n, name in enumerate(named):
        path: Path = ("replaces", str(n))
        if name == raw.get("name") or name in named[:n]:
            yield path, f"{name!r} is this profile itself, or named twice"
        elif title_of is not None and isinstance(name, str):
            try:
                title = title_of(name)
            except NotFound as error:
                yield path, str(error)
            else:
                if title != raw.get("title"):
                    yield path, f"{name!r} has the rules of {title}, not of {raw.get('title')}"


def _above(found: YamlText, parent: Callable[[str], Policy] | None) -> Policy:
    """The profile that this one extends. Raises BadPolicy."""
    name = found.raw["extends"]
    if parent is None or not isinstance(name, str):
        raise BadPolicy(f"{found.at('extends')}: no parent profile {name!r} to extend")
    try:
        return parent(name)
    except NotFound as error:
        raise BadPolicy(f"{found.at('extends')}: extends: {error}") from error
