"""The register of units from a file: CSV with one row per person or number as people keep it in a spreadsheet, or YAML.

People and numbers of a unit are whole: whoever the file does not name is taken out. A section, place or parent it does not name
stays, as do units it does not name. A unit nobody knows yet is entered where the file gives its 名称.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from core import yaml_text
from core.errors import BadInput
from core.reachability import Kind
from core.unit_register import DUTY_NAMES, KIND_NAMES, Duty, Person, Phone, UnitEntry, check
from core.yaml_text import YamlText

COLUMNS = {
    "单位代码": "unit", "项目": "item", "内容": "value", "职务": "post", "登录名": "login", "持有人": "holder",
}  # fmt: skip
NAMES = tuple(COLUMNS.values())
FACTS = {"名称": "name", "科室": "section", "承办科室": "section", "区划": "division", "上级单位": "parent"}
DUTIES: dict[str, Duty] = {name: duty for duty, name in DUTY_NAMES.items()} | {
    one: one for one in get_args(Duty)
}
KINDS: dict[str, Kind] = {name: kind for kind, name in KIND_NAMES.items()} | {
    f"{one}_phone": one for one in get_args(Kind)
}
MOST = 20_000
_NUMBER = re.compile(r"\+?[0-9]{3,20}")


@dataclass(slots=True)
class _Open:
    """A unit's entry being read. `place`: where it begins in the file."""

    place: str
    facts: dict[str, str] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Read:
    """A unit's entry of a file, and where it stands there. `name`: of a unit to be entered, '' where it is known."""

    place: str
    entry: UnitEntry
    name: str = ""


def read(path: Path) -> list[Read]:
    """The entries of a .csv, .yaml or .yml. Raises BadInput naming the file, the line and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}：读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error
    rows = _yaml(text, path) if path.suffix in (".yaml", ".yml") else _csv(text, path)
    units: dict[str, _Open] = {}
    for place, row in rows:
        _add(units, place, row)
    if not units:
        raise BadInput(f"{path}：没有单位")
    return [_whole(code, one) for code, one in units.items()]


def _csv(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    table = csv.DictReader(io.StringIO(text), restkey="")
    names = [COLUMNS.get((name or "").strip(), (name or "").strip()) for name in table.fieldnames or ()]
    if unknown := [name for name in names if name not in NAMES]:
        raise BadInput(
            f"{path}:1: 不认识的列 {unknown[0]!r}；可用：{'、'.join(COLUMNS)}（或 {', '.join(NAMES)}）"
        )
    table.fieldnames = names
    for row in table:
        place = f"{path}:{table.line_num}"
        if row.get(""):
            raise BadInput(f"{place}: 比表头多一列")
        if table.line_num > MOST:
            raise BadInput(f"{place}: 多于 {MOST} 行")
        if any((value or "").strip() for value in row.values()):
            yield place, {name: (row.get(name) or "").strip() for name in NAMES}


def _yaml(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """units: [{code, name, section, division, parent, people: [{duty, name, post, login}], phones: [{kind, number, holder}]}]."""
    found = yaml_text.read(text, str(path), BadInput, "a file of units")
    units = _list(found, found.raw, "units")
    for n, unit in enumerate(units):
        _known(
            found, unit, ("units", n), {"code", "name", "section", "division", "parent", "people", "phones"}
        )
        code, at = str(unit.get("code") or ""), found.at("units", n)
        yield at, _row(code, "", "")
        for item in ("name", "section", "division", "parent"):
            if unit.get(item):
                yield found.at("units", n, item), _row(code, item, unit[item])
        for m, one in enumerate(_list(found, unit, "people", "units", n)):
            _known(found, one, ("units", n, "people", m), {"duty", "name", "post", "login"})
            row = _row(code, one.get("duty"), one.get("name"))
            yield (
                found.at("units", n, "people", m),
                row | {key: str(one.get(key) or "") for key in ("post", "login")},
            )
        for m, one in enumerate(_list(found, unit, "phones", "units", n)):
            _known(found, one, ("units", n, "phones", m), {"kind", "number", "holder"})
            row = _row(code, f"{one.get('kind')}_phone", one.get("number"))
            yield found.at("units", n, "phones", m), row | {"holder": str(one.get("holder") or "")}


def _row(code: str, item: Any, value: Any) -> dict[str, str]:
    blank = dict.fromkeys(NAMES, "")
    return blank | {"unit": code, "item": str(item or ""), "value": str(value or "")}


def _list(found: YamlText, given: Mapping[str, Any], key: str, *loc: int | str) -> list[Mapping[str, Any]]:
    value = given.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise BadInput(f"{found.at(*loc, key)}: {key} 应为列表，每项写作 名称: 值")
    if not loc and set(given) != {key}:
        raise BadInput(f"{found.at()}: 应只有 {key}")
    return value


def _known(
    found: YamlText, given: Mapping[str, Any], loc: tuple[int | str, ...], names: Iterable[str]
) -> None:
    if unknown := sorted(set(map(str, given)) - set(names)):
        raise BadInput(
            f"{found.at(*loc, unknown[0])}: 不认识的项 {unknown[0]!r}；可用：{', '.join(sorted(names))}"
        )


def _add(units: dict[str, _Open], place: str, row: Mapping[str, str]) -> None:
    if not row["unit"]:
        raise BadInput(f"{place}: 应填单位代码")
    unit, item, value = units.setdefault(row["unit"], _Open(place)), row["item"], row["value"]
    if not item and not value:
        return
    if not value:
        raise BadInput(f"{place}: {item} 没有内容")
    if fact := FACTS.get(item, item if item in FACTS.values() else ""):
        if fact in unit.facts:
            raise BadInput(f"{place}: 单位 {row['unit']} 的{item}出现两次")
        unit.facts[fact] = value
    elif item in DUTIES:
        unit.people.append(Person(DUTIES[item], value, row["post"], row["login"]))
    elif item in KINDS:
        if not _NUMBER.fullmatch(value):
            raise BadInput(f"{place}: 号码应为 3 至 20 位数字")
        unit.phones.append(Phone(KINDS[item], value, row["holder"]))
    else:
        raise BadInput(
            f"{place}: 不认识的项目 {item!r}；可用：{'、'.join((*FACTS, *DUTY_NAMES.values(), *KIND_NAMES.values()))}"
        )


def _whole(code: str, one: _Open) -> Read:
    entry = UnitEntry(
        code, one.facts.get("section", ""), one.facts.get("division"), one.facts.get("parent"),
        tuple(one.people), tuple(one.phones),
    )  # fmt: skip
    try:
        check(entry)
    except BadInput as error:
        raise BadInput(f"{one.place}: 单位 {code}：{error}") from error
    return Read(one.place, entry, one.facts.get("name", ""))
