"""Tab-separated tables with a header row, as they come: quotes are characters, cells may be long."""

import csv
import resource
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.errors import BadInput

csv.field_size_limit(10**8)


class BadTable(BadInput):
    """A table can't be read or lacks a column; the text names both."""

    code = "bad_table"


def read(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """All rows. Raises BadTable."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path}：读不出：{getattr(error, 'strerror', None) or error}") from error
    if not rows:
        raise BadTable(f"{path}：没有数据行")
    missing = [name for name in needed if name not in rows[0]]
    if missing:
        raise BadTable(f"{path}：缺少列 {', '.join(missing)}；现有 {', '.join(filter(None, rows[0]))}")
    short = next((i for i, row in enumerate(rows, 2) if any(row[name] is None for name in needed)), None)
    if short:
        raise BadTable(f"{path}：第 {short} 行列数不足")
    return rows


def write(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """One line per row: its number from 1, then its cells. Raises BadTable."""
    try:
        with path.open("w", encoding="utf-8") as file:
            for number, row in enumerate(rows, 1):
                file.write("\t".join(map(str, (number, *row))) + "\n")
    except OSError as error:
        raise BadTable(f"{path}：写不进：{error.strerror}") from error


def memory_mb() -> float:
    """Most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
