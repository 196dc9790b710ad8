"""Written numbers as they are read aloud."""

import pytest

from asr.spoken import spoken

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("这里是12345热线", "这里是幺二三四五热线"),
        ("请拨110、119、120、122", "请拨幺幺零、幺幺九、幺二零、幺二二"),
        ("打13800138000", "打幺三八，零零幺三，八零零零"),
        ("0762-3388000", "零七六二三三八八零零零"),
        ("2026年3月", "二零二六年三月"),
        ("花了350元", "花了三百五十元"),
        ("3.5元", "三点五元"),
        ("涨了5%", "涨了百分之五"),
        ("20", "二十"),
        ("没有数字", "没有数字"),
    ],
)
def test_spoken(written: str, said: str) -> None:
    assert spoken(written) == said
