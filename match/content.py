"""The content that matching works on, parsed from YAML text or plain dicts; reading files is the caller's work."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from core.errors import BadInput

_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True, str_min_length=1)

ArticleKind = Literal["职责职能", "法律法规", "政策", "办事指南", "常见问题"]


class BadContent(BadInput):
    """A content file cannot be used; the text names file, item and reason."""

    code = "bad_content"


@dataclass(frozen=True, config=_STRICT)
class Unit:
    """A responsible unit. `matters` speak for it by themselves, `hints` only lean to it; `place`: its territory.

    `lines`: numbers it is responsible for, filled from the line register by `with_lines`.
    """

    code: str
    name: str
    source: Literal["annex", "text", "general"]
    clause: str
    does: str
    aliases: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    place: str | None = None


@dataclass(frozen=True, config=_STRICT)
class CueSet:
    """Words that point to a ground: `strong` by themselves, `weak` a little, `counter` against it.

    `when_done`: a procedure, so `weak` words become strong where it has been done or is under way (已经…).
    """

    code: str
    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()
    when_done: bool = False


@dataclass(frozen=True, config=_STRICT)
class Ground:
    """A ground on which a matter is not taken; `words` are said to the citizen; `repeat`: about a matter raised before."""

    code: str
    profile: str
    clause: str
    title: str
    text: str
    words: str
    cues: tuple[str, ...]
    repeat: bool = False


@dataclass(frozen=True, config=_STRICT)
class Article:
    """A knowledge article. `city`: whose rule it is (None = anywhere); valid from/to are inclusive days."""

    id: str
    kind: ArticleKind
    title: str
    questions: Annotated[tuple[str, ...], Field(min_length=3)]
    answer: str
    unit: str
    clause: str
    city: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the source still (and already) holds on that day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Content:
    """Everything that is matched against, checked for unique ids and for references that resolve."""

    units: tuple[Unit, ...] = ()
    cues: tuple[CueSet, ...] = ()
    grounds: tuple[Ground, ...] = ()
    articles: tuple[Article, ...] = ()


_KEYS: dict[str, tuple[TypeAdapter[Any], str]] = {
    "units": (TypeAdapter(Unit), "code"),
    "cues": (TypeAdapter(CueSet), "code"),
    "grounds": (TypeAdapter(Ground), "code"),
    "articles": (TypeAdapter(Article), "id"),
}


def parse_yaml(files: Mapping[str, str]) -> Content:
    """Content from YAML texts by file name. Raises BadContent naming file, item and reason."""
    documents = {}
    for name, text in files.items():
        try:
            documents[name] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{name}:{mark.line + 1}" if mark else name
            told = getattr(error, "problem", None) or " ".join(str(error).split())
            raise BadContent(
                f"{where}：不是正确的 YAML，请检查缩进、引号和括号 (not YAML: {told})"
            ) from error
    return parse(documents)


def parse(documents: Mapping[str, Any]) -> Content:
    """Content from parsed documents by file name; each maps any of units/cues/grounds/articles to a list.

    Raises BadContent naming file, item and reason.
    """
    found: dict[str, list[Any]] = {key: [] for key in _KEYS}
    seen: dict[tuple[str, str], str] = {}
    for name, document in documents.items():
        if not isinstance(document, Mapping):
            raise BadContent(f"{name}: must be a mapping with any of {', '.join(_KEYS)}")
        for key, items in document.items():
            for item in _parse_list(name, key, items):
                _once(seen, name, key, getattr(item, _KEYS[key][1]))
                found[key].append(item)
    content = Content(**{key: tuple(items) for key, items in found.items()})
    _resolve(content, seen)
    return content


def with_lines(content: Content, unit_of: Mapping[str, str]) -> Content:
    """The content with each unit's lines as the line register (number -> unit) has them."""
    numbers: dict[str, list[str]] = {}
    for number, unit in unit_of.items():
        numbers.setdefault(unit, []).append(number)
    units = tuple(replace(unit, lines=tuple(numbers.get(unit.code, ()))) for unit in content.units)
    return replace(content, units=units)


def _parse_list(name: str, key: Any, items: Any) -> Iterable[Any]:
    if key not in _KEYS:
        raise BadContent(f"{name}: unknown part {key!r}; known: {', '.join(_KEYS)}")
    if not isinstance(items, list):
        raise BadContent(f"{name}: {key} must be a list")
    adapter, id_field = _KEYS[key]
    for position, item in enumerate(items, 1):
        label = item.get(id_field, f"#{position}") if isinstance(item, Mapping) else f"#{position}"
        try:
            yield adapter.validate_python(item)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadContent(f"{name}: {key} {label}: {where}: {first['msg']}") from error


def _once(seen: dict[tuple[str, str], str], name: str, key: str, ident: str) -> None:
    if (key, ident) in seen:
        raise BadContent(f"{name}: {key} {ident}: already defined in {seen[key, ident]}")
    seen[key, ident] = name


def _resolve(content: Content, seen: Mapping[tuple[str, str], str]) -> None:
    """Every reference between items must name an item that exists (checked where that kind is loaded at all)."""
    references = [("articles", a.id, "unit", "units", a.unit) for a in content.articles]
    references += [("grounds", g.code, "cues", "cues", cue) for g in content.grounds for cue in g.cues]
    loaded = {key for key, _ in seen}
    for key, ident, where, kind, wanted in references:
        if kind in loaded and (kind, wanted) not in seen:
            raise BadContent(f"{seen[key, ident]}: {key} {ident}: {where}: no {kind} {wanted!r}")
