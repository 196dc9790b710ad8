"""001 河源市12345政府服务热线管理办法（征求意见稿）, art. 19: what is cause to hold a unit to account, found and judged."""

from typing import Any

import pytest

from app.accountability.rules import situations
from core.accountability import Found
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from tests.tickets.assessment.make import Story as Told
from tests.tickets.assessment.make import told
from tests.tickets.conformance.rules import clause
from tests.tickets.desk import HEYUAN, at, under
from tickets.accountability.cases import Standing, stepped
from tickets.accountability.find import Story, by_themselves, candidates
from tickets.assessment.trace import Happened

pytestmark = pytest.mark.unit


def cases(policy: Policy, story: Told, **more: Any) -> list[tuple[Found, ...]]:
    """What the facts propose for the accountability file in November 2026."""
    found = candidates(Story("T1", "signed", story.facts, **more), policy, at("2026-11-10T09:00"))
    assert all(situations().grounds(case.kinds, policy.documents) for case in found)
    return [case.kinds for case in found]


def people_say(ref: str) -> bool:
    """Whether a case under this clause comes from people."""
    return any("reported" in one.found for one in situations().of(HEYUAN.documents) if one.clause == ref)


@clause(
    "001 19",
    "责任追究由市热线办提出：查证属实须有证据，查证和提出由两人；由纪委监委、组织部追究，结果记录在案",
)
def test_001_19_verified_proposed_by_another_and_recorded() -> None:
    verified = Standing("acc_1", "verified", "anna")
    with pytest.raises(BadInput, match="evidence"):
        stepped(Standing("acc_1", "candidate"), "verify", "anna", {"words": "属实"})
    with pytest.raises(NotAllowed, match="两人"):
        stepped(verified, "propose", "anna", {"words": "提请追究"})
    assert stepped(verified, "propose", "bo", {"words": "提请追究"}) == "proposed"
    assert "市纪委监委（市委巡察办）、市委组织部" in situations().authority(HEYUAN.documents)


@clause("001 19(一)", "推诿扯皮：退回后仍由其承办的列为线索；弄虚作假等由人员提出")
def test_001_19_1_shirking() -> None:
    story = told().then("2026-10-14T09:00", "return")
    story.then("2026-10-15T09:00", "dispatch", due="2026-12-01T00:00")
    assert cases(HEYUAN, story) == [("shirked",)]
    assert people_say("001 19(一)")


@clause("001 19(二)", "发回重办列为线索，经查证属实的方追责；或重办不追责")
def test_001_19_2_a_redo_is_accountable_once_verified() -> None:
    story = told().then("2026-10-14T09:00", "reply")
    story.then("2026-10-14T10:00", "redo", due="2026-12-01T00:00")
    assert cases(HEYUAN, story) == [("redo",)]
    assert cases(under("heyuan", "redo_accountable=never"), story) == []


@clause("001 19(三)", "未按规定时限办结列为线索，是否有合理事由由人查证")
def test_001_19_3_late_without_reason() -> None:
    assert cases(HEYUAN, told().then("2026-10-20T09:00", "reply")) == [("overdue",)]
    assert cases(HEYUAN, told().then("2026-10-15T09:00", "reply")) == []


@clause("001 19(四)", "回访时诉求人称未获回复的列为线索")
def test_001_19_4_the_citizen_was_not_told() -> None:
    story = told().then("2026-10-14T09:00", "reply").then("2026-10-16T09:00", "revisit", contacted=False)
    assert cases(HEYUAN, story) == [("not_told",)]


@clause("001 19(五)", "主办、协办单位不及时办理引起投诉的列为线索")
def test_001_19_5_a_leading_or_assisting_unit_was_slack() -> None:
    urged = Happened("e1", 1, "ticket.stepped", at("2026-10-17T09:00"), {"action": "urge"})
    assert cases(HEYUAN, told(), assisted=True, happened=[urged]) == [("shared_slack", "overdue")]
    assert cases(HEYUAN, told(), assisted=True) == [("overdue",)]


@clause("001 19(六)", "督办、重办逾期的列为线索")
def test_001_19_6_orders_and_redos_not_followed() -> None:
    assert cases(HEYUAN, told(), relation="supervision") == [("order_overdue",)]
    story = told().then("2026-10-14T09:00", "reply")
    story.then("2026-10-14T10:00", "redo", due="2026-10-20T00:00")
    assert cases(HEYUAN, story) == [("redo_overdue",), ("redo",)]


@clause("001 19(七)", "重复投诉3次以上未解决的列为线索（以上包括本数）")
def test_001_19_7_three_repeats_are_accountable() -> None:
    assert HEYUAN.repeats.accountable_from
    assert HEYUAN.repeats.accountable_from.value == 3
    again = [Happened(f"r{n}", n, "ticket.repeat", at("2026-10-14T09:00"), {"of": "T1"}) for n in (1, 2, 3)]
    story = told().then("2026-10-13T09:00", "reply")
    assert cases(HEYUAN, story, repeats=again) == [("repeated",)]
    assert cases(HEYUAN, story, repeats=again[:2]) == []


@clause("001 19(八)", "打击报复、泄露诉求人信息由人员提出")
def test_001_19_8_reprisals_and_leaks_are_reported_by_people() -> None:
    assert people_say("001 19(八)")


@clause("001 19(九)", "知识库未按规定提供、更新或误导市民的列为线索")
def test_001_19_9_knowledge() -> None:
    moment, unit = at("2026-10-14T09:00"), {"unit": "SW"}
    said = [Happened(what, 1, f"knowledge.{what}", moment, unit) for what in ("overdue", "misled")]
    assert [case.kinds for case in by_themselves(said)] == [("knowledge_late",), ("misled",)]
    assert [one.clause for one in situations().grounds(["misled"], HEYUAN.documents)] == ["001 19(九)"]


@clause("001 19(十)", "其他违反规定的由人员提出")
def test_001_19_10_anything_else_is_reported_by_people() -> None:
    assert people_say("001 19(十)")
