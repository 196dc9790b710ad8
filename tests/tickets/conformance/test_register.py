"""What the documents order of units, of kinds of matter, and of what is sensitive, urgent or out of the ordinary."""

from dataclasses import replace
from datetime import datetime

import pytest

from api.house import TicketDraft
from app import divisions, intake
from app.alert_rules import sensitive_words
from app.anomalies import limits
from app.notices.manners import ALERT, manner
from app.policies import load
from core.divisions import Division, Tree
from core.events import DeadlineNear
from core.unit_register import STAFF, Person, UnitEntry, differences, lacks
from store.sealed import Sealed
from store.tables import UnitChange, UnitPerson, UnitPhone
from tests.tickets.conformance.refusing import grounds, refused
from tests.tickets.conformance.rules import clause
from tickets.anomalies import Step, disputed_too_long, found, standing
from tickets.clock import CHINA

pytestmark = pytest.mark.unit

COMPLETE = ("leader", "handler", "editor"), ("fixed", "leader", "handler", "duty")
ENTRY = UnitEntry("SW", "办公室", people=(Person("leader", "王局"), Person("handler", "张三")))
NIGHT = datetime(2026, 11, 21, 2, 30, tzinfo=CHINA)


@clause("001 2", "受理部分政务服务事项，是单独的受理类型")
def test_001_2_government_service_items_are_a_kind_of_their_own() -> None:
    assert intake.house().get("service").type == "help"


@clause("001 4(一)", "承办单位须有分管领导、工作机构、专职人员，缺哪项说哪项")
def test_001_4_1_what_a_units_entry_lacks_is_told() -> None:
    assert lacks("办公室", *COMPLETE) == ()
    assert lacks("", ("handler",), COMPLETE[1]) == ("leader", "section", "editor")


@clause("001 4(三)", "县（区）热线办只管本县（区）的承办单位，按本县（区）自定的办法考核、督办")
def test_001_4_3_a_countys_office_has_its_own_countys_units() -> None:
    tree = divisions.load("chenzhou")
    mine = tree.under("431021")
    assert {tree.get(code).level for code in mine} == {"county", "town"}
    assert "431022" not in mine
    assert "431000" not in mine
    county = Division("431021", "桂阳县", "county", "431000", policy="guiyang")
    own = Tree(
        [Division("431000", "郴州市", "city"), county, Division("431022", "宜章县", "county", "431000")]
    )
    assert (own.rules_of("431021"), own.rules_of("431022"), own.rules_of(None)) == ("guiyang", "", "")


@clause(
    "001 16", "各环节异常实时预警：超时仍未派单、签收、回复，超时签收、退回、回复，再次退回、重办，视同接受"
)
def test_001_16_every_steps_anomaly_is_named() -> None:
    way = ("file", "dispatch")
    assert found(Step("sign", True, None, way), limits()) == ["late_sign"]
    assert found(Step("deem_accepted", False, None, way), limits()) == ["silence"]
    assert found(Step("return", False, None, (*way, "return", "dispatch")), limits()) == ["returned_again"]
    assert found(Step("sign", False, None, way), limits()) == []
    for stage, kind in (
        ("dispatch", "still_undispatched"),
        ("sign", "still_unsigned"),
        ("handle", "still_unanswered"),
    ):
        assert standing(DeadlineNear(NIGHT, "tkt_1", stage, "overdue", "SW")) == kind
        assert standing(DeadlineNear(NIGHT, "tkt_1", stage, "yellow", "SW")) is None


@clause("001 9", "职责界定不清超过2日仍未定的预警")
def test_001_9_a_dispute_older_than_two_days_is_warned_of() -> None:
    assert not disputed_too_long(NIGHT, NIGHT.replace(day=23), limits())
    assert disputed_too_long(NIGHT, NIGHT.replace(day=23, minute=31), limits())


@clause("001 17(二)4", "经济违法是单独的受理类型，按自己的时限")
def test_001_17_2_4_economic_offences_run_by_their_own_clock() -> None:
    assert intake.house().get("economic").type == "economic"


@clause("001 25", "每个承办单位须有信息采编员")
def test_001_25_a_unit_without_an_editor_is_told_of() -> None:
    assert lacks("办公室", ("leader", "handler"), COMPLETE[1]) == ("editor",)


@clause("001 26", "经办人员信息加密存放，平时只显示掩码")
def test_001_26_handlers_names_and_numbers_are_sealed() -> None:
    sealed = (
        UnitPerson.name,
        UnitPerson.post,
        UnitPhone.number,
        UnitPhone.holder,
        UnitChange.before,
        UnitChange.after,
    )
    assert all(isinstance(column.type, Sealed) for column in sealed)
    assert "张三" not in repr(ENTRY)


@clause("002 6.2", "突发是单独的受理类型，立即转办")
def test_002_6_2_emergencies_are_a_kind_of_their_own_and_urgent() -> None:
    kinds = intake.house()
    assert intake.settled(kinds, TicketDraft("help", "塌方", "塌方", intake="emergency")).urgency == "urgent"


@clause("002 7", "指定1名以上人员；人员变动及时报热线办")
def test_002_7_a_change_of_staff_is_a_report_to_the_office() -> None:
    fresh = replace(ENTRY, people=(ENTRY.people[0], Person("handler", "李四")))
    changed = differences(ENTRY, fresh)
    assert [one.action for one in changed] == ["removed", "added"]
    assert all(one.what in STAFF for one in changed)
    assert "handler" in lacks("办公室", ("leader", "editor"), COMPLETE[1])


@clause("002 13", "重大敏感性问题及时预警报告")
def test_002_13_sensitive_words_alert_the_office() -> None:
    (marked,) = sensitive_words().find("扬言要报复")
    assert "office" in sensitive_words().alerts.levels[marked.category.level].tell


@clause("002 17", "容易引发群体性矛盾的事项提请上级")
def test_002_17_collective_risk_goes_to_the_superior() -> None:
    (marked,) = sensitive_words().find("几百人把政府门口围堵了")
    assert marked.category.id == "crowd"
    assert "superior" in sensitive_words().alerts.levels[marked.category.level].tell


@clause("000 二(五)", "等级响应：每级告知谁、用什么方式")
def test_000_2_5_graded_response_is_data() -> None:
    levels = sensitive_words().alerts.levels
    assert [set(levels[n].tell) for n in sorted(levels)] == [
        {"office", "superior", "duty_room"}, {"office", "superior"}, {"office"},
    ]  # fmt: skip


@clause("000 三(四)", "应急类事项立即转单位值班室，语音和短信，不分昼夜")
def test_000_3_4_urgent_matters_ring_the_duty_room_at_any_hour() -> None:
    rules = sensitive_words().alerts
    level = rules.levels[rules.urgent.level]
    assert "duty_room" in level.tell
    assert set(level.by) == {"voice", "sms"}
    assert manner("voice", ALERT).allowed(NIGHT) == NIGHT
    assert manner("voice", "card").allowed(NIGHT) > NIGHT


@clause("000 三(五)", "逾期退回予以警告")
def test_000_3_5_a_late_return_is_warned_of() -> None:
    assert found(Step("return", True, None, ("file", "dispatch")), limits()) == ["late_return"]


@clause("000 三(八)", "重大敏感性问题及时向上级报告")
def test_000_3_8_grave_matters_go_to_the_superior_at_once() -> None:
    marked = sensitive_words().find("有人要跳楼")
    assert [one.category.level for one in marked] == [1]
    assert "superior" in sensitive_words().alerts.levels[1].tell
    assert sensitive_words().find("小区停水三天了") == []


@clause("003 二.5", "十种不予受理情形各有告知的话，说出情形即提示；行政效能投诉可以登记")
def test_003_2_5_ten_grounds_and_a_kind_for_complaints_about_conduct() -> None:
    chenzhou = load("chenzhou")
    assert chenzhou.intake.refusals
    assert chenzhou.intake.refusals.value == grounds("chenzhou") == 10
    assert refused(chenzhou, "法院已经判了") == ["chenzhou.5.2"]
    assert "efficiency" in intake.load(chenzhou)


@clause("003 二.13", "明确部门内部统筹热线办理的机构、人员和职责")
def test_003_2_13_a_unit_has_a_section_and_people() -> None:
    assert {"section", "handler"} <= set(lacks("", (), ()))
