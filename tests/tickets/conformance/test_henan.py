"""000 河南省人民政府办公厅关于建设统一政务服务热线平台的指导意见."""

from datetime import date
from typing import get_args

import pytest

from app.accountability.rules import situations
from app.errands.hours import next_allowed
from app.policies import load
from core.errors import NotAllowed
from core.policy import silent
from match.content import ArticleKind
from match.governance import Version, Who, submit
from tests.tickets.assessment.make import told, well_done
from tests.tickets.conformance.refusing import grounds, refused
from tests.tickets.conformance.rules import asked, clause, stated
from tests.tickets.desk import CALENDAR, at, in_state, step
from tickets.accountability.find import Story, candidates
from tickets.assessment.fact import period
from tickets.assessment.sheet import sheet
from tickets.lead import fix_due, lead_of
from tickets.supervision import Order, ground

pytestmark = pytest.mark.unit
HENAN = load("henan")


@clause("000 落款", "2018年11月6日印发，未载明有效期；2019年底是建设目标")
def test_000_end_in_force_from_its_issue() -> None:
    assert HENAN.validity(date(2018, 11, 5)) == "not_yet"
    assert HENAN.validity(date(2026, 11, 22)) == "valid"


@clause("000 一(一)", "名称：12345政务服务热线")
def test_000_1_1_the_hotlines_name() -> None:
    assert (HENAN.hotline, HENAN.hotline_clause) == ("12345政务服务热线", "000 一(一)")


@clause("000 二(二)", "司法、纪检、信访三类不纳入受理")
def test_000_2_2_three_grounds_of_refusal() -> None:
    assert HENAN.intake.refusals
    assert (HENAN.intake.refusals.value, HENAN.intake.refusals.clause) == (3, "000 二(二)")
    assert grounds("henan") == 3
    said = ("法院已经判了", "我要举报局长受贿", "信访局已经受理了")
    assert [refused(HENAN, one) for one in said] == [["henan.2.1"], ["henan.2.2"], ["henan.2.3"]]


@stated("000 二(三)", "县（市）以远端座席受理本地诉求")
def test_000_2_3_counties_answer_their_own() -> None:
    assert HENAN.intake.county_calls
    assert HENAN.intake.county_calls.value == "county"


@clause("000 三(四)", "“规定时限”未载明的，不臆造期限并指出条款")
def test_000_3_4_no_term_is_invented() -> None:
    for type in ("consult", "help", "complaint", "report", "suggestion"):
        found = asked("henan", "handle", type, "2026-11-09T10:00")
        assert (found.due, found.silent, found.clauses) == (None, True, ("000 三(四)",))
    assert {"handle.help", "extension.times", "extension.length"} <= set(silent(HENAN))


@clause("000 三(五)", "逾期退回、逾期未办予以警告；联合督办、现场督办；质量差、不符合政策、敷衍的退回重办")
def test_000_3_5_late_returns_are_warned_and_poor_work_goes_back() -> None:
    assert HENAN.stages.redo
    urging = HENAN.stages.supervise.urging
    assert urging
    assert (urging.value, "逾期退回" in urging.words) == (("warning",), True)
    late = in_state("signed", HENAN)
    assert step(late, "press", "2026-11-20T10:00", HENAN, way="warning").state == "signed"
    with pytest.raises(NotAllowed, match="000 三"):
        step(late, "press", "2026-11-20T10:00", HENAN, way="notice")
    now, until = at("2026-11-20T10:00"), at("2026-11-27T10:00")
    for form, units in (("joint", ("SW", "JT")), ("on_site", ("SW",))):
        found = ground(Order(units, form=form, until=until), HENAN, now)  # type: ignore[arg-type]
        assert found.form_clause == "000 三(五)"
    assert set(HENAN.stages.redo.causes) == {"poor_quality", "against_policy", "perfunctory"}


@clause("000 三(六)", "满意度调查；每年考核、通报")
def test_000_3_6_a_survey_and_a_yearly_review() -> None:
    found = sheet(well_done().facts, HENAN, period("2026"), "SW", at("2027-01-10T09:00"))
    assert (found.scheme, found.period.title, found.shares[-1].percent) == ("yearly_review", "2026年度", 100)
    assert HENAN.after.grading
    assert HENAN.after.revisit
    assert (HENAN.after.revisit.clause, "条文均未载明" in HENAN.after.revisit.note) == ("000 三(六)", True)
    friday_evening = at("2026-11-20T19:00")  # nobody is rung at once where the document names no hour
    assert next_allowed(friday_evening, HENAN.after.revisit, CALENDAR) == at("2026-11-23T08:30")
    assert HENAN.assessment
    assert (HENAN.after.grading.scale, HENAN.after.grading.intake) == ("five_grades", False)
    assert (HENAN.assessment.schemes, HENAN.assessment.rhythm) == (("yearly_review",), ("year",))


@clause("000 三(七)", "媒体曝光（两人决定并记录）；推诿扯皮的通报批评；失职渎职由人员提出")
def test_000_3_7_media_and_criticism() -> None:
    found = ground(Order(("SW",), form="media", until=at("2026-11-27T10:00")), HENAN, at("2026-11-20T10:00"))
    assert found.form_clause == "000 三(七)"
    story = told().then("2026-10-14T09:00", "return")
    story.then("2026-10-15T09:00", "dispatch", due="2026-12-01T00:00")
    (case,) = candidates(Story("T1", "signed", story.facts), HENAN, at("2026-11-10T09:00"))
    grounds = situations().grounds(case.kinds, HENAN.documents)
    assert [one.words for one in grounds] == ["对应当办理而推诿扯皮的，要给予通报批评"]
    assert situations().grounds(["reported"], HENAN.documents)[0].clause == "000 三(七)"


@clause("000 四(三)", "各部门梳理常见咨询和政策文件报送并及时更新；未载明期限的不臆造")
def test_000_4_3_knowledge_is_kept_up_to_date() -> None:
    assert HENAN.knowledge.duty
    assert HENAN.knowledge.duty.clause == "000 四(三)"
    assert {"常见问题", "政策"} <= set(get_args(ArticleKind))
    unit = Who("u1", "unit", "SW")
    assert submit(Version("kb-1", 1, "SW"), unit, ()).state == "submitted"
    assert lead_of(at("2026-11-20T10:00"), at("2026-11-20T10:00"), HENAN, CALENDAR) is None
    assert fix_due(at("2026-11-20T10:00"), HENAN, CALENDAR) is None
