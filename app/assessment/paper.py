"""Sheets as a PDF that an office prints, signs and seals."""

import html
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from app.assessment import layout
from app.paper_font import across, registered

_WIDTHS = [18 * mm, 25 * mm, 11 * mm, 11 * mm, 87 * mm, 26 * mm]
_SHARE_WIDTHS = [44 * mm, 14 * mm, 14 * mm, 18 * mm, 62 * mm, 26 * mm]
_GRID = TableStyle([
    ("GRID", (0, 0), (-1, -1), 0.4, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#E7E6E6")),
    ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
])  # fmt: skip


def as_pdf(sheets: Sequence[Mapping[str, Any]], font: Path | None = None, mark: str = "") -> bytes:
    """One sheet after the other, each on a page of its own. font: a TrueType file with Chinese that the PDF then carries.

    mark: written across each page and under it, of what leaves the house.

    Raises BadInput where that is none.
    """
    name = registered(font)
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=16 * mm, rightMargin=16 * mm, topMargin=16 * mm, bottomMargin=18 * mm,
        title=layout.title(sheets[0]) if sheets else "考核表", author="12345", lang="zh-CN",
    )  # fmt: skip
    story: list[Flowable] = []
    for sheet in sheets:
        story += [*([PageBreak()] if story else ()), *_sheet(sheet, name)]

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont(name, 8)
        canvas.drawCentredString(A4[0] / 2, 10 * mm, f"第 {canvas.getPageNumber()} 页")
        if mark:
            across(canvas, mark, name)
            canvas.drawCentredString(A4[0] / 2, 5 * mm, mark)

    document.build(story or [Paragraph("无", _style(name))], onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _style(font: str, size: float = 9, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("s", fontName=font, fontSize=size, leading=size * 1.45, wordWrap="CJK", **more)


def _sheet(sheet: Mapping[str, Any], font: str) -> list[Flowable]:
    plain, small = _style(font), _style(font, 8)

    def words(text: str, style: ParagraphStyle = plain) -> Paragraph:
        return Paragraph(html.escape(text).replace("\n", "<br/>"), style)

    story: list[Flowable] = [words(layout.title(sheet), _style(font, 17, alignment=1, spaceAfter=8))]
    facts = [(words(f"{name}："), words(text)) for name, text in layout.facts(sheet)]
    story += [Table(facts, colWidths=[26 * mm, 152 * mm], style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1), ("TOPPADDING", (0, 0), (-1, -1), 1)])), Spacer(1, 4)]  # fmt: skip
    if lines := layout.lines(sheet):
        story += [_items(lines, words, small), Spacer(1, 6)]
    rows = [[words(cell, small) for cell in row] for row in (layout.SHARES, *layout.shares(sheet))]
    story += [LongTable(rows, colWidths=_SHARE_WIDTHS, repeatRows=1, style=_GRID), Spacer(1, 4)]
    counted = "；".join(f"{name} {count}" for name, count in layout.tallies(sheet))
    story.append(words(f"办理情况：{counted}", small))
    story += [words(note, small) for note in layout.notes(sheet)]
    story += [
        Spacer(1, 10),
        KeepTogether(
            [
                _signatures(words, plain),
                Spacer(1, 3),
                words(layout.footer(sheet), _style(font, 7, textColor=colors.grey)),
            ]
        ),
    ]
    return story


def _items(lines: Sequence[layout.Line], words: Any, small: ParagraphStyle) -> LongTable:
    """A case is a row of its own where there are many, so that a long item runs over the page."""
    rows: list[list[Any]] = [[words(cell, small) for cell in layout.HEAD]]
    spans = []
    for line in lines:
        title = line.title if line.counted else f"{line.title}（不计入本期）"
        first = len(rows)
        for number, case in enumerate(line.cases or ("",)):
            head = (line.part, title, line.full, line.points) if not number else ("", "", "", "")
            rows.append(
                [
                    *(words(cell, small) for cell in head),
                    words(case, small),
                    words(line.clause if not number else "", small),
                ]
            )
        if len(rows) - first > 1:
            spans += [("LINEABOVE", (4, first + 1), (4, len(rows) - 1), 0.2, colors.lightgrey)]
    grid = TableStyle([
        ("BOX", (0, 0), (-1, -1), 0.4, colors.black), ("INNERGRID", (0, 0), (-1, 0), 0.4, colors.black),
        ("LINEBEFORE", (1, 0), (-1, -1), 0.4, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#E7E6E6")), ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2), ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        *(("LINEABOVE", (0, n), (-1, n), 0.4, colors.black) for n in _starts(lines)), *spans,
    ])  # fmt: skip
    return LongTable(rows, colWidths=_WIDTHS, repeatRows=1, style=grid)


def _starts(lines: Sequence[layout.Line]) -> list[int]:
    """The row each item begins in."""
    found, row = [], 1
    for line in lines:
        found.append(row)
        row += max(1, len(line.cases))
    return found


def _signatures(words: Any, plain: ParagraphStyle) -> Table:
    """Four blocks with room for a signature and a seal."""
    right = ParagraphStyle("right", parent=plain, alignment=2)
    gap = "&nbsp;" * 8
    cells = [
        [words(f"{name}："), Spacer(1, 12 * mm), Paragraph(f"年{gap}月{gap}日", right)]
        for name in layout.SIGNATURES
    ]
    return Table(
        [cells[:2], cells[2:]], colWidths=[89 * mm, 89 * mm],
        style=TableStyle([("BOX", (0, 0), (-1, -1), 0.4, colors.black), ("INNERGRID", (0, 0), (-1, -1), 0.4, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]),
    )  # fmt: skip
