"""What the documents order of replies, repeats, grades and reporters' secrecy: the gate, the rules on repeats and the life obey it."""

from dataclasses import replace

import pytest

from api.actor import Actor
from api.confidential import Veil, veiled
from app.laws import register
from app.policies import load
from app.seeding import house_content
from app.ways.feedback import advice
from core.after_call import GRADE_NAMES, VIAS, grade_of_key
from core.errors import BadInput, NotAllowed
from core.events import Replied
from core.policy import Policy
from match.repeats import Past, Ruling, Same, Third, ruling
from match.reply_gate import Asked, check
from store.tables import Ticket as Row
from tests.tickets.conformance.rules import clause
from tests.tickets.conformance.test_heyuan import without
from tests.tickets.desk import CALENDAR, HEYUAN, REPLY, UNIT, YANJI, at, in_state, step
from tickets.assessment.trace import Happened, Told, traced
from tickets.lifecycle import apply
from tickets.table import possible

pytestmark = pytest.mark.unit
CHENZHOU, HENAN = load("chenzhou"), load("henan")
WHEN = at("2026-11-09T11:00")


def again(
    policy: Policy, state: str, raised: int = 0, new_facts: str = "", third: Third | None = None
) -> Ruling:
    past = Past("t1", "20261101-000001", "t1", state, "小区停水", WHEN, "SW", raised=raised)  # type: ignore[arg-type]
    return ruling(Same(past, 0.9, ()), new_facts, policy.repeats, third or policy.switches.third_repeat.value)


@clause("001 11", "按督办、重办意见办结并确认的，同一事实和理由不再受理；有新情况的受理")
def test_001_11_a_confirmed_matter_is_never_taken_again() -> None:
    settled = again(HEYUAN, "confirmed")
    assert (settled.way, settled.never, settled.clause) == ("refuse", True, "001 11")
    assert again(HEYUAN, "confirmed", new_facts="又停水了").way == "take"
    assert again(HEYUAN, "confirmed", raised=9).way == "refuse"


@clause("001 6(八)", "正在办理或已办结、无新情况新理由的同一事项不予受理")
def test_001_6_8_an_open_or_settled_matter_needs_new_facts() -> None:
    assert [again(HEYUAN, state).way for state in ("open", "closed")] == ["refuse", "refuse"]
    assert [again(HEYUAN, state, new_facts="二单元也停").way for state in ("open", "closed")] == [
        "take",
        "take",
    ]


@clause("001 6(八)", "即时答复、不予受理或撤回的事项既非正在办理也未办结，再次反映的予以受理")
def test_001_6_8_what_no_unit_settled_is_neither_under_way_nor_settled() -> None:
    assert again(HEYUAN, "unhandled").way == "take"
    assert again(HEYUAN, "unhandled", raised=2).way == "take"


@clause(
    "001 19(七)",
    "同一事项第3次重复反映：无新情况、新理由的仍不受理并说明，次数计入追责线索；或并入首件，或受理并督办",
)
def test_001_19_7_the_third_repeat_is_refused_merged_or_supervised() -> None:
    for state in ("open", "closed"):
        third = again(HEYUAN, state, raised=2)
        assert (third.way, third.count, third.never) == ("refuse", 3, False)
        assert "第3次" in third.words
        assert "责任追究" in third.words
        assert again(HEYUAN, state, raised=2, new_facts="又停水了").way == "take"
    merged = again(HEYUAN, "open", raised=2, third="merge")
    assert (merged.way, merged.clause) == ("merge", "001 19(七)")
    assert again(HEYUAN, "closed", raised=2, third="merge").way == "refuse"
    escalated = again(HEYUAN, "open", raised=2, third="escalate")
    assert (escalated.way, escalated.count, escalated.clause) == ("escalate", 3, "001 19(七)")
    assert again(HEYUAN, "open", raised=1, third="escalate").way == "refuse"


@clause("001 12", "回复平台须有七项，并及时将结果告知诉求人：何时、如何告知在案，逾期告知可见")
def test_001_12_a_reply_says_that_the_citizen_was_told() -> None:
    for missing in REPLY:
        without("signed", "reply", missing)
    ticket = in_state("signed")
    done = apply(
        ticket, "reply", UNIT, WHEN, HEYUAN, CALENDAR, **REPLY, told_at=WHEN.isoformat(), told_how="phone"
    )
    (told,) = (one for one in done.events if isinstance(one, Replied))
    assert (told.told, told.told_at, told.told_late) == (True, WHEN, False)


@clause("001 12", "智能审单：逐项回应诉求、不照抄套话、引用的法律法规在库，发现的情形供审核")
def test_001_12_a_reply_is_held_against_what_was_asked() -> None:
    laws, generic = register()
    asked = Asked(
        "要求恢复供水。希望退还多收的水费。",
        [("20261101-000001", REPLY["result"])],
        WHEN,
        False,
        laws,
        generic,
    )
    good = REPLY | {"result": "11月10日已恢复供水，多收的水费将于本月退还到账户", "law": "《城市供水条例》"}
    assert check(good, asked, HEYUAN).findings == ()
    poor = REPLY | {
        "result": "您反映的问题已收悉，正在积极处理，感谢您的理解与支持",
        "law": "《劳动合同法》第九百条",
    }
    assert {one.kind for one in check(poor, asked, HEYUAN).findings} == {"unaddressed", "template", "law"}
    assert check({}, asked, HEYUAN).refused[0].clause == "001 12"


@clause("001 14", "受理、办理两个环节五级评价；人工、自助语音、短信、线上四种渠道；基本满意计为满意")
def test_001_14_five_grades_two_stages_four_channels() -> None:
    assert list(GRADE_NAMES.values()) == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    assert [grade_of_key(key) for key in "12345"] == list(GRADE_NAMES)
    assert {"agent", "phone_key", "voice", "sms", "online"} == set(VIAS)
    assert HEYUAN.after.grading
    assert HEYUAN.after.revisit
    assert (HEYUAN.after.grading.scale, HEYUAN.after.grading.intake) == ("five_grades", True)
    assert HEYUAN.switches.basically_satisfied.value == "satisfied"
    assert HEYUAN.intake.menu
    assert HEYUAN.intake.menu.value == "rating_only"
    graded = step(in_state("resolved"), "revisit", WHEN, grade="fairly_satisfied")
    assert (graded.state, graded.grade) == ("revisited", "fairly_satisfied")


@clause("002 附五(一)5", "逾期后方告知诉求人的，记为未按时答复")
def test_002_annex_5_1_5_telling_the_citizen_late_is_on_record() -> None:
    ticket, late = in_state("signed", YANJI), at("2026-11-20T10:00")
    done = apply(ticket, "reply", UNIT, late, YANJI, CALENDAR, **REPLY, told_at=late.isoformat())
    (told,) = (one for one in done.events if isinstance(one, Replied))
    assert told.told_late
    silent = apply(ticket, "reply", UNIT, WHEN, YANJI, CALENDAR, result="已修复")
    (untold,) = (one for one in silent.events if isinstance(one, Replied))
    assert not untold.told
    happened = [Happened("e1", 1, "ticket.replied", untold.at, untold.payload())]
    (fact,) = traced(Told("T1", "help", "yanji"), happened, YANJI, CALENDAR)
    assert fact.data["told"] is False


@clause("002 附五(一)8", "重复投诉每件扣分，条文未禁止再次受理：在办的并入首件，已办结的受理，不因次数拒绝")
def test_002_annex_5_1_8_no_number_of_repeats_is_turned_away() -> None:
    assert [again(YANJI, "open", raised=n).way for n in (0, 2, 9)] == ["merge"] * 3
    assert [again(YANJI, "closed", raised=n).way for n in (0, 2, 9)] == ["take"] * 3


@clause("002 附五(一)8", "同一人重复投诉的并单或另行受理，均计入首件承办单位")
def test_002_annex_5_1_8_a_repeat_is_counted_for_the_first_unit() -> None:
    open_, closed = again(YANJI, "open"), again(YANJI, "closed")
    assert [(one.way, one.count, one.of.unit if one.of else "") for one in (open_, closed)] == [
        ("merge", 1, "SW"), ("take", 1, "SW"),
    ]  # fmt: skip


@clause("002 12", "回访调查满意度；评价结果反馈承办单位并提出改进意见")
def test_002_12_the_unit_hears_the_grade_with_advice() -> None:
    assert YANJI.after.grading
    assert YANJI.after.revisit
    assert (YANJI.after.grading.scale, YANJI.after.grading.intake) == ("satisfied_or_not", False)
    assert [GRADE_NAMES[one] for one in YANJI.after.grades] == ["满意", "不满意"]
    assert [grade_of_key(key, YANJI.after.grades) for key in "123"] == ["satisfied", "dissatisfied", None]
    with pytest.raises(BadInput, match="满意"):
        step(in_state("resolved", YANJI), "revisit", WHEN, YANJI, grade="fairly_satisfied")
    assert step(in_state("resolved", YANJI), "revisit", WHEN, YANJI, grade="satisfied").state == "revisited"
    assert (
        advice(["unaddressed", "contact", "unaddressed"])
        == "逐项回应诉求；办理前联系诉求人；请核查诉求人不满意的原因"
    )


@clause("000 三(六)", "评价结果反馈承办单位，根据需要提出改进意见；称未联系的列为虚假办结线索")
def test_000_3_6_what_citizens_say_goes_back_to_the_unit() -> None:
    assert advice([]) == "请核查诉求人不满意的原因"
    said = apply(
        in_state("resolved"),
        "revisit",
        replace(UNIT, id="c", role="clock", unit=None),
        WHEN,
        HEYUAN,
        CALENDAR,
        grade="dissatisfied",
        contacted=False,
    )
    assert said.entries[0].facts["contacted"] is False


@clause("000 三(三)", "妥善保护投诉举报人隐私：保密工单的承办单位看不到姓名和号码，经热线联系")
def test_000_3_3_the_unit_never_learns_who_reported() -> None:
    row = Row(
        confidential=True,
        citizen_name="张三丰",
        caller="13812345678",
        body="张三丰（13812345678）举报欠薪，张女士住3栋",
    )
    assert veiled(Actor("u", "u", "u", "unit", "SW"), row)
    shown = Veil(row).text(row.body)
    assert not any(word in shown for word in ("张", "138", "5678"))
    assert "举报欠薪" in shown


@clause("000 三(四)", "延期经审核同意并告知诉求人；办理结果反馈诉求人并回复平台，谁办理谁答复")
def test_000_3_4_the_unit_tells_the_citizen_and_the_platform() -> None:
    assert HENAN.extension
    assert HENAN.reply
    assert (HENAN.extension.tell_citizen, HENAN.reply.fields) == (True, ("result",))
    found = check({"result": "管道已修复，恢复供水"}, Asked("要求恢复供水", (), WHEN), HENAN)
    assert [one.kind for one in found.findings] == ["told"]
    assert check({}, Asked("要求恢复供水", (), None), HENAN).refused[0].clause == "000 三(四)"


@clause("000 三(四)", "第一时间联系诉求人：回复前没有联系记录的列出")
def test_000_3_4_a_reply_without_contact_is_shown() -> None:
    assert "contact" in possible("dispatched", "unit")
    asked = Asked("要求恢复供水", (), None)
    kinds = [one.kind for one in check({"result": "已恢复供水", "talk": "已告知"}, asked, HENAN).findings]
    assert kinds == ["contact"]
    with pytest.raises(NotAllowed):
        step(in_state("filed"), "contact", WHEN)


@clause("003 二.5", "十种情形不予受理，各有告知的话；同一事项已受理、在办或办结且无新情况新理由的不再受理")
def test_003_2_5_ten_grounds_and_no_repeats() -> None:
    grounds = [one for one in house_content().grounds if one.profile == "chenzhou"]
    assert CHENZHOU.intake.refusals
    assert len(grounds) == CHENZHOU.intake.refusals.value == 10
    assert all(one.words for one in grounds)
    assert CHENZHOU.switches.conduct_complaints.value == "conduct_only"
    for state in ("open", "closed"):
        told = again(CHENZHOU, state)
        assert (told.way, told.clause) == ("refuse", "003 二.5")
        assert again(CHENZHOU, state, new_facts="又停水了").way == "take"
    without("intake", "refuse", "told")
