"""保密件: whatever people call a reporter goes from what others may read, and nothing that the unit needs."""

import pytest

from core.vault import HIDDEN, redacted

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "said", "shown"),
    [
        ("张三丰", "张女士您好，我叫张三丰", "〔保密〕您好，我叫〔保密〕"),
        ("张三丰", "张 三丰、张*＊、张某某、张某丰、张XX都是我", "〔保密〕、〔保密〕、〔保密〕、〔保密〕、〔保密〕都是我"),
        ("张三丰", "我姓张，小张，老张说，张总，一名张姓市民", "我〔保密〕，〔保密〕，〔保密〕说，〔保密〕，一名〔保密〕市民"),
        ("张三丰", "张大哥、张 阿姨、张老板", "〔保密〕、〔保密〕、〔保密〕"),
        ("张女士", "张女士，张先生，我姓张", "〔保密〕，〔保密〕，我〔保密〕"),
        ("小张", "小张，张师傅", "〔保密〕，〔保密〕"),
        ("欧阳志远", "欧阳女士、欧女士、欧阳**、欧***", "〔保密〕、〔保密〕、〔保密〕、〔保密〕"),
        ("欧阳女士", "欧阳女士，我姓欧阳", "〔保密〕，我〔保密〕"),
        ("诸葛亮", "诸葛先生说，免贵姓诸葛", "〔保密〕说，免贵〔保密〕"),
        ("阿依古丽·买买提", "阿依古丽女士，阿依古丽买买提", "〔保密〕，〔保密〕"),
        ("郴州某某科技有限公司", "郴州某某科技问稳岗返还，郴州某某科技有限公司", "〔保密〕问稳岗返还，〔保密〕"),
    ],
)  # fmt: skip
def test_whatever_form_a_reporters_name_is_written_in_it_is_taken_out(
    name: str, said: str, shown: str
) -> None:
    assert redacted(said, name) == shown.replace("〔保密〕", HIDDEN)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("张三丰", "张局长收钱，开张通知贴在张家界路，姓名未填"),
        ("张三丰", "张***是另一个人，李女士也是"),
        ("程小东", "小程序打不开，老程度"),
        ("于成龙", "小于等于三天，老百姓于去年反映"),
        ("区伟", "小区，小区的水管漏水"),
        ("方正", "对方某公司不给发票，上周某小区停水"),
        ("周全", "对方某公司不给发票，上周某小区停水"),
        ("", "张女士"),
        (None, "张女士"),
        ("先生", "张先生"),
    ],
)
def test_whom_the_report_is_about_and_ordinary_words_stay(name: str | None, said: str) -> None:
    assert redacted(said, name) == said
