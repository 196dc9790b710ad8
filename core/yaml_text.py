"""YAML texts people write, read so that whatever is wrong in them has a line. No file is opened here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

MAX_CHARS = 256_000
MAX_NODES = 20_000
"""Aliases are allowed, but not the kind that unfold into millions of nodes."""
_PATH = re.compile(r"([a-z0-9_.]+): ")
"""What errors about a whole document may begin with."""
_NO_SCALAR = (ValueError, LookupError, AttributeError, OverflowError)
"""What PyYAML lets escape where a scalar is not what its tag says: `2026-02-29`, `!!bool perhaps`, `!!timestamp soon`."""
Fail = Callable[[str], Exception]


@dataclass(frozen=True, slots=True)
class YamlText:
    """A document that is a mapping: as plain data (`raw`), and as nodes that know their lines."""

    source: str
    root: yaml.MappingNode
    raw: dict[str, Any]

    def line(self, loc: tuple[int | str, ...]) -> int:
        """The line of the deepest key of `loc` that stands in this text (an inherited one does not)."""
        node: yaml.Node = self.root
        line = node.start_mark.line + 1
        for part in loc:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
                if found is None:
                    return line
                line, node = found[0].start_mark.line + 1, found[1]
            elif (
                isinstance(node, yaml.SequenceNode) and str(part).isdecimal() and int(part) < len(node.value)
            ):
                node = node.value[int(part)]
                line = node.start_mark.line + 1
        return line

    def at(self, *loc: int | str) -> str:
        """`file:line` of what stands there."""
        return f"{self.source}:{self.line(loc)}"

    def reasons(self, error: ValidationError, whole: str) -> list[str]:
        """Each reason as `file:line: where: what`; `whole` names the document in errors about all of it."""
        found = []
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            loc, reason = one["loc"], one["msg"].removeprefix("Value error, ")
            if not loc and (path := _PATH.match(reason)):
                loc, reason = tuple(path[1].split(".")), reason[path.end() :]
            where = ".".join(str(part) for part in loc) or whole
            found.append(f"{self.at(*loc)}: {where}: {reason}")
        return found


def read(text: str, source: str, fail: Fail, what: str = "a document") -> YamlText:
    """One YAML mapping. `what` names it in the error for anything else. Raises what `fail` makes of a reason."""
    root = _compose(text, source, fail, what)
    try:
        return YamlText(source, root, yaml.SafeLoader("").construct_document(root))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise fail(f"{source}:{mark.line + 1 if mark else 1}: {reason}") from error
    except _NO_SCALAR as error:
        line, reason = _unbuilt(root)
        raise fail(f"{source}:{line}: {reason or error}") from error


def _unbuilt(root: yaml.MappingNode) -> tuple[int, str]:
    """Line and reason of the first scalar that looks like a date, a number or what its tag names, and is none: YAML tells no line."""
    waiting: list[yaml.Node] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting += [inner for pair in reversed(node.value) for inner in reversed(pair)]
        else:
            try:
                yaml.SafeLoader("").construct_document(node)
            except _NO_SCALAR as error:
                kind = node.tag.rpartition(":")[2]
                return node.start_mark.line + 1, f"{node.value[:40]!r} is no {kind}: {error}"
    return 1, ""


def _compose(text: str, source: str, fail: Fail, what: str) -> yaml.MappingNode:
    if len(text) > MAX_CHARS:
        raise fail(f"{source}:1: longer than {MAX_CHARS} characters")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise fail(f"{source}:{mark.line + 1 if mark else 1}: not YAML: {reason}") from error
    if not isinstance(root, yaml.MappingNode):
        raise fail(f"{source}:1: {what} is a mapping of keys")
    _check_keys(root, source, fail)
    return root


def _check_keys(root: yaml.MappingNode, source: str, fail: Fail) -> None:
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
                    raise fail(
                        f"{source}:{line}: key {getattr(key, 'value', '?')!r} is repeated or no plain key"
                    )
                seen.add(key.value)
                waiting.append(value)
    raise fail(f"{source}:1: more than {MAX_NODES} values")
