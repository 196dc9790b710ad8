"""What a release of each kind holds: read when it is handed over, people of ours and strangers masked where nobody needs them."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.confidential import Veil
from api.masked import masked
from app.assessment import layout
from app.secrecy.in_words import moment, step_name, told
from core.after_call import GRADE_NAMES
from core.errors import BadInput, NotFound
from core.masking import mask_name
from store import events, frozen, grades, tickets
from store.tables import Article, Ticket, Unit
from tickets.clock import CHINA
from tickets.ticket import STATE_NAMES, TYPE_NAMES

Rows = list[dict[str, Any]]
_HANDLERS = ("handler", "经办人")
_STATES: dict[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
_TYPES: dict[str, str] = {str(type): name for type, name in TYPE_NAMES.items()}
_GRADES: dict[str, str] = {str(grade): name for grade, name in GRADE_NAMES.items()}
_STAGES = {"intake": "受理", "unit": "办理"}


async def ticket(session: AsyncSession, ticket_id: str) -> Rows:
    """A ticket and its steps. Handlers' names are secret too (001 26); of a confidential one no citizen's data (000 三(三))."""
    row = await tickets.get(session, ticket_id)
    history = await events.of(session, ticket_id)
    citizen = {} if row.confidential else {"诉求人": row.citizen_name or "", "号码": row.caller}

    units, veil = await unit_names(session), Veil(row)
    words = {"标题": row.title, "内容": row.body}
    words = veil.of(words) if row.confidential else words

    def hide(facts: Any) -> str:
        return told(veil.of(facts) if row.confidential else masked(facts), units)

    reply = {key: mask_name(str(v)) if key in _HANDLERS else v for key, v in (row.reply or {}).items()}
    head = {
        "工单": row.number, "类型": _TYPES.get(row.type, row.type), **words,
        **citizen, "承办单位": units.get(row.unit_code or "", row.unit_code or ""), "状态": _STATES.get(row.state, row.state),
        "登记": moment(row.filed_at), "到期": moment(row.due_at), "办结": moment(row.resolved_at), "回复": hide(reply),
    }  # fmt: skip
    steps = [
        {"步骤": step_name(one.name, one.payload), "时间": moment(one.at), "经过": hide(one.payload)}
        for one in history
    ]
    return [{name: value for name, value in part.items() if value} for part in (head, *steps)]


async def unit_names(session: AsyncSession) -> dict[str, str]:
    """Every unit's name by its code: nobody outside knows our codes."""
    return {code: name for code, name in (await session.execute(select(Unit.code, Unit.name))).all()}


async def identity(session: AsyncSession, ticket_id: str) -> Rows:
    """Who a confidential reporter is. Raises BadInput for a ticket that is not confidential."""
    row = await tickets.get(session, ticket_id)
    if not row.confidential:
        raise BadInput("该工单不是保密件")
    return [{"工单": row.number, "诉求人": row.citizen_name or "", "号码": row.caller}]


async def article(session: AsyncSession, article_id: str) -> Rows:
    """Raises NotFound."""
    row = await session.get(Article, article_id)
    if row is None:
        raise NotFound(f"没有知识点 {article_id}")
    return [
        {
            "标题": row.title,
            "答复": row.answer,
            "依据": row.clause,
            "所属单位": (await unit_names(session)).get(row.unit_code or "", row.unit_code or ""),
            "版本": row.version,
        }
    ]


async def statistics(session: AsyncSession, month: str) -> Rows:
    """A month's tickets by unit and state, and its grades. Raises BadInput for what is no month."""
    since, until = month_of(month)
    counted = await session.execute(
        select(Ticket.unit_code, Ticket.state, func.count())
        .where(Ticket.filed_at >= since, Ticket.filed_at < until)
        .group_by(Ticket.unit_code, Ticket.state)
        .order_by(Ticket.unit_code, Ticket.state)
    )
    units = await unit_names(session)
    rows: Rows = [
        {
            "项目": "工单",
            "单位": units.get(unit or "", unit or ""),
            "分类": _STATES.get(state, state),
            "数量": many,
        }
        for unit, state, many in counted
    ]
    graded = await grades.counted(session, since, until)
    return rows + [
        {"项目": "满意度", "单位": "", "分类": f"{_STAGES[stage]} {_GRADES[grade]}", "数量": many}
        for (stage, grade), many in sorted(graded.items())
    ]


async def assessment(session: AsyncSession, sheet_id: str) -> Rows:
    """A frozen sheet: its head, items with their cases, rates, counts and notes, as they stand on the printed page."""
    sheet = layout.shown(await frozen.get(session, sheet_id))
    head = {"考核表": layout.title(sheet), **dict(layout.facts(sheet))}
    items = [
        {
            "部分": one.part, "项目": one.title, "满分": one.full, "得分": one.points, "依据": "\n".join(one.cases),
            "条款": one.clause,
        }
        for one in layout.lines(sheet)
    ]  # fmt: skip
    rates = [dict(zip(layout.SHARES, row, strict=True)) for row in layout.shares(sheet)]
    counts = [dict(zip(layout.TALLIES, row, strict=True)) for row in layout.tallies(sheet)]
    notes = [{"说明": note} for note in (*layout.notes(sheet), layout.footer(sheet))]
    return [head, *items, *rates, *counts, *notes]


def month_of(month: str) -> tuple[datetime, datetime]:
    """First moment of a month and of the next, in China. Raises BadInput."""
    try:
        year, number = (int(part) for part in month.split("-"))
        after = (year + 1, 1) if number == 12 else (year, number + 1)
        return datetime(year, number, 1, tzinfo=CHINA), datetime(*after, 1, tzinfo=CHINA)
    except (ValueError, TypeError) as error:
        raise BadInput(f"统计数据和审计记录按月放行，例如 2026-11，不是 {month!r}") from error


READ = {
    "ticket": ticket,
    "identity": identity,
    "knowledge": article,
    "statistics": statistics,
    "assessment": assessment,
}
