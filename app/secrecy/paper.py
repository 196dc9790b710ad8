"""Facts that leave as JSON, CSV or PDF: the mark is read by whoever opens the file, and a hash tells whether it was touched."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from app.paper_font import across, registered

Row = Mapping[str, Any]
_WIDTH, _HEIGHT = A4
_EDGE, _LINE, _SIZE = 56.0, 15.0, 10.0


def digest(rows: Sequence[Row]) -> str:
    """sha256 over the facts alone, in one fixed form; every format carries the same one."""
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def as_json(rows: Sequence[Row], words: str) -> bytes:
    """`watermark`, `sha256` of the content, `content`."""
    whole = {"watermark": words, "sha256": digest(rows), "content": rows}
    return json.dumps(whole, ensure_ascii=False, indent=1, default=str).encode()


def as_csv(rows: Sequence[Row], words: str) -> bytes:
    """The mark in the first line, the hash in the last; UTF-8 with a BOM, as office programs here expect."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"# {words}"])
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name, "")) for name in names])
    writer.writerow([f"# sha256 {digest(rows)}"])
    return out.getvalue().encode("utf-8-sig")


def as_pdf(rows: Sequence[Row], words: str, title: str, font: Path | None = None) -> bytes:
    """A4 pages with the mark across each and under each the hash. font: a TrueType file that the PDF then carries."""
    name = registered(font)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    canvas.setSubject(words)
    lines = [title, ""]
    for row in rows:
        lines += [f"{name}：{_text(value)}" for name, value in row.items()] + [""]
    foot = f"sha256 {digest(rows)}"
    room = int((_HEIGHT - 2 * _EDGE) / _LINE)
    wrapped = [
        part for line in lines for part in (simpleSplit(line, name, _SIZE, _WIDTH - 2 * _EDGE) or [""])
    ]
    for begin in range(0, max(1, len(wrapped)), room):
        _page(canvas, wrapped[begin : begin + room], words, foot, name)
    canvas.save()
    return out.getvalue()


def _page(canvas: Canvas, lines: Sequence[str], words: str, foot: str, font: str) -> None:
    across(canvas, words, font)
    canvas.setFont(font, _SIZE)
    for n, line in enumerate(lines):
        canvas.drawString(_EDGE, _HEIGHT - _EDGE - n * _LINE, line)
    canvas.setFont(font, 7)
    canvas.drawString(_EDGE, _EDGE / 2 + 9, words)
    canvas.drawString(_EDGE, _EDGE / 2, foot)
    canvas.showPage()


def _cell(value: Any) -> str:
    """A text that begins like a formula is shown as text by every office program (CSV injection)."""
    text = _text(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _text(value: Any) -> str:
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
    )
