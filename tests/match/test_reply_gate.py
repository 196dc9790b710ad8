"""What a reply leaves out, copies or cites wrongly; which demands it answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app import policies
from app.laws import register
from core.policy import Policy
from match.alike import copied, fits_any, matter_alike, places
from match.demands import answered, demands
from match.reply_gate import Asked, check

pytestmark = pytest.mark.unit
HEYUAN = policies.load("heyuan")
LAWS, GENERIC = register()
WHEN = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
REPLY = {
    "handled_at": "2026-11-20", "section": "供水科", "handler": "李工", "result": "11月20日已修复管道，恢复供水",
    "law": "《城市供水条例》", "basis": "供水服务规范", "talk": "已电话告知",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("小区停水两天", ["小区停水两天"]),
        (
            "工地欠薪。要求发还工资，并说明原因？希望公布电话。",
            ["要求发还工资，并说明原因？", "希望公布电话。"],
        ),
        ("1.小区停水两天；2.水费多收50元；3.物业态度差", ["小区停水两天", "水费多收50元", "物业态度差"]),
        ("一是噪音扰民，二是垃圾没人清运", ["噪音扰民", "垃圾没人清运"]),
        ("（一）路灯不亮（二）井盖缺失", ["路灯不亮", "井盖缺失"]),
        ("他是第一个来的，要求赔偿", ["他是第一个来的，要求赔偿"]),
        ("", []),
    ],
)
def test_demands_are_told_apart(text: str, asked: list[str]) -> None:
    assert [one.quote for one in demands(text)] == asked


@pytest.mark.parametrize(
    ("asked", "reply", "met"),
    [
        ("要求发还拖欠的工资", "施工单位已将拖欠工资全部发还", True),
        ("要求发还拖欠的工资", "施工单位已将脱欠公资全部发环", True),  # as it sounds
        ("希望公布投诉电话", "施工单位已将拖欠工资全部发还", False),
        ("什么时候恢复供水", "预计11月21日恢复供水", True),
        ("垃圾没人清运", "已责令停止夜间施工", False),
    ],
)
def test_a_reply_answers_what_it_speaks_of(asked: str, reply: str, met: bool) -> None:
    (one,) = answered(demands(asked), reply)
    assert (one.share * 100 >= HEYUAN.ways.gate.addressed) is met


def test_a_good_reply_passes_without_a_word() -> None:
    assert check(REPLY, Asked("要求恢复供水", (), WHEN, False, LAWS, GENERIC), HEYUAN).findings == ()


def test_a_copy_with_other_dates_is_a_copy_and_short_replies_are_nobodys() -> None:
    earlier = [("20261101-000001", "11月3日已修复管道，恢复供水，请知悉"), ("20261101-000002", "已修复")]
    found = copied("11月20日已修复管道，恢复供水，请知悉", earlier, 90)
    assert found is not None
    assert (found.key, found.score) == ("20261101-000001", 100.0)
    assert copied("已修复", earlier, 90) is None
    assert copied("已为小区更换水表并退还水费一百元", earlier, 90) is None


def test_a_reply_of_phrases_alone_fits_any_matter() -> None:
    assert fits_any("您反映的问题已收悉，我局高度重视，正在积极处理，感谢您的理解与支持！", GENERIC)
    assert fits_any("11月20日已修复管道，恢复供水，感谢您的理解与支持", GENERIC) == ()
    assert fits_any("11月20日已修复管道", GENERIC) == ()


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("《劳动合同法》第三十条", ""),
        ("《中华人民共和国劳动合同法》第九十八条", ""),
        ("《劳动合同法》第九十九条", "共98条，没有第99条"),
        ("《保障农民工工资支付条例》", ""),
        ("《郴州市养犬管理条例》第五条", "未收录"),
        ("城市供水条例第二十条", ""),
        ("郴州市养犬管理条例第五条", "未收录"),
        ("《关于加强供水管理的通知》", ""),
        ("无", ""),
    ],
)
def test_the_law_cited_is_looked_up_and_never_called_false(law: str, said: str) -> None:
    found = check(
        REPLY | {"law": law}, Asked("要求恢复供水", (), WHEN, False, LAWS, GENERIC), HEYUAN
    ).findings
    assert [one.kind for one in found] == (["law"] if said else [])
    assert all(said in one.words and "不存在" not in one.words for one in found)


def test_missing_fields_refuse_and_what_else_refuses_is_the_citys_choice() -> None:
    asked = Asked("要求恢复供水", (), None, False, LAWS, GENERIC)
    bare = check({"result": "已恢复供水"}, asked, HEYUAN)
    assert [(one.kind, one.refuses) for one in bare.findings] == [
        ("fields", True),
        ("contact", False),
        ("told", False),
    ]
    strict = Policy.model_validate(
        HEYUAN.model_dump(mode="json", by_alias=True) | {"ways": {"gate": {"refuse": ["fields", "contact"]}}}
    )
    assert {one.kind for one in check(REPLY, asked, strict).refused} == {"contact"}
    with pytest.raises(ValueError, match="fields"):
        Policy.model_validate(
            HEYUAN.model_dump(mode="json", by_alias=True) | {"ways": {"gate": {"refuse": []}}}
        )


def test_a_supervision_order_is_answered_in_writing() -> None:
    assert (
        check({"result": "已约谈用工单位，工资已发"}, Asked("【红牌督办】", in_writing=True), HEYUAN).findings
        == ()
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("北湖区阳光小区停水两天了，没人管", "北湖区阳光小区还在停水，都三天了", True),
        ("阳光小区停水两天", "洋光小区停水", True),
        ("工地拖欠三个月工资", "工地拖欠工资三个月了还没有给", True),
        ("苏仙区白露塘镇养猪场臭味大，河水变黑", "白露塘镇养猪场污染河水，臭味熏天", True),
        ("阳光小区停水两天", "香花小区停水两天", False),
        ("小区噪音扰民，夜间施工", "小区停水，水费多收", False),
        ("某公司拖欠工资，要求发还", "某公司不交社保，要求补缴", False),
        ("拖欠工资", "求助开通公交线路到开发区", False),
    ],
)
def test_the_same_matter_is_known_by_words_sound_and_place(one: str, other: str, same: bool) -> None:
    assert (matter_alike(one, other).score * 100 >= HEYUAN.repeats.alike) is same
    assert matter_alike(one, other).score == matter_alike(other, one).score


def test_places_are_named_as_people_name_them() -> None:
    assert places("我住在北湖区阳光小区3栋，人民路的路灯坏了") >= {"北湖区阳光小区", "人民路"}
