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


class Switches(ClockSwitches):
    """All of them: those of the clock, of intake, of answering for it, and of satisfaction."""

    superior: Choice[Literal["prevails", "yields"]] = Choice(
        value="yields",
        note="上级规则供下级沿用，下级另有规定的从下级；prevails 则“上级有其他规定的，按上级规定为准”",
    )
    conduct_complaints: Choice[Literal["conduct_only", "refuse_all"]] = Choice(
        value="conduct_only", note="受理对作风、态度、效率的投诉，违纪违法线索不予受理"
    )
    redo_accountable: Choice[Literal["when_verified", "never"]] = Choice(
        value="when_verified", note="发回重办经查证属于未有效处理的，列入责任追究线索；never 则重办不追责"
    )
    satisfaction_of: Choice[Literal["all_forwarded", "rated"]] = Choice(
        value="all_forwarded", note="满意率以转办件总数为分母，未评价的不计为满意；rated 则只以已评价的为分母"
    )
    basically_satisfied: Choice[Literal["satisfied", "not_satisfied"]] = Choice(
        value="satisfied", note="五级评价中“基本满意”计为满意"
    )
    enforcement_satisfaction: Choice[Literal["counted", "excluded"]] = Choice(
        value="counted", note="行政调解、执法办案类的满意率照计；excluded 则不计入"
    )


SWITCHES = tuple(Switches.model_fields)


def readings(name: str) -> tuple[str, ...]:
    """Every reading a switch takes."""
    choice: Any = Switches.model_fields[name].annotation
    return get_args(choice.model_fields["value"].annotation)
