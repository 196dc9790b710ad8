"""004 嘉峪关市12345政务服务便民热线整合优化工作方案; its annexes are lost."""

from datetime import date

import pytest

from app.policies import load
from core.policy import silent
from tests.tickets.conformance.rules import asked, clause, stated

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
    assert "extension" in silent(JIAYUGUAN)


@stated("004 二", "人大、政协、法院、检察院、纪检监察、国家安全及紧急类热线不归并")
def test_004_2_lines_that_stay_outside() -> None:
    assert JIAYUGUAN.intake.refusals
    assert JIAYUGUAN.intake.refusals.value == 5


@stated("004 二.3", "三方转接、派发工单；共建共享知识库；分中心纳入考核督办体系")
def test_004_2_3_sub_centres_share_knowledge_and_are_assessed() -> None:
    assert JIAYUGUAN.intake.unanswered
    assert JIAYUGUAN.knowledge.duty
    assert JIAYUGUAN.assessment
    assert JIAYUGUAN.intake.unanswered.value == "three_way_or_ticket"
    assert JIAYUGUAN.assessment.clause == JIAYUGUAN.knowledge.duty.clause == "004 二.3"
    assert asked("jiayuguan", "supervise", "help", "2026-11-09T10:00").clauses == ("004 二.3",)


@stated("004 二.4", "市大数据服务中心一个平台受理")
def test_004_2_4_one_city_without_counties() -> None:
    assert JIAYUGUAN.intake.county_calls
    assert JIAYUGUAN.intake.county_calls.value == "one_city"


@clause("004 三", "2021年各节点是建设目标，不是有效期")
def test_004_3_targets_are_no_validity() -> None:
    assert JIAYUGUAN.validity(date(2026, 11, 22)) == "valid"
