"""Where a document can be read in more than one way, the reading is a named switch with a default and the reason for it."""

from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import Field

from core.policy_parts import Clause, Frozen

T = TypeVar("T")


class Choice(Frozen, Generic[T]):
    """A switch: which of several readings of a clause rules here, and why."""

    value: T
    clause: Clause | None = None
    note: Annotated[str, Field(max_length=400)] = ""


class ClockSwitches(Frozen):
    """Readings that move a moment; `tickets.clock` and `tickets.explain` obey them."""

    term_ends: Choice[Literal["24:00", "close_of_business"]] = Choice(
        value="24:00", clause="民法典 203", note="期间末日二十四时届满；有业务时间的可改为停止业务活动的时间"
    )
    hour_terms: Choice[Literal["7x24", "office_hours"]] = Choice(
        value="7x24", clause="民法典 201", note="按小时计算的，自规定的时间起连续计算，含夜间和节假日"
    )
    days: Choice[Literal["calendar", "working"]] = Choice(
        value="calendar",
        clause="民法典 200",
        note="条文写“日”的按日历日计算，末日逢休息日顺延；working 则与“工作日”同义",
    )
    help_due: Choice[Literal["latest", "usual"]] = Choice(
        value="latest", note="条文给出通常期限和最迟期限时，以最迟期限为到期，通常期限并列显示"
    )
    economic: Choice[Literal["own_term", "as_report"]] = Choice(
        value="own_term", note="经济违法类另有期限的依其期限；as_report 则按举报类办理"
    )
    handle_clock: Choice[Literal["dispatch", "filing"]] = Choice(
        value="dispatch", note="承办单位的办理期限自转办之日起；filing 则自形成工单之日起"
    )
    card_moment: Choice[Literal["end_of_day", "n_times_24h"]] = Choice(
        value="end_of_day",
        note="“N个工作日后”指第N个工作日24:00；n_times_24h 则指满N个工作日（每日24小时）的同一时刻",
    )
    cards_after_deemed: Choice[Literal["run", "stop"]] = Choice(
        value="run", note="视同接受后仍未签收的，受理环节的卡照发；stop 则视同接受即止"
    )
    extension_ask: Choice[Literal["before_due", "one_working_day_before", "last_working_day"]] = Choice(
        value="before_due", note="期限届满前均可申请延期"
    )
    extension_short_term: Choice[Literal["as_others", "once"]] = Choice(
        value="as_others", note="1日或1个工作日的事项，延期次数与其他事项相同；once 则至多1次"
    )
    rejected_clock: Choice[Literal["restored", "runs_on"]] = Choice(
        value="restored",
        note="按期回复经审核退回的，回复待审的工作日不计入办理期限，期限顺延，且至少到退回次一工作日；runs_on 则原期限不变",
    )


class ScoreSwitches(Frozen):
    """Readings that move a point; `tickets.assessment` obeys them."""

    matter_belongs: Choice[Literal["term_end", "dispatch"]] = Choice(
        value="term_end", note="签收、办结、答复逾期计入期限届满的月份；dispatch 则计入转办的月份"
    )
    satisfaction_of: Choice[Literal["all_forwarded", "settled", "revisited", "rated"]] = Choice(
        value="all_forwarded",
        note="满意率以转办件总数为分母，未办结、未评价的不计为满意；settled 则以已办结的、revisited 则以已回访的、rated 则以已评价的为分母",
    )
    grade_after_redo: Choice[Literal["last", "first"]] = Choice(
        value="last",
        note="退回重办后又评价的，以末次评价计，重办未再评价的以前次评价计；first 则以首次评价计",
    )
    solved_of: Choice[Literal["all_forwarded", "due", "settled", "revisited"]] = Choice(
        value="all_forwarded",
        note="问题解决率以转办件总数为分母，未办结的在分母内而不计为解决；due 则以已办结或已到期的、settled 则以已办结的、revisited 则以已回访的为分母",
    )
    solved_after_redo: Choice[Literal["counts", "never"]] = Choice(
        value="counts", note="退回重办后解决的计为解决；never 则凡退回重办的不计为解决"
    )
    repeat_open: Choice[Literal["settled", "open"]] = Choice(
        value="settled",
        note="首件已办结、同一诉求人的重复件在办的，首件仍为已办结（一件一计，但不计为解决）；open 则重复件办结前首件不计为已办结",
    )
    third_repeat: Choice[Literal["refuse", "merge", "escalate"]] = Choice(
        value="refuse",
        note="达到追责次数的重复诉求，无新情况、新理由的仍不受理，只计入责任追究线索（条文规定的是追责，不是受理）；merge 则首件在办的并入首件；escalate 则予以受理，并随即以“多次反映”督办",
    )
    satisfaction_step: Choice[Literal["whole_points", "pro_rata"]] = Choice(
        value="whole_points", note="“每降低1个百分点”按整数百分点计，不足1个的不扣；pro_rata 则按比例计"
    )
    basically_satisfied: Choice[Literal["satisfied", "not_satisfied"]] = Choice(
        value="satisfied", note="五级评价中“基本满意”计为满意"
    )
    enforcement_satisfaction: Choice[Literal["counted", "excluded"]] = Choice(
        value="counted", note="行政调解、执法办案类的满意率照计；excluded 则不计入"
    )
    late_reply: Choice[Literal["both", "once"]] = Choice(
        value="both", note="逾期未答复的，办结与答复两项各自扣分；once 则已按办结扣分的不再按答复扣"
    )
    urging_overdue: Choice[Literal["ever", "still_open"]] = Choice(
        value="ever", note="“超期未办结”指期限届满时未办结，后来办结的也计；still_open 则只计考核时仍未办结的"
    )
    service_starts: Choice[Literal["full", "zero"]] = Choice(
        value="full", note="加减分项以满分为起点；zero 则从0分起加"
    )
    service_cap: Choice[Literal["full", "none"]] = Choice(
        value="full", note="加分以该项满分为限（百分制）；none 则可超过满分"
    )
    service_floor: Choice[Literal["zero", "none"]] = Choice(
        value="zero", note="扣分以扣完该项为限；none 则可为负分"
    )
    quarter_of_months: Choice[Literal["mean", "pooled", "last"]] = Choice(
        value="mean", note="季度中实行月考核的项目取三个月的平均；pooled 则三个月扣分相加，last 则取末月"
    )
    year_of_quarters: Choice[Literal["mean", "pooled", "last"]] = Choice(
        value="mean", note="年终总评取各季度的平均；pooled 则各季度扣分相加，last 则取末季"
    )
    ranking: Choice[Literal["none", "order"]] = Choice(
        value="none", note="考核结果不排名次（不片面追求排名）；order 则按得分排列名次"
    )


class Switches(ClockSwitches, ScoreSwitches):
    """All of them: those of the clock, of scoring, of intake and of answering for it."""

    superior: Choice[Literal["prevails", "yields"]] = Choice(
        value="yields",
        note="上级规则供下级沿用，下级另有规定的从下级；prevails 则“上级有其他规定的，按上级规定为准”",
    )
    extension_counts: Choice[Literal["unit", "ticket"]] = Choice(
        value="unit",
        note="改派其他单位的，新单位的延期次数另计，原单位申请的不计；ticket 则每件工单各单位累计",
    )
    conduct_complaints: Choice[Literal["conduct_only", "refuse_all"]] = Choice(
        value="conduct_only", note="受理对作风、态度、效率的投诉，违纪违法线索不予受理"
    )
    stored_words: Choice[Literal["as_said", "masked"]] = Choice(
        value="as_said",
        note="通话文字照原话保存，只向接听该通话的话务员显示完整号码，对其他人遮蔽；masked 则七位以上的号码（电话、身份证、账号）遮蔽后才保存",
    )
    redo_accountable: Choice[Literal["when_verified", "never"]] = Choice(
        value="when_verified", note="发回重办经查证属于未有效处理的，列入责任追究线索；never 则重办不追责"
    )


SWITCHES = tuple(Switches.model_fields)


def readings(name: str) -> tuple[str, ...]:
    """Every reading a switch takes."""
    choice: Any = Switches.model_fields[name].annotation
    return get_args(choice.model_fields["value"].annotation)
