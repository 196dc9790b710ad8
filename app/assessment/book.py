"""Sheets as a spreadsheet: a summary, one page for each unit, and what goes to 好差评."""

import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from app.assessment import layout

_THIN = Side(style="thin", color="808080")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WRAP = Alignment(wrap_text=True, vertical="top")
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_GREY = PatternFill("solid", fgColor="E7E6E6")
_FONT = "宋体"
_BAD = re.compile(r"[\[\]:*?/\\]")
_WIDTHS = (12, 18, 8, 8, 78, 16)


def as_xlsx(sheets: Sequence[Mapping[str, Any]], mark: str = "") -> bytes:
    """A workbook. Text that looks like a formula stays text. mark: under every page and in its foot, of what leaves the house."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    if len(sheets) > 1:
        _summary(first, sheets)
    else:
        book.remove(first)
    names: set[str] = {"汇总"} if len(sheets) > 1 else set()
    for sheet in sheets:
        page = book.create_sheet(_free(str(sheet["unit_name"]), names))
        _page(page, sheet)
    if handed := [row for sheet in sheets for row in layout.grades(sheet)]:
        page = book.create_sheet("好差评")
        _table(page, ("工单", "承办单位", "评价", "评价时间"), handed, (22, 30, 12, 28))
    if not book.worksheets:
        book.create_sheet("无")
    for page in book.worksheets if mark else ():
        _wide(page, page.max_row + 2, mark)
        page.oddFooter.center.text = mark.replace("&", "&&")
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _summary(page: Worksheet, sheets: Sequence[Mapping[str, Any]]) -> None:
    page.title = "汇总"
    ranked = any(sheet.get("rank") for sheet in sheets)
    shares = [share["title"] for share in sheets[0]["shares"]]
    head = ("承办单位", "代码", "得分", "满分", *shares, *(("名次",) if ranked else ()))
    rows = [
        (
            sheet["unit_name"], sheet["unit"], layout.number(sheet["points"]), layout.number(sheet["full"]),
            *(f"{layout.number(share['percent'])}%" if share["percent"] else "—" for share in sheet["shares"]),
            *((str(sheet.get("rank") or ""),) if ranked else ()),
        )
        for sheet in sheets
    ]  # fmt: skip
    _table(page, head, rows, (30, 18, 10, 10, *(14 for _ in shares), 8))


def _page(page: Worksheet, sheet: Mapping[str, Any]) -> None:
    """Title, facts, table, rates, notes, signatures; prints on A4 across, one page wide, the head on every page."""
    for column, width in zip("ABCDEF", _WIDTHS, strict=True):
        page.column_dimensions[column].width = width
    _wide(page, 1, layout.title(sheet), Font(_FONT, 16, bold=True), _MIDDLE)
    for name, text in layout.facts(sheet):
        _wide(page, page.max_row + 1, f"{name}：{text}")
    if lines := layout.lines(sheet):
        head = page.max_row + 1
        _row(page, layout.HEAD, head=True)
        page.print_title_rows = f"{head}:{head}"
        for line in lines:
            name = line.title if line.counted else f"{line.title}（不计入本期）"
            _row(page, (line.part, name, line.full, line.points, "\n".join(line.cases), line.clause))
    _row(page, layout.SHARES, head=True)
    for row in layout.shares(sheet):
        _row(page, row)
    counted = "；".join(f"{name} {count}" for name, count in layout.tallies(sheet))
    _wide(page, page.max_row + 1, f"办理情况：{counted}")
    for note in layout.notes(sheet):
        _wide(page, page.max_row + 1, note)
    for name in layout.SIGNATURES:
        _wide(page, page.max_row + 1, f"{name}：__________________    日期：______年____月____日")
        page.row_dimensions[page.max_row].height = 30
    _wide(page, page.max_row + 1, layout.footer(sheet), Font(_FONT, 8, color="808080"))
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _table(
    page: Worksheet, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]
) -> None:
    for number, width in enumerate(widths, 1):
        page.column_dimensions[page.cell(1, number).column_letter].width = width
    page.delete_rows(1)
    _row(page, head, head=True)
    for row in rows:
        _row(page, row)
    page.freeze_panes = "A2"


def _row(page: Worksheet, values: Sequence[str], *, head: bool = False) -> None:
    number = page.max_row + 1 if page.max_row > 1 or page.cell(1, 1).value is not None else 1
    for column, value in enumerate(values, 1):
        cell = page.cell(number, column)
        _write(cell, value)
        cell.font, cell.border, cell.alignment = Font(_FONT, 10, bold=head), _BOX, _MIDDLE if head else _WRAP
        if head:
            cell.fill = _GREY


def _wide(
    page: Worksheet, row: int, text: str, font: Font | None = None, alignment: Alignment = _WRAP
) -> None:
    """One line over the whole width."""
    cell = page.cell(row, 1)
    _write(cell, text)
    cell.font, cell.alignment = font or Font(_FONT, 10), alignment
    page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(_WIDTHS))
    page.row_dimensions[row].height = max(18, 15 * (1 + len(text) // 95))


def _write(cell: Any, value: str) -> None:
    """Numbers as numbers, everything else as text, never as a formula."""
    try:
        cell.value = float(value) if "." in value else int(value)
    except ValueError:
        cell.value = value
        cell.data_type = "s"


def _free(name: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 characters, none that a spreadsheet forbids, none twice."""
    plain = _BAD.sub("_", name)[:28].strip("'") or "单位"
    found, number = plain, 2
    while found in taken:
        found, number = f"{plain}{number}", number + 1
    taken.add(found)
    return found
