"""002 延吉市12345政务服务热线运营管理实施细则, 16, 18, annex 五(二): what is found for the accountability file and 催办督办."""

from typing import Any

import pytest

from app.accountability.rules import situations
from tests.tickets.assessment.make import Story as Told
from tests.tickets.assessment.make import told
from tests.tickets.conformance.rules import clause
from tests.tickets.desk import YANJI, at
from tickets.accountability.find import Story, candidates
from tickets.assessment.fact import period
from tickets.assessment.trace import Happened
from tickets.bulletin import line

pytestmark = pytest.mark.unit
LATE = "2026-10-20T09:00"


def grounds(story: Told, **more: Any) -> set[str]:
    """The clauses under which the facts of one ticket are a case in Yanji."""
    found = candidates(Story("T1", "signed", story.facts, **more), YANJI, at("2026-11-10T09:00"))
    assert len(found) <= 1
    return {one.clause for case in found for one in situations().grounds(case.kinds, YANJI.documents)}


@clause("002 16", "无正当理由逾期办结的列为线索，不积极履行、弄虚作假由人员提出；每月通报办理情况")
def test_002_16_late_and_monthly_bulletin() -> None:
    assert grounds(told().then(LATE, "reply")) == {"002 16", "002 18"}
    assert grounds(told().then("2026-10-15T09:00", "reply")) == set()
    month = line(told().then(LATE, "reply").facts, YANJI, period("2026-10"), "SW", at("2026-11-10T09:00"))
    assert (month.received, month.on_time, month.late) == (1, 0, 1)
    (words,) = (one.words for one in situations().of(YANJI.documents) if one.clause == "002 16")
    assert "弄虚作假" in words


@clause("002 18", "逾期未办结的列为挂牌督办线索")
def test_002_18_undone_is_a_ground_to_list() -> None:
    assert "002 18" in grounds(told())


@clause("002 附五(二)1", "经延期办理而又超期未办结的")
def test_002_annex_5_2_1_extended_and_late_again() -> None:
    story = told().then("2026-10-14T10:00", "grant_extension", due="2026-10-19T00:00")
    assert "002 附五(二)1" in grounds(story.then(LATE, "reply"))


@clause("002 附五(二)2", "被催办、督办单督办而又超期未办结的列为线索")
def test_002_annex_5_2_2_pressed_and_late() -> None:
    assert "002 附五(二)2" in grounds(told().then("2026-10-15T09:00", "press", form="phone"))
    assert "002 附五(二)2" in grounds(told(), relation="supervision")


@clause("002 附五(二)3", "接到《督办通知》后仍未按期落实的")
def test_002_annex_5_2_3_late_after_a_notice() -> None:
    assert "002 附五(二)3" in grounds(told().then("2026-10-15T09:00", "press", form="notice"))


@clause("002 附五(二)4", "现场督办或媒体曝光后仍未落实的")
def test_002_annex_5_2_4_undone_after_the_office_was_there() -> None:
    there = {"form": "on_site", "kind": "visit"}
    visit = Happened("e1", 1, "supervision.noted", at("2026-10-14T09:00"), there)
    assert "002 附五(二)4" in grounds(told(), relation="supervision", happened=[visit])


@clause("002 附五(二)5", "被市领导批示督办的，是否因办理工作不力由人查证")
def test_002_annex_5_2_5_a_leaders_note() -> None:
    said = {"trigger": "leader_note", "unit": "SW"}
    note = Happened("e1", 1, "supervision.opened", at("2026-10-14T09:00"), said)
    in_time = told().then("2026-10-15T09:00", "reply")
    assert grounds(in_time, happened=[note]) == {"002 附五(二)5"}


@clause("002 附五(二)6", "推诿扯皮被责任追究的：退回后仍由其承办的列为线索，工作不力、不作为由人员提出")
def test_002_annex_5_2_6_shirking() -> None:
    story = told().then("2026-10-14T09:00", "return")
    story.then("2026-10-15T09:00", "dispatch", due="2026-12-01T00:00")
    assert grounds(story) == {"002 附五(二)6"}
