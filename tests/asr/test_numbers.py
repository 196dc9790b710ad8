"""Spoken numbers: what becomes digits, and what must stay words."""

import pytest

from asr.numbers import digits

pytestmark = pytest.mark.unit

BECOMES = [
    ("我的电话是一三八零零一三八零零零", "我的电话是13800138000"),
    ("我的电话是138 0013 8000", "我的电话是13800138000"),
    ("我的电话是138，0013，8000", "我的电话是13800138000"),
    ("我的电话是要38，0013，8000", "我的电话是13800138000"),
    ("幺三九，幺二三四，五六七八", "13912345678"),
    ("请拨打一二三四五热线", "请拨打12345热线"),
    ("这里是邀2345政务服务热线", "这里是12345政务服务热线"),
    ("12 345", "12345"),
    ("请拨幺幺零", "请拨110"),
    ("请拨要要九", "请拨119"),
    ("二零二六年", "2026年"),
    ("住在解放路一百二十八号三栋二零一室", "住在解放路128号三栋201室"),
    ("收了我三百五十元", "收了我350元"),
    ("一百万元", "100万元"),
    ("五十多元", "50多元"),
    ("十个工作日", "10个工作日"),
    ("十二月二十三号", "12月23号"),
    ("九点三十分", "9点30分"),
    ("九点零五分", "9点05分"),
    ("百分之三十", "30%"),
    ("三百二十平方米", "320平方米"),
]
STAYS = [
    "我有一些问题", "等一下", "万一丢了", "十分感谢", "千万别", "一心一意", "一五一十", "七七八八", "三三两两", "一二三产业",
    "三四百块钱", "一二十个人", "几十个人", "十几个", "数百元", "二百五", "第二十三条", "三八妇女节", "五一劳动节", "三天", "两个月",
    "我需要3800元", "他要2000元", "我要20天", "要90元", "千万元", "三十而立", "统一", "一一解答", "零点三三", "老百姓", "八点五",
]  # fmt: skip


@pytest.mark.parametrize(("heard", "written"), BECOMES)
def test_sure_numbers_become_digits(heard: str, written: str) -> None:
    assert digits(heard) == written


@pytest.mark.parametrize("words", STAYS)
def test_words_stay_words(words: str) -> None:
    assert digits(words) == words


@pytest.mark.parametrize("text", [written for _, written in BECOMES])
def test_what_is_written_stays(text: str) -> None:
    assert digits(text) == text
