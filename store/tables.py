"""Every table in one import; the rows live in three modules, by who changes them."""

from store.columns import Base
from store.tables_accountability import AccountabilityCase, AccountabilityCursor
from store.tables_assess import Appeal, AssessRules, AssessRuling, FrozenSheet, UnitFinding
from store.tables_audit import Link
from store.tables_calls import Call, Leg, Proposal, Recording, Tap, Utterance
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
from store.tables_knowledge import (
    ArticleReview,
    ArticleUse,
    ArticleVersion,
    BulletinRead,
    BulletinRow,
    KnowledgeFinding,
    KnowledgeGap,
    KnowledgeMiss,
)
from store.tables_lines import Line, LineState, WithdrawnLine
from store.tables_models import LearnedModel
from store.tables_monitor import Cdr, Cel, Probe, ProbeRuling, UnitPhone
from store.tables_notices import NoticeRow
from store.tables_orders import OrderRecord, SupervisionOrder, Urging
from store.tables_quality import QualityCheck, QualityReview, QualityRules
from store.tables_register import Article, CueSet, Refusal, Trunk, Unit, User
from store.tables_rota import DutyShift
from store.tables_routing import Decision, RoutingRules, Seat, SeatSkill
from store.tables_secrecy import Hold, Release, ReleaseVote
from store.tables_tickets import EventRow, Lookup, Message, Precedent, Ticket
from store.tables_transfers import Transfer
from store.tables_units import UnitChange, UnitPerson
from store.tables_wall import WallScreen
from store.tables_ways import Attachment, PhoneCode, Reply, TicketCode, UnitCall

metadata = Base.metadata

__all__ = [
    "AccountabilityCase",
    "AccountabilityCursor",
    "Appeal",
    "Article",
    "ArticleReview",
    "ArticleUse",
    "ArticleVersion",
    "AssessRules",
    "AssessRuling",
    "Attachment",
    "Base",
    "Block",
    "BlockReview",
    "BulletinRead",
    "BulletinRow",
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
    "FrozenSheet",
    "GradeRow",
    "Hold",
    "KnowledgeFinding",
    "KnowledgeGap",
    "KnowledgeMiss",
    "LearnedModel",
    "Leg",
    "Line",
    "LineState",
    "Link",
    "Lookup",
    "Message",
    "NoticeRow",
    "OrderRecord",
    "PhoneCode",
    "Precedent",
    "Probe",
    "ProbeRuling",
    "Proposal",
    "QualityCheck",
    "QualityReview",
    "QualityRules",
    "Recording",
    "Refusal",
    "Release",
    "ReleaseVote",
    "Reply",
    "RoutingRules",
    "Seat",
    "SeatSkill",
    "Specialist",
    "Supervision",
    "SupervisionOrder",
    "SupervisionStep",
    "Tap",
    "Ticket",
    "TicketCode",
    "Transfer",
    "Trunk",
    "Unit",
    "UnitCall",
    "UnitChange",
    "UnitFinding",
    "UnitPerson",
    "UnitPhone",
    "Urging",
    "User",
    "Utterance",
    "WallScreen",
    "WithdrawnLine",
    "metadata",
]
