"""Supervision orders as facts: opened, what was done under them, made public or not, overdue, closed.

`ticket_id` is the order's own ticket, `parent_id` the matter it is about. Names of people stand in the rows, never here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, get_args

from core.events import Event

RecordKind = Literal["visit", "meeting", "talk", "note"]
"""现场核查, 专题协调会, 约谈, 其他."""
RECORD_KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
Publication = Literal["none", "asked", "approved", "refused"]
PUBLICATIONS: tuple[Publication, ...] = get_args(Publication)
OrderState = Literal["open", "closed"]
ORDER_STATES: tuple[OrderState, ...] = get_args(OrderState)


@dataclass(frozen=True, slots=True)
class OrderOpened(Event):
    """A supervision order went to a unit. `form` '' for a plain one; orders of one joint supervision share `group`."""

    name: ClassVar[str] = "supervision.opened"
    ticket_id: str
    order_id: str
    parent_id: str
    unit: str
    trigger: str
    form: str
    clause: str
    group: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class OrderNoted(Event):
    """Something was done under an order: a visit on site, a meeting, a talk."""

    name: ClassVar[str] = "supervision.noted"
    ticket_id: str
    order_id: str
    parent_id: str
    unit: str
    form: str
    kind: str


@dataclass(frozen=True, slots=True)
class OrderPublication(Event):
    """Making it public was asked for, approved or refused, by two persons; nothing is sent anywhere by itself."""

    name: ClassVar[str] = "supervision.publication"
    ticket_id: str
    order_id: str
    parent_id: str
    unit: str
    form: str
    publication: str


@dataclass(frozen=True, slots=True)
class OrderOverdue(Event):
    """An order's term is over and the unit has not answered: the office's alarm."""

    name: ClassVar[str] = "supervision.overdue"
    ticket_id: str
    order_id: str
    parent_id: str
    unit: str
    form: str
    due: datetime


@dataclass(frozen=True, slots=True)
class OrderClosed(Event):
    name: ClassVar[str] = "supervision.closed"
    ticket_id: str
    order_id: str
    parent_id: str
    unit: str
    form: str
    late: bool
