"""004 嘉峪关市12345政务服务便民热线整合优化工作方案; its annexes are lost."""

from datetime import date

import pytest

from app.policies import load
from core.policy import silent
from tests.tickets.conformance.refusing import grounds, refused
from tests.tickets.conformance.rules import asked, clause, stated
from tests.tickets.desk import at
from tickets.assessment.fact import period
from tickets.assessment.sheet import NoScheme, sheet

pytestmark = pytest.mark.unit
JIAYUGUAN = load("jiayuguan")


@clause("004 一", "名称：嘉峪关市12345政务服务便民热线")
def test_004_1_the_hotlines_name() -> None:
    assert JIAYUGUAN.hotline.endswith("12345政务服务便民热线")
    assert JIAYUGUAN.hotline_clause == "004 一"


@clause("004 一", "“限时办结”未载明时限，不臆造")
def test_004_1_no_term_is_invented() -> None:
    for type in ("consult", "help", "complaint", "report", "suggestion"):
        found = asked("jiayuguan", "handle", type, "2026-11-09T10:00")
        assert (found.due, found.silent, found.clauses) == (None, True, ("004 一",))
    assert {"extension", "after.revisit"} <= set(silent(JIAYUGUAN))


@clause("004 二", "人大、政协、法院、检察院、纪检监察、国家安全及紧急类热线不归并")
def test_004_2_lines_that_stay_outside() -> None:
    assert JIAYUGUAN.intake.refusals
    assert JIAYUGUAN.intake.refusals.value == grounds("jiayuguan") == 5
    assert refused(JIAYUGUAN, "家里着火了") == ["jiayuguan.2.1"]


@stated("004 二.3", "共建共享知识库；分中心纳入考核督办体系")
def test_004_2_3_sub_centres_share_knowledge_and_are_assessed() -> None:
    assert JIAYUGUAN.knowledge.duty
    assert JIAYUGUAN.assessment
    assert JIAYUGUAN.assessment.clause == JIAYUGUAN.knowledge.duty.clause == "004 二.3"
    assert asked("jiayuguan", "supervise", "help", "2026-11-09T10:00").clauses == ("004 二.3",)
    with pytest.raises(NoScheme):  # that sub-centres are assessed, not how: nothing is invented
        sheet([], JIAYUGUAN, period("2026-10"), "SW", at("2026-11-10T09:00"))


@stated("004 二.4", "市大数据服务中心一个平台受理")
def test_004_2_4_one_city_without_counties() -> None:
    assert JIAYUGUAN.intake.county_calls
    assert JIAYUGUAN.intake.county_calls.value == "one_city"


@clause("004 三", "2021年各节点是建设目标，不是有效期")
def test_004_3_targets_are_no_validity() -> None:
    assert JIAYUGUAN.validity(date(2026, 11, 22)) == "valid"
