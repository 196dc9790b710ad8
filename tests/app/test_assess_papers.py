"""Sheets as files: what an office would sign stands in them, in Chinese, and nothing a spreadsheet would run."""

import base64
import re
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.assessment import layout
from app.assessment.book import as_xlsx
from app.assessment.paper import as_pdf
from app.setup import fonts
from core.errors import BadInput
from tests.need import need
from tests.tickets.assessment.make import SW, one, scored, told, well_done
from tests.tickets.desk import at, under
from tickets.assessment.fact import period
from tickets.assessment.sheet import sheet

pytestmark = pytest.mark.unit


def made(**more: Any) -> dict[str, Any]:
    late = [
        told(f"T{n}").then("2026-10-12T11:00", "sign", late=True).then("2026-10-20T09:00", "reply")
        for n in range(3)
    ]
    facts = [
        *late,
        well_done("G1"),
        one("attitude", name="ev_9", why="推诿拒接"),
        one("shirking", name="fnd_1", why="<拒不办理> & 推诿"),
    ]
    return (
        scored(facts).as_json() | {"numbers": {"T0": "20261012-000001"}, "id": "asm_1", "version": 2} | more
    )


def cells(book: bytes) -> dict[str, list[str]]:
    opened = load_workbook(BytesIO(book))
    return {
        page.title: [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]
        for page in opened
    }


def text_of(pdf: bytes) -> str:
    """What is written on its pages: content streams, whose strings are UCS-2 for the Chinese font."""
    found = ""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            content = zlib.decompress(
                base64.a85decode(stream.strip(), adobe=False)
                if stream.strip().endswith(b"~>") is False
                else base64.a85decode(b"<~" + stream.strip(), adobe=True)
            )
        except (ValueError, zlib.error):
            continue
        for said in re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", content, re.DOTALL):
            plain = re.sub(
                rb"\\([0-7]{3}|.)",
                lambda m: (
                    bytes([int(m[1], 8)])
                    if len(m[1]) == 3
                    else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(m[1], m[1])
                ),
                said,
                flags=re.DOTALL,
            )
            found += plain.decode("utf-16-be", "replace")
    return found


def test_the_spreadsheet_holds_title_items_events_notes_and_blocks_to_sign() -> None:
    found = cells(as_xlsx([made()]))
    assert list(found) == ["市水务局"]
    text = "\n".join(found["市水务局"])
    assert text.startswith("延吉市12345政务服务热线工作考核表")
    for expected in (
        "被考核单位：市水务局（SW）", "考核期：2026年10月", "版本：定稿第2版", "工单20261012-000001", "事件 T0.1、T0.2",
        "002 附五(一)1", "每件扣分未设定", "其中：全部转办件", "热线办负责人（签字、盖章）", "被考核单位负责人（签字、盖章）",
        "称共7个部分，列出的是6个", "002 为《延吉市12345政务服务热线运营管理实施细则》",
    ):  # fmt: skip
        assert expected in text, expected
    assert not re.search("第.*名", text)


def test_several_units_have_a_summary_and_a_place_only_where_one_is_given() -> None:
    other = made(unit="JT", unit_name="市水务局")
    found = cells(as_xlsx([made(), other]))
    assert list(found) == ["汇总", "市水务局", "市水务局2"]
    assert "名次" not in found["汇总"]
    assert "名次" in cells(as_xlsx([made(rank=2), other]))["汇总"]


def test_what_looks_like_a_formula_stays_text_and_odd_names_make_no_bad_sheet() -> None:
    book = load_workbook(
        BytesIO(
            as_xlsx([made(unit_name='=HYPERLINK("x")[a]:*?/\\长长的单位名称长长的单位名称长长的单位名称')])
        )
    )
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)
    assert all(len(page.title) <= 31 for page in book)


def test_grades_are_handed_over_to_good_bad_on_a_page_of_their_own() -> None:
    found = sheet(
        well_done().facts, under("heyuan"), period("2026-10"), SW, at("2026-11-10T09:00"), "市水务局"
    ).as_json()
    handed = cells(as_xlsx([found | {"numbers": {"T1": "20261012-000009"}}]))["好差评"]
    assert handed[:4] == ["工单", "承办单位", "评价", "评价时间"]
    assert handed[4:7] == ["20261012-000009", "市水务局", "满意"]


def test_the_page_to_sign_says_the_same_in_chinese() -> None:
    pdf = as_pdf([made()])
    assert b"/STSong-Light" in pdf
    text = text_of(pdf)
    for expected in (
        "延吉市12345政务服务热线工作考核表",
        "市水务局",
        "及时签收",
        "扣0.5分",
        "热线办负责人",
        "<拒不办理> & 推诿",
        "第 1 页",
    ):
        assert expected in text, expected


def test_the_font_the_set_up_brought_is_carried_in_part() -> None:
    font = fonts.find()
    need("a Chinese font", font, "./hotline setup font")
    assert font is not None
    pdf = as_pdf([made()], font, "仅供 督查室 使用")
    assert b"/FontFile2" in pdf
    assert b"/STSong-Light" not in pdf
    assert len(pdf) < 400_000 < font.stat().st_size
    assert re.search(rb"/BaseFont /[A-Z]{6}\+\S*WenQuanYi", pdf) or font.name != "wqy-microhei.ttc"


def test_what_leaves_is_marked_on_every_page() -> None:
    text = text_of(as_pdf([made(), made(unit="JT")], None, "仅供 督查室 使用"))
    assert text.count("仅供 督查室 使用") == 4 * len(re.findall(r"第 \d+ 页", text)) >= 8


def test_several_sheets_are_several_pages_and_none_is_no_error() -> None:
    count = len(re.findall(rb"/Type /Page\b", as_pdf([made(), made(unit="JT")])))
    assert count >= 2 * len(re.findall(rb"/Type /Page\b", as_pdf([made()])))
    assert as_pdf([]).startswith(b"%PDF")
    assert as_xlsx([]).startswith(b"PK")


def test_a_file_that_is_no_font_is_named(tmp_path: Path) -> None:
    path = tmp_path / "font.ttf"
    path.write_bytes(b"no font")
    with pytest.raises(BadInput, match=r"font\.ttf"):
        as_pdf([made()], path)


@pytest.mark.parametrize(
    ("value", "shown"), [("72.00", "72"), ("2.50", "2.5"), ("0.00", "0"), ("9.89", "9.89"), (None, "")]
)
def test_points_are_written_without_idle_zeros(value: str | None, shown: str) -> None:
    assert layout.number(value) == shown
