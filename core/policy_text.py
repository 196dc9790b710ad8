"""Reads a policy profile from YAML text, with file, line and reason for whatever is wrong in it. No file is opened here."""

import re
from collections.abc import Callable
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import BadInput
from core.policy import Policy
from core.policy_merge import inherit

MAX_CHARS = 256_000
MAX_NODES = 20_000
"""Aliases are allowed, but not the kind that unfold into millions of nodes."""
_PATH = re.compile(r"([a-z0-9_.]+): ")
"""What errors about the whole profile begin with."""


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
    root = _compose(text, source_name)
    raw = _construct(root, source_name)
    if "overruled" in raw:
        raise BadPolicy(f"{source_name}:{_line(root, ('overruled',))}: overruled: found, never written")
    if name := raw.get("extends"):
        if parent is None or not isinstance(name, str):
            raise BadPolicy(
                f"{source_name}:{_line(root, ('extends',))}: no parent profile {name!r} to extend"
            )
        above = parent(name).model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
        raw, lost = inherit(above, raw)
        raw["overruled"] = lost
    try:
        return Policy.model_validate(raw)
    except ValidationError as error:
        raise BadPolicy(*_reasons(error, root, source_name)) from error


def _compose(text: str, source_name: str) -> yaml.MappingNode:
    if len(text) > MAX_CHARS:
        raise BadPolicy(f"{source_name}:1: longer than {MAX_CHARS} characters")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise BadPolicy(f"{source_name}:{mark.line + 1 if mark else 1}: not YAML: {reason}") from error
    if not isinstance(root, yaml.MappingNode):
        raise BadPolicy(f"{source_name}:1: a profile is a mapping of keys")
    _check_keys(root, source_name)
    return root


def _construct(root: yaml.MappingNode, source_name: str) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = yaml.SafeLoader("").construct_document(root)
        return raw
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise BadPolicy(f"{source_name}:{mark.line + 1 if mark else 1}: {reason}") from error


def _check_keys(root: yaml.MappingNode, source_name: str) -> None:
    """YAML lets a repeated key overwrite silently; here it is an error, as are merge keys and endless aliases."""
    waiting: list[yaml.Node] = [root]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.value in seen or key.tag.endswith(":merge"):
                    line = key.start_mark.line + 1
                    raise BadPolicy(
                        f"{source_name}:{line}: key {getattr(key, 'value', '?')!r} is repeated or no plain key"
                    )
                seen.add(key.value)
                waiting.append(value)
    raise BadPolicy(f"{source_name}:1: more than {MAX_NODES} values")


def _reasons(error: ValidationError, root: yaml.MappingNode, source_name: str) -> list[str]:
    reasons = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        loc, reason = one["loc"], one["msg"].removeprefix("Value error, ")
        if not loc and (path := _PATH.match(reason)):
            loc, reason = tuple(path[1].split(".")), reason[path.end() :]
        where = ".".join(str(part) for part in loc) or "profile"
        reasons.append(f"{source_name}:{_line(root, loc)}: {where}: {reason}")
    return reasons


def _line(root: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """The line of the deepest key of `loc` that stands in this file (an inherited one does not)."""
    node, line = root, root.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and str(part).isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line
