"""002 延吉: 第四章 监督考核 and the annex as points: what the table orders, the engine does."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from core.policy import Policy, silent
from tests.tickets.assessment.make import Story, again, one, points, scored, told, well_done, with_urging
from tests.tickets.conformance.rules import clause
from tests.tickets.desk import YANJI, at
from tickets.assessment.fact import Fact

pytestmark = pytest.mark.unit


def lost(*facts: Fact | Story, **how: str) -> dict[str, str]:
    """Items that are not full in October, one ticket well done beside."""
    return points(scored([well_done("OK"), *facts], **how))  # type: ignore[arg-type]


def graded(good: int, of: int) -> list[Story]:
    return [well_done(f"T{n}", "satisfied" if n < good else "dissatisfied") for n in range(of)]


def registered(**data: object) -> Callable[[], Fact]:
    return lambda: one("register", "2026-10-02T09:00", "reg_2", **data)


@clause("002 19", "考核结果按权重纳入绩效考核：权重未载明须设定，设定后折算")
def test_002_19_the_result_is_worth_its_weight() -> None:
    raw = YANJI.model_dump(mode="json", by_alias=True)
    raw["assessment"]["weight"] = {"value": "5", "clause": "002 19", "note": "市政府定"}
    late = one("criticised")  # −5 of 100 in one quarter, −1.25 over the year
    year = scored([late], "2026", policy=Policy.model_validate(raw), as_of=at("2027-01-10T09:00"))
    assert (year.points, year.as_json()["weighted"]) == (Decimal("98.75"), {"points": "4.94", "of": "5.00"})
    unset = scored([late], "2026", as_of=at("2027-01-10T09:00"))
    assert "weighted" not in unset.as_json()
    assert any("assessment.weight" in note for note in unset.notes)


@clause("002 22", "月通报（工作实绩72分）、季考核、年终总评；季度取三个月平均（或相加、取末月）")
def test_002_22_month_quarter_year() -> None:
    facts = [
        told()
        .then("2026-10-12T11:00", "sign", late=True)
        .then("2026-10-13T09:00", "reply")
        .then("2026-10-14T09:00", "grade", grade="satisfied")
    ]
    month, quarter, year = (
        scored(facts, name, as_of=at("2027-01-10T09:00")) for name in ("2026-10", "2026-Q4", "2026")
    )
    assert (month.full, month.points) == (Decimal(72), Decimal("71.50"))
    assert (quarter.full, quarter.points) == (Decimal(100), Decimal("99.83"))
    assert (year.full, year.points) == (Decimal(100), Decimal("99.96"))
    pooled = scored(facts, "2026-Q4", as_of=at("2027-01-10T09:00"), switches="quarter_of_months=pooled")
    assert pooled.points == Decimal("99.50")


@clause("002 23", "百分制；条文称七个部分，列出六个（4+4+6+6+72+8＝100）：按列出的计并注明")
def test_002_23_a_hundred_points_in_the_parts_that_are_named() -> None:
    assert YANJI.assessment
    assert list(YANJI.assessment.parts.values()) == [4, 4, 6, 6, 72, 8]
    assert (YANJI.assessment.parts_said, len(YANJI.assessment.parts)) == (7, 6)
    assert any("称共7个部分" in note for note in scored([well_done()]).notes)


@clause("002 附一(一)", "主要领导、分管领导、承办科室明确得2分，否则不得分")
def test_002_annex_1_1_leaders_and_section() -> None:
    assert lost(registered(chief=True, leader=True, section=False, handlers=1)()) == {"leaders": "0.00"}


@clause("002 附一(二)", "1名以上专（兼）职人员得2分，否则不得分")
def test_002_annex_1_2_at_least_one_handler() -> None:
    assert lost(registered(chief=True, leader=True, section=True, handlers=0)()) == {"staff": "0.00"}


@clause("002 附二(一)", "建章立制：上传并经审核的规定，2分")
def test_002_annex_2_1_rules_of_the_house() -> None:
    assert points(scored([well_done()], kept=False))["rules"] == "0.00"
    assert "rules" not in lost()


@clause("002 附二(二)", "完善程序：接收至归档的程序和标准，2分")
def test_002_annex_2_2_procedures() -> None:
    assert points(scored([well_done()], kept=False))["procedure"] == "0.00"
    assert "procedure" not in lost()


@clause("002 附三(一)", "办理网络不畅无法传输1次扣0.5分，不可抗力除外")
def test_002_annex_3_1_network() -> None:
    ruling = one(
        "ruling",
        name="r1",
        scopes=["network"],
        starts_at="2026-10-20T00:00+08:00",
        ends_at="2026-10-21T00:00+08:00",
        reason="暴雨",
    )
    assert lost(one("network_outage")) == {"network": "1.50"}
    assert lost(one("network_outage"), ruling) == {}


@clause("002 附三(二)", "工作时间内专线半小时以上无人接听1次扣0.5分，无除外情形")
def test_002_annex_3_2_fixed_line() -> None:
    ruling = one(
        "ruling",
        name="r1",
        scopes=["phone"],
        starts_at="2026-10-20T00:00+08:00",
        ends_at="2026-10-21T00:00+08:00",
        reason="光缆中断",
    )
    assert lost(one("fixed_line_outage")) == {"fixed_line": "1.50"}
    assert lost(one("fixed_line_outage"), ruling) == {"fixed_line": "1.50"}
    assert lost(one("mobile_outage"), ruling) == {}


@clause("002 附三(三)", "手机联系不畅1次扣0.5分，不可抗力除外")
def test_002_annex_3_3_mobiles() -> None:
    assert lost(one("mobile_outage")) == {"mobiles": "1.50"}
    assert lost(one("mobile_outage", excused="不可抗力")) == {}


@clause("002 附四(一)", "知识库及时更新，未达到扣3分")
def test_002_annex_4_1_knowledge_costs_three_points() -> None:
    assert lost(one("knowledge_late", name="k1"), one("knowledge_late", name="k2")) == {"knowledge": "0.00"}


@clause("002 附四(二)", "公告未及时上传1次扣1分")
def test_002_annex_4_2_notices() -> None:
    assert lost(one("notice_missed", name="k1"), one("notice_missed", name="k2")) == {"notices": "1.00"}


@clause("002 附五(一)1", "未在1小时内签收1件扣0.5分，系统故障、不可抗力除外")
def test_002_annex_5_1_1_half_a_point_for_a_late_signature() -> None:
    late = (
        told()
        .then("2026-10-12T11:00", "sign", late=True)
        .then("2026-10-13T09:00", "reply")
        .then("2026-10-14T09:00", "grade", grade="satisfied")
    )
    ruling = one(
        "ruling",
        name="r1",
        scopes=["sign"],
        starts_at="2026-10-12T09:30+08:00",
        ends_at="2026-10-12T10:30+08:00",
        reason="平台故障",
    )
    assert lost(late) == {"sign": "2.50"}
    assert lost(late, ruling) == {}


@clause("002 附五(一)2", "逾期退回1件扣0.5分")
def test_002_annex_5_1_2_half_a_point_for_a_late_return() -> None:
    assert lost(told().then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "return", late=True)) == {
        "return": "2.50"
    }


@clause("002 附五(一)3", "超时办结1件扣1分，超时未办1件扣2分")
def test_002_annex_5_1_3_one_point_late_two_undone() -> None:
    late = (
        told()
        .then("2026-10-12T09:30", "sign")
        .then("2026-10-20T09:00", "reply")
        .then("2026-10-21T09:00", "grade", grade="satisfied")
    )
    assert lost(late, switches="late_reply=once") == {"on_time": "28.00"}
    assert lost(told().then("2026-10-12T09:30", "sign"))["on_time"] == "27.00"


@clause("002 附五(一)4", "申请延期不合时点或超过3次1件扣0.5分，法定时限除外")
def test_002_annex_5_1_4_half_a_point_for_an_untimely_request() -> None:
    def asked(**data: object) -> Story:
        story = (
            told(**data).then("2026-10-12T09:30", "sign").then("2026-10-15T09:00", "ask_extension", late=True)
        )  # type: ignore[arg-type]
        return story.then("2026-10-15T10:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")

    assert lost(asked()) == {"extension": "2.50"}
    assert lost(asked(statutory=True)) == {}


@clause("002 附五(一)5", "未按时向投诉人答复1件扣0.5分")
def test_002_annex_5_1_5_half_a_point_where_the_citizen_was_not_told() -> None:
    story = told().then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply", told=False)
    assert lost(story.then("2026-10-14T09:00", "grade", grade="satisfied")) == {"reply": "2.50"}


@clause(
    "002 附五(一)6",
    "满意率＝满意件数÷转办件总数，95%以上满分，每降1个百分点扣0.11分（整数百分点或按比例；转办、办结、回访或评价为分母，未办结的不计为满意）",
)
def test_002_annex_5_1_6_satisfied_of_all_forwarded() -> None:
    assert points(scored(graded(19, 20))) == {}
    assert points(scored(graded(14, 15))) == {"satisfaction": "9.89"}
    assert points(scored(graded(14, 15), switches="satisfaction_step=pro_rata")) == {"satisfaction": "9.82"}
    assert points(scored([*graded(3, 3), well_done("X", "")])) == {"satisfaction": "7.80"}
    assert points(scored([*graded(3, 3), well_done("X", "")], switches="satisfaction_of=rated")) == {}
    still_open = told("Y", due="2026-12-01T00:00").then("2026-10-12T09:30", "sign")
    assert points(scored([*graded(3, 3), still_open])) == {"satisfaction": "7.80"}
    assert points(scored([*graded(3, 3), still_open], switches="satisfaction_of=settled")) == {}


@clause("002 附五(一)7", "退回重办须合理、经审核、属承办单位责任，1件扣0.5分")
def test_002_annex_5_1_7_redo_costs_half_a_point() -> None:
    def sent_back(**data: object) -> Story:
        story = well_done("T1", "").then("2026-10-14T09:00", "redo", due="2026-10-20T00:00", **data)
        return story.then("2026-10-15T09:00", "reply").then("2026-10-16T09:00", "grade", grade="satisfied")

    assert lost(sent_back(reasonable=True, reviewed=True, unit_at_fault=True)) == {"redo": "2.50"}
    assert lost(sent_back(unit_at_fault=False)) == lost(sent_back(reasonable=False)) == {}


@clause("002 附五(一)8", "重复投诉件1件扣0.5分，仅指合理诉求")
def test_002_annex_5_1_8_repeats_cost_half_a_point() -> None:
    assert lost(again("T2", "OK"), well_done("T2", relation="repeat")) == {"repeat": "2.50"}
    assert lost(again("T2", "OK", reasonable=False), well_done("T2", relation="repeat")) == {}


@clause("002 附五(二)", "催办督办15分，六种情形；每件扣分未载明须设定，未设定的只列情形不扣分")
def test_002_annex_5_2_urging_costs_what_is_set_and_nothing_where_it_is_not() -> None:
    assert "assessment.urging_each" in silent(YANJI)
    facts = [
        well_done(),
        *(one(kind, name=kind) for kind in ("on_site_undone", "leader_ordered", "shirking")),
    ]
    assert points(scored(facts)) == {}
    assert points(scored(facts, policy=with_urging("3"))) == {"urging": "6.00"}


@clause(
    "002 附六",
    "服务质量8分：媒体报道、信息采用各加1分，态度扣1分，问责扣3分，通报批评扣5分；上限、下限、起点各为开关",
)
def test_002_annex_6_service_quality() -> None:
    assert lost(one("attitude", name="a"), one("accountable", name="b")) == {"service": "4.00"}
    assert lost(one("criticised", name="c"), one("praised", name="d"), one("adopted", name="e")) == {
        "service": "5.00"
    }
    assert lost(one("praised"), switches="service_cap=none") == {"service": "9.00"}
