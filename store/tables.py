"""Every table in one import; the rows live in three modules, by who changes them."""

from store.columns import Base
from store.tables_calls import Call, Leg, Proposal, Recording, Utterance
from store.tables_care import (
    Block,
    BlockReview,
    CallTag,
    CareCaller,
    EnterpriseItem,
    Specialist,
    Supervision,
    SupervisionStep,
)
from store.tables_errands import Errand, GradeRow
from store.tables_lines import Line, LineState, WithdrawnLine
from store.tables_monitor import Cdr, Cel, Probe, ProbeRuling, UnitPhone
from store.tables_notices import NoticeRow
from store.tables_register import Article, CueSet, Refusal, Trunk, Unit, User
from store.tables_rota import DutyShift
from store.tables_routing import Decision, RoutingRules, Seat, SeatSkill
from store.tables_tickets import EventRow, Lookup, Message, Ticket
from store.tables_transfers import Transfer

metadata = Base.metadata

__all__ = [
    "Article",
    "Base",
    "Block",
    "BlockReview",
    "Call",
    "CallTag",
    "CareCaller",
    "Cdr",
    "Cel",
    "CueSet",
    "Decision",
    "DutyShift",
    "EnterpriseItem",
    "Errand",
    "EventRow",
    "GradeRow",
    "Leg",
    "Line",
    "LineState",
    "Lookup",
    "Message",
    "NoticeRow",
    "Probe",
    "ProbeRuling",
    "Proposal",
    "Recording",
    "Refusal",
    "RoutingRules",
    "Seat",
    "SeatSkill",
    "Specialist",
    "Supervision",
    "SupervisionStep",
    "Ticket",
    "Transfer",
    "Trunk",
    "Unit",
    "UnitPhone",
    "User",
    "Utterance",
    "WithdrawnLine",
    "metadata",
]
