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
from store.tables_register import Article, CueSet, Line, Refusal, Seat, Trunk, Unit, User
from store.tables_tickets import EventRow, Lookup, Message, Ticket

metadata = Base.metadata

__all__ = [
    "Article",
    "Base",
    "Block",
    "BlockReview",
    "Call",
    "CallTag",
    "CareCaller",
    "CueSet",
    "EnterpriseItem",
    "EventRow",
    "Leg",
    "Line",
    "Lookup",
    "Message",
    "Proposal",
    "Recording",
    "Refusal",
    "Seat",
    "Specialist",
    "Supervision",
    "SupervisionStep",
    "Ticket",
    "Trunk",
    "Unit",
    "User",
    "Utterance",
    "metadata",
]
