"""A week of the duty rota from a file: CSV as people keep it in a spreadsheet, or YAML; times are China's."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from core.errors import BadInput
from tickets.clock import CHINA

COLUMNS = {
    "线路": "line", "座席": "seat", "登录名": "login", "开始": "from", "结束": "to", "备注": "note",
}  # fmt: skip
NAMES = tuple(COLUMNS.values())
_MOMENT = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[ T](\d{1,2}):(\d{2})(?::00)?")
MOST = 5000


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of a file; `seat` or `login` is ''."""

    place: str
    line: str
    seat: str
    login: str
    begins: datetime
    ends: datetime
    note: str


def read(path: Path) -> list[Line]:
    """The shifts of a .csv, .yaml or .yml. Raises BadInput naming the file, the row and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}：读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error
    rows = _yaml(text, path) if path.suffix in (".yaml", ".yml") else _csv(text, path)
    if not rows or len(rows) > MOST:
        raise BadInput(f"{path}：应有 1 至 {MOST} 个班次，有 {len(rows)} 个")
    return [_line(row, place) for place, row in rows]


def _csv(text: str, path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    table = csv.DictReader(io.StringIO(text), restkey="")
    names = [COLUMNS.get((name or "").strip(), (name or "").strip()) for name in table.fieldnames or ()]
    if unknown := [name for name in names if name not in NAMES]:
        raise BadInput(
            f"{path}：不认识的列 {unknown[0]!r}；可用：{'、'.join(COLUMNS)}（或 {', '.join(NAMES)}）"
        )
    table.fieldnames = names
    found: list[tuple[str, Mapping[str, Any]]] = []
    for row in table:
        if row.get(""):
            raise BadInput(f"{path} 第 {table.line_num} 行：比表头多一列")
        if any((value or "").strip() for value in row.values()):
            found.append((f"{path} 第 {table.line_num} 行", row))
    return found


def _yaml(text: str, path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise BadInput(f"{path}：不是有效的 YAML：{' '.join(str(error).split())}") from error
    shifts = document.get("shifts") if isinstance(document, Mapping) else None
    if not isinstance(shifts, list) or not all(isinstance(one, Mapping) for one in shifts):
        raise BadInput(f"{path}：应有列表 shifts，每项一个班次")
    for n, one in enumerate(shifts, 1):
        if unknown := [name for name in one if name not in NAMES]:
            raise BadInput(f"{path} 第 {n} 个班次：不认识的项 {unknown[0]!r}；可用：{', '.join(NAMES)}")
    return [(f"{path} 第 {n} 个班次", one) for n, one in enumerate(shifts, 1)]


def _line(row: Mapping[str, Any], place: str) -> Line:
    given = {name: str(row.get(name) if row.get(name) is not None else "").strip() for name in NAMES}
    if not given["line"] or bool(given["seat"]) == bool(given["login"]):
        raise BadInput(f"{place}：应填线路，并在座席、登录名中填一项")
    begins, ends = (moment(given[name], place) for name in ("from", "to"))
    return Line(place, given["line"], given["seat"], given["login"], begins, ends, given["note"])


def moment(text: str, place: str) -> datetime:
    """`2026-11-23 08:00` on China's clock; 24:00 is the day's end. Raises BadInput."""
    found = _MOMENT.fullmatch(text)
    try:
        year, month, day, hour, minute = (int(part) for part in found.groups()) if found else (0, 0, 0, 0, 0)
        end_of_day = (hour, minute) == (24, 0)
        at = datetime(year, month, day, 0 if end_of_day else hour, minute, tzinfo=CHINA)
    except ValueError:
        raise BadInput(f"{place}：时间写作 2026-11-23 08:00，不是 {text!r}") from None
    return at + timedelta(days=1) if end_of_day else at
