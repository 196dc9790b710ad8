"""Numbers, dates, sums and addresses in what was said."""

import pytest

from core.entities import KIND_NAMES, Kind, entities, is_id_card

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我的电话是13800138000。", [("mobile", "13800138000")]),
        ("办公室0735-2345678没人接", [("landline", "0735-2345678")]),
        ("身份证11010519491231002X", [("id_card", "11010519491231002X")]),
        ("打12345还是12315？", [("service_number", "12345"), ("service_number", "12315")]),
        ("2026年3月15日交了3500元", [("date", "2026年3月15日"), ("money", "3500元")]),
        ("晚上10点30分还在施工", [("clock", "晚上10点30分")]),
        ("涨了15%", [("percent", "15%")]),
        (
            "人民路18号3栋2单元501室",
            [("door", "18号"), ("door", "3栋"), ("door", "2单元"), ("door", "501室")],
        ),
        ("车牌湘L12345", [("plate", "湘L12345")]),
        ("交了12000元", [("money", "12000元")]),
        ("这是20261128-000123号工单", []),
        ("我不知道找谁", []),
    ],
)
def test_what_is_said_is_found(text: str, found: list[tuple[Kind, str]]) -> None:
    told = entities(text)
    assert [(one.kind, one.text) for one in told] == found
    assert all(text[one.start : one.end] == one.text for one in told)
    assert {one.kind for one in told} <= set(KIND_NAMES)


def test_an_id_number_whose_check_character_is_wrong_is_none() -> None:
    assert is_id_card("11010519491231002x")
    assert not is_id_card("110105194912310021")
    assert not entities("身份证110105194912310021")
