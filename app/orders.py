"""Supervision orders: opened one per unit, recorded, made public by two persons, closed; overdue ones alarm the office."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.confidential import title_of
from api.order_house import OrderAsk, PublicationDeed, RecordAsk
from app import below, filing, kin, overdue
from app.assessment.scope import in_scope
from app.floor import Floor
from app.order_rows import Asked
from core.errors import BadInput, Conflict, NotAllowed
from core.events import Event
from core.ids import new_id
from core.orders import OrderClosed, OrderPublication
from core.policy import Policy
from core.policy_parts import OrderForm, Trigger, UrgingWay
from store import events, orders, tickets, units
from store.assess_facts import gathered
from store.tables import OrderRecord, SupervisionOrder
from store.tables import Ticket as Row
from tickets.anomalies import Anomaly
from tickets.assessment.fact import period
from tickets.bulletin import Line, line
from tickets.lifecycle import Applied
from tickets.papers import Matter, Paper, order_paper, urging_paper
from tickets.supervision import FORM_NAMES, KEPT_BY
from tickets.ticket import OVER, REPLIED, Person

log = structlog.get_logger(__name__)

ALARMS = 50
RECORD_NAMES = {"visit": "现场核查", "meeting": "专题协调会", "talk": "约谈", "note": "说明"}


class OrderDesk:
    """api.order_house.OrderDeeds over a Floor."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def open(self, actor: Actor, ticket_id: str, ask: OrderAsk, request_key: str) -> list[str]:
        group = new_id("grp") if len(ask.units) > 1 else ""
        asked = Asked(ask.trigger, ask.form, ask.words, ask.leader, group, ask.units)
        named = {"until": ask.until.isoformat()} if ask.until else {}
        if not ask.units:
            raise BadInput("units: 须写明承办单位")
        async with self._floor.database.session() as session:
            parent = await tickets.get(session, ticket_id)
            name = FORM_NAMES[ask.form] if ask.form else "督办"
            added = [
                await kin.add(
                    self._floor, session, parent, kin.Child("supervision", unit, f"【{name}】{parent.title}", named=named, order=asked),
                    actor, _key(request_key, unit),
                )
                for unit in ask.units
            ]  # fmt: skip
            rows = [one.row for one in added]
            found = [await self._order(session, row) for row in rows]
        for row in rows:
            await self._floor.tell("tickets", "ticket.filed", ticket_id=row.id, unit=row.unit_code, state=row.state)  # fmt: skip
        return [one.id for one in found]

    async def record(self, actor: Actor, order_id: str, ask: RecordAsk) -> str:
        at = self._floor.clock()
        if ask.happened_at > at:
            raise BadInput("happened_at: 还没有发生")
        if ask.kind == "visit" and not (ask.evidence and ask.place.strip()):
            raise BadInput("evidence: 现场核查须有地点和证据（录音、照片、文书的编号或摘要）")
        row = OrderRecord(
            id=new_id("rec"), order_id=order_id, kind=ask.kind, happened_at=ask.happened_at, place=ask.place,
            people=ask.people, words=ask.words, evidence=[*ask.evidence], by=actor.id, at=at,
        )  # fmt: skip
        async with self._floor.database.session() as session:
            order = await self._open_one(session, order_id)
            await orders.add_record(session, order, row)
        return row.id

    async def publish(
        self, actor: Actor, order_id: str, version: int, deed: PublicationDeed, why: str
    ) -> None:
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            order = await orders.get(session, order_id)
            _same(order, version)
            if deed == "ask":
                await self._may_be_public(session, order)
                changes = {
                    "publication": "asked",
                    "publish_by": actor.id,
                    "publish_at": at,
                    "publish_why": why,
                }
                changes |= {"decided_by": None, "decided_at": None, "decided_why": None}
            else:
                _second_person(order, actor)
                verdict = "approved" if deed == "approve" else "refused"
                changes = {
                    "publication": verdict,
                    "decided_by": actor.id,
                    "decided_at": at,
                    "decided_why": why,
                }
            told = OrderPublication(at, *_facts(order), str(changes["publication"]))
            await orders.change(session, order, changes, told, actor.id)

    async def close(self, actor: Actor, order_id: str, version: int, result: str) -> None:
        at = self._floor.clock()
        steps: list[Applied] = []
        async with self._floor.database.session() as session:
            order = await self._open_one(session, order_id)
            _same(order, version)
            child = await tickets.get(session, order.ticket_id)
            await self._may_close(session, order, child)
            late = bool(child.due_at and (child.replied_at or at) >= child.due_at)
            if child.state not in OVER:
                steps = await self._ended(session, child, actor)
            changes = {"state": "closed", "closed_by": actor.id, "closed_at": at, "result": result}
            told: Event = OrderClosed(at, *_facts(order), late)
            await orders.change(session, order, changes, told, actor.id)
        for step in steps:
            await filing.tell_ticket(self._floor, step)

    async def bulletin(self, actor: Actor, month: str) -> Sequence[tuple[str, Line]]:
        floor, span = self._floor, period(month)
        if span.kind != "month":
            raise BadInput(f"month: 须为一个月，如 2026-10，不是“{month}”")
        who, now = await in_scope(floor.database, floor.divisions, actor), floor.clock()
        async with floor.database.reading() as session:
            facts = await gathered(session, floor.policy, floor.calendar, span, now)
        lines = [
            (name, line(facts.get(code, ()), floor.policy, span, code, now))
            for code, name in who.names.items()
        ]
        return [(name, one) for name, one in lines if one.unit in who.active or one != Line(one.unit)]

    async def paper(self, order_id: str) -> Paper:
        async with self._floor.database.reading() as session:
            order = await orders.get(session, order_id)
            child = await tickets.get(session, order.ticket_id)
            matter = _matter(await tickets.get(session, order.parent_id))
            unit = (await units.get(session, order.unit_code)).name
        return order_paper(
            filing.policy_of(self._floor, child), child.number, unit, matter, cast(Trigger, order.trigger),
            cast(OrderForm | None, order.form), order.clause, order.opened_at, child.due_at, order.words, order.leader,
        )  # fmt: skip

    async def urging_paper(self, number: str) -> Paper:
        async with self._floor.database.reading() as session:
            urging = await orders.get_urging(session, number)
            row = await tickets.get(session, urging.ticket_id)
            unit = (await units.get(session, urging.unit_code)).name
        return urging_paper(
            filing.policy_of(self._floor, row), number, unit, _matter(row), cast(UrgingWay, urging.way), urging.at,
            urging.until_at, urging.words,
        )  # fmt: skip

    # ---

    async def _order(self, session: AsyncSession, row: Row) -> SupervisionOrder:
        found = await orders.of_ticket(session, row.id)
        if found is None:
            raise Conflict("此 Idempotency-Key 已用于别的工单")
        return found

    async def _open_one(self, session: AsyncSession, order_id: str) -> SupervisionOrder:
        order = await orders.get(session, order_id)
        if order.state != "open":
            raise Conflict("这份督办单已经办结")
        return order

    async def _may_be_public(self, session: AsyncSession, order: SupervisionOrder) -> None:
        """Only what the rules let be made public, and only once at a time."""
        if order.publication in ("asked", "approved"):
            raise Conflict("已经提出或同意公开")
        policy = await self._policy(session, order)
        media = policy.stages.supervise.forms.get("media")
        if media is None:
            raise NotAllowed(f"{policy.title}的规定没有“公开曝光”(media)这种形式")
        if order.form not in ("media", "listed"):
            raise NotAllowed(f"公开曝光限于挂牌督办和公开曝光的督办单（{media.clause}）")

    async def _policy(self, session: AsyncSession, order: SupervisionOrder) -> Policy:
        return filing.policy_of(self._floor, await tickets.get(session, order.ticket_id))

    async def _may_close(self, session: AsyncSession, order: SupervisionOrder, child: Row) -> None:
        gone = ("withdrawn", "merged")
        if child.state in gone or (await tickets.get(session, order.parent_id)).state in gone:
            return
        if child.state not in (*REPLIED, *OVER):
            raise NotAllowed(f"承办单位尚未对督办工单 {child.number} 书面回复，不能办结")
        kept = KEPT_BY.get(order.form) if order.form else None  # type: ignore[call-overload]
        if kept and kept not in {one.kind for one in await orders.records(session, order.id)}:
            raise NotAllowed(f"{FORM_NAMES[order.form]}须有{RECORD_NAMES[kept]}记录方可办结")  # type: ignore[index]
        if order.publication == "asked":
            raise NotAllowed("公开曝光尚待另一人决定，不能办结")

    async def _ended(self, session: AsyncSession, child: Row, actor: Actor) -> list[Applied]:
        """Resolved where the unit has answered; else its matter is gone, and it goes with all that was handed down under it."""
        floor = self._floor
        if child.state in REPLIED:
            steps = await overdue.step(floor, session, child, "resolve", actor)
        else:
            void = Person(actor.id, "clock")
            steps = await overdue.step(floor, session, child, "withdraw", void, reason="主单已撤回或并单")
        return steps + await below.follow(floor, session, child, "withdraw", actor)


def _matter(row: Row) -> Matter:
    return Matter(row.number, title_of(row), row.filed_at, row.due_at)


def _facts(order: SupervisionOrder) -> tuple[str, str, str, str, str]:
    return order.ticket_id, order.id, order.parent_id, order.unit_code, order.form or ""


def _key(request_key: str, unit: str) -> str:
    """One key per unit of the order, of a length the store takes."""
    return f"order/{hashlib.sha256(f'{request_key}/{unit}'.encode()).hexdigest()}"


def _same(order: SupervisionOrder, version: int) -> None:
    if order.version != version:
        raise Conflict(f"这份督办单刚刚有变化（版本 {order.version}），请重新查看")


def _second_person(order: SupervisionOrder, actor: Actor) -> None:
    if order.publication != "asked":
        raise Conflict("没有待决定的公开曝光")
    if order.publish_by == actor.id:
        raise NotAllowed("公开曝光由两人决定：提出的人不能自己同意或不同意")


async def watch_orders(floor: Floor) -> int:
    """A chore: the office is told of each order that is overdue, once, among its live warnings too."""
    at = floor.clock()
    async with floor.database.reading() as session:
        found = [(row, (await tickets.get(session, row.ticket_id)).due_at) for row in await orders.unalarmed(session, at, ALARMS)]  # fmt: skip
    told = 0
    for order, due in found:
        async with floor.database.session() as session:
            fresh = due is not None and await orders.alarm(session, order, due, at)
            if fresh and due is not None:
                told_by = {"order_id": order.id, "due": due.isoformat()}
                late = Anomaly(at, "late_supervision", order.ticket_id, order.unit_code, told_by)
                await events.append(session, late, "anomalies")
        if fresh:
            told += 1
            log.warning("a supervision order is overdue", order=order.id, unit=order.unit_code)
            await floor.tell("tickets", "supervision.overdue", order_id=order.id, ticket_id=order.ticket_id, unit=order.unit_code)  # fmt: skip
    return told


def watching_orders(floor: Floor) -> Callable[[], Awaitable[int]]:
    """`watch_orders` as the chore of a worker."""

    async def overdue_orders() -> int:
        return await watch_orders(floor)

    return overdue_orders
