"""From an engine's text to a reader's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.cleanup import boilerplate, clean, loops, without_loops

pytestmark = pytest.mark.unit

TABLE = [
    ("請問社保卡丟了怎麼補辦", "请问社保卡丢了怎么补办。"),
    ("您 好 我 想 咨询 一下", "您好我想咨询一下。"),
    ("你好,我想问一下?", "你好，我想问一下？"),
    ("这个能办吗", "这个能办吗？"),
    ("应该找谁，", "应该找谁？"),
    ("谢谢！", "谢谢！"),
    ("，，好的", "好的。"),
    ("费用是3.5元", "费用是3.5元。"),
    ("A座 301 室", "A座301室。"),
    ("WiFi 密码", "WiFi密码。"),
    ("安녕하세요", "安녕하세요。"),
    ("어 거의 비슷하더라", "어 거의 비슷하더라"),
    ("对对对对对", "对对。"),
    ("我想投诉我想投诉我想投诉我想投诉我想投诉", "我想投诉。"),
    ("一三八八八八八八八八八", "13888888888"),
    ("......", ""),
    ("。", ""),
    ("   ", ""),
    ("", ""),
    ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", ""),
    ("字幕由Amara.org社区提供", ""),
    ("字幕志愿者 李宗盛", ""),
    ("谢谢大家收看", ""),
    ("谢谢您的帮助，请问什么时候能收到电视信号的赔偿", "谢谢您的帮助，请问什么时候能收到电视信号的赔偿。"),
]


@pytest.mark.parametrize(("heard", "read"), TABLE)
def test_clean(heard: str, read: str) -> None:
    assert clean(heard) == read


@pytest.mark.parametrize(("_", "read"), TABLE)
def test_clean_twice_is_clean_once(_: str, read: str) -> None:
    assert clean(read) == read


@given(st.text(alphabet="我你好一二三零幺要，。 ,.？点赞abc12345十百万元個", max_size=40))
def test_clean_never_fails_and_never_grows_much(text: str) -> None:
    assert len(clean(text)) <= len(text) + 6


def test_a_citizen_who_speaks_of_subtitles_is_heard() -> None:
    assert not boilerplate("我想反映电视台的节目没有字幕，听力障碍的人看不了，谢谢收听我的意见")


@pytest.mark.parametrize("text", ["好的好的好的好的好的", "的的的的的的的的的", "请拨打请拨打请拨打请拨打"])
def test_a_stuck_recogniser_is_noticed(text: str) -> None:
    assert loops(text)
    assert not loops(without_loops(text))


@pytest.mark.parametrize("text", ["对对对对", "0000000000", "八八八八八八八八", "好的，好的，谢谢"])
def test_people_who_repeat_are_not_stuck(text: str) -> None:
    assert not loops(text)
