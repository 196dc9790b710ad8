"""A city's lines.yaml as lines; reading files is the caller's work."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from routing.line import Line
from routing.lines import LinesInvalid

_LINE = TypeAdapter(Line)


def parse_lines(text: str, source: str, above: Callable[[str], tuple[Line, ...]]) -> tuple[Line, ...]:
    """The lines of a file; `extends: CITY` takes that city's lines (asked of `above`) and replaces or adds the file's own.

    Raises LinesInvalid naming source, line, field and reason. A number that stands twice is refused.
    """
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise LinesInvalid(f"{source}：不是有效的 YAML：{' '.join(str(error).split())}") from error
    if not isinstance(document, Mapping) or not isinstance(document.get("lines"), list):
        raise LinesInvalid(f"{source}：应有列表 lines")
    if unknown := set(document) - {"lines", "extends"}:
        raise LinesInvalid(f"{source}：不认识的部分 {min(map(str, unknown))!r}；可用：lines, extends")
    own = once((line_from(item, source, n) for n, item in enumerate(document["lines"], 1)), source)
    parent = document.get("extends")
    if parent is None:
        return own
    if not isinstance(parent, str):
        raise LinesInvalid(f"{source}：extends 应写城市名")
    return tuple({line.number: line for line in (*above(parent), *own)}.values())


def line_from(item: Any, source: str, position: int = 1) -> Line:
    """One line from plain data. Raises LinesInvalid naming source, line, field and reason."""
    name = item.get("number", f"#{position}") if isinstance(item, Mapping) else f"#{position}"
    try:
        return _LINE.validate_python(item)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LinesInvalid(f"{source}：线路 {name}：{where} 填写有误：{first['msg']}") from error


def once(lines: Iterable[Line], source: str) -> tuple[Line, ...]:
    """Raises LinesInvalid where a number stands twice."""
    seen: dict[str, Line] = {}
    for line in lines:
        if line.number in seen:
            raise LinesInvalid(f"{source}：线路 {line.number} 出现两次")
        seen[line.number] = line
    return tuple(seen.values())
