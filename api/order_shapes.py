"""What supervision orders and urgings look like from outside, and what may be asked of and done to them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.shapes import Given, Id, Instant, Page, PageQuery, Shape
from core.orders import OrderState, Publication, RecordKind
from core.policy_parts import OrderForm, Trigger, UrgingWay


class OrderSummary(Shape):
    """A line of a list. `ticket_id`: the order's own ticket, whose clock and reply are the order's."""

    id: str = Field(examples=["ord_01KB3V5M2R8Q4T6W9Y0A"])
    number: str = Field(examples=["20261128-048315"])
    ticket_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0B"])
    parent_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    group_id: str = Field(
        examples=["ord_01KB3V5M2R8Q4T6W9Y0A"], description="orders of one joint supervision"
    )
    unit_code: str = Field(examples=["SW"])
    title: str = Field(examples=["【督办】小区停水两天"])
    trigger: Trigger = Field(examples=["leader_note"])
    form: OrderForm | None = Field(examples=[None])
    clause: str = Field(examples=["001 18(一)"])
    state: OrderState = Field(examples=["open"])
    ticket_state: str = Field(examples=["dispatched"])
    opened_at: datetime = Field(examples=["2026-11-28T02:05:00Z"])
    due_at: datetime | None = Field(examples=["2026-12-01T16:00:00Z"])
    replied_at: datetime | None = Field(examples=[None])
    overdue: bool = Field(examples=[False])
    publication: Publication = Field(
        examples=["none"], description="公开曝光: decided by two persons, sent by nobody"
    )
    version: int = Field(examples=[1])


class Orders(Page):
    """One page of supervision orders."""

    items: list[OrderSummary]


class RecordView(Shape):
    """What was done under an order."""

    id: str = Field(examples=["rec_01KB3V5M2R8Q4T6W9Y0A"])
    kind: RecordKind = Field(examples=["visit"])
    happened_at: datetime = Field(examples=["2026-11-29T02:05:00Z"])
    place: str = Field(examples=["某小区二号楼"])
    people: str = Field(examples=["热线办两人、供水科一人"])
    words: str = Field(examples=["管道已更换，水压正常"])
    evidence: list[str] = Field(examples=[["照片-20261129-01 sha256:ab12"]])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-29T03:05:00Z"])


class OrderView(OrderSummary):
    """A whole order with what was done under it."""

    words: str = Field(examples=["请两日内恢复供水并书面说明"])
    leader: str = Field(examples=[""])
    opened_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    publish_by: str | None = Field(examples=[None])
    publish_at: datetime | None = Field(examples=[None])
    publish_why: str | None = Field(examples=[None])
    decided_by: str | None = Field(examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    decided_why: str | None = Field(examples=[None])
    alarmed_at: datetime | None = Field(examples=[None])
    closed_by: str | None = Field(examples=[None])
    closed_at: datetime | None = Field(examples=[None])
    result: str | None = Field(examples=[None])
    records: list[RecordView] = Field([], description="oldest first")


class OrderQuery(PageQuery):
    """Which orders."""

    unit: str = Field("", max_length=64, examples=["SW"])
    state: OrderState | None = Field(None, examples=["open"])
    form: OrderForm | None = Field(None, examples=["joint"])
    trigger: Trigger | None = Field(None, examples=["red_card"])
    parent: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    overdue: bool | None = Field(None, examples=[True])


class OrderGiven(Given):
    """A supervision order about a ticket; only forms and triggers the city's rules name are taken.

    `until`: the term, where the rules name none (限期办理) or a sooner one is meant; `leader`: who is in charge of a listed one.
    """

    ticket_id: Id = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    units: list[Id] = Field(min_length=1, max_length=20, examples=[["SW"]])
    trigger: Trigger = Field("other", examples=["leader_note"])
    form: OrderForm | None = Field(None, examples=[None])
    until: Instant | None = Field(None, examples=[None])
    words: str = Field("", max_length=4000, examples=["请两日内恢复供水并书面说明"])
    leader: str = Field("", max_length=60, examples=[""])


class Opened(Shape):
    """The orders that were opened, one per unit."""

    items: list[OrderSummary]


class RecordGiven(Given):
    """What was done: a visit names its place and evidence."""

    kind: RecordKind = Field(examples=["visit"])
    happened_at: Instant = Field(examples=["2026-11-29T10:05:00+08:00"])
    words: str = Field(min_length=2, max_length=4000, examples=["管道已更换，水压正常"])
    place: str = Field("", max_length=200, examples=["某小区二号楼"])
    people: str = Field("", max_length=400, examples=["热线办两人、供水科一人"])
    evidence: list[str] = Field([], max_length=50, examples=[["照片-20261129-01 sha256:ab12"]])


class PublicationGiven(Given):
    """Asked for by one person, decided by another."""

    deed: Literal["ask", "approve", "refuse"] = Field(examples=["ask"])
    why: str = Field(min_length=2, max_length=1000, examples=["逾期未办结，造成不良影响"])


class ClosedGiven(Given):
    """What came of it."""

    result: str = Field(min_length=2, max_length=1000, examples=["已恢复供水，书面说明已收"])


class UrgingView(Shape):
    """Once pressed. `rang`: a person rang."""

    number: str = Field(examples=["20261128-048315-01"])
    ticket_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    way: UrgingWay = Field(examples=["phone"])
    words: str = Field(examples=["请今日内联系市民"])
    until_at: datetime | None = Field(examples=[None])
    rang: bool = Field(examples=[False])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-28T02:05:00Z"])


class Urgings(Shape):
    """Oldest first."""

    items: list[UrgingView]


class BulletinLine(Shape):
    """One unit's month. `on_time`, `late`, `undone`: of the terms that ended in it."""

    unit: str = Field(examples=["SW"])
    name: str = Field(examples=["市水务局"])
    received: int = Field(examples=[120])
    on_time: int = Field(examples=[110])
    late: int = Field(examples=[3])
    undone: int = Field(examples=[1])
    returned: int = Field(examples=[6])
    redo: int = Field(examples=[2])
    repeats: int = Field(examples=[4])
    supervised: int = Field(examples=[1])
    pressed: int = Field(examples=[5])


class Bulletin(Shape):
    """月通报: every unit within reach."""

    month: str = Field(examples=["2026-10"])
    items: list[BulletinLine]


class PaperLine(Shape):
    """`what` '' for running text."""

    what: str = Field(examples=["事项"])
    words: str = Field(examples=["小区停水两天"])


class PaperView(Shape):
    """A paper to print: 督办单, 督办通知, 电话催办记录. `text`: the whole of it."""

    title: str = Field(examples=["督办单"])
    number: str = Field(examples=["20261128-048315"])
    to: str = Field(examples=["市水务局"])
    lines: list[PaperLine]
    by: str = Field(examples=["河源市12345政府服务热线"])
    on: str = Field(examples=["2026年11月28日"])
    text: str = Field(examples=["督办单\n编号：20261128-048315\n市水务局："])
