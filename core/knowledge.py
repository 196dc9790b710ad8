"""Knowledge and its governance as facts: what was submitted, reviewed, published, found wrong, mended, and what misled citizens.

Assessment reads these: every payload carries `unit`, `article` ('' for none) and `late`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, get_args

from core.events import Event

GapKind = Literal["gap", "error", "invalid"]
BulletinKind = Literal["temporary", "emergency", "advance"]
FindingKind = Literal["misled", "notice_missed"]
GAP_KINDS: tuple[GapKind, ...] = get_args(GapKind)
"""知识点空缺、信息不准确、知识库无效 (001 25)."""
BULLETIN_KINDS: tuple[BulletinKind, ...] = get_args(BulletinKind)
"""临时性、应急性、预告性的信息 (002 附四(二))."""
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)


@dataclass(frozen=True, slots=True)
class KnowledgeEvent(Event):
    """`article` '' where it is about none, `unit` '' where nobody owns it yet; `number`: which version, 0 for none."""

    article: str
    unit: str
    late: bool = False
    number: int = 0

    @property
    def subject(self) -> str:
        return self.article or str(getattr(self, "ref", "")) or "knowledge"


@dataclass(frozen=True, slots=True)
class Drafted(KnowledgeEvent):
    """A draft was begun or changed."""

    name: ClassVar[str] = "knowledge.drafted"


@dataclass(frozen=True, slots=True)
class Submitted(KnowledgeEvent):
    """`late`: uploaded with less than the lead time before it takes effect; `gap`: which report it answers."""

    name: ClassVar[str] = "knowledge.submitted"
    effective_from: datetime | None = None
    gap: str = ""


@dataclass(frozen=True, slots=True)
class UploadedLate(KnowledgeEvent):
    """Less than the lead time before it takes effect; `upload_by`: the last moment that was in time. `late` is True."""

    name: ClassVar[str] = "knowledge.late"
    effective_from: datetime | None = None
    upload_by: datetime | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed(KnowledgeEvent):
    """One party looked at it. `party`: leader, office or unit:CODE."""

    name: ClassVar[str] = "knowledge.reviewed"
    party: str = ""
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class LeaderMissing(KnowledgeEvent):
    """It waits for the owner's leader, and the unit has nobody with such an account who did not write it."""

    name: ClassVar[str] = "knowledge.leader_missing"


@dataclass(frozen=True, slots=True)
class Recalled(KnowledgeEvent):
    """Taken back before it was published."""

    name: ClassVar[str] = "knowledge.recalled"


@dataclass(frozen=True, slots=True)
class Published(KnowledgeEvent):
    """It will be served from then on."""

    name: ClassVar[str] = "knowledge.published"
    serves_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class InForce(KnowledgeEvent):
    """It is what matching serves from now on."""

    name: ClassVar[str] = "knowledge.in_force"


@dataclass(frozen=True, slots=True)
class Withdrawn(KnowledgeEvent):
    name: ClassVar[str] = "knowledge.withdrawn"
    why: str = ""


@dataclass(frozen=True, slots=True)
class EditorNamed(KnowledgeEvent):
    """采编员 of an article; `editor`: a user's id."""

    name: ClassVar[str] = "knowledge.editor"
    editor: str = ""


@dataclass(frozen=True, slots=True)
class _OfGap(KnowledgeEvent):
    ref: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GapReported(_OfGap):
    """Something is missing, wrong or of no use; `ref`: the report's id."""

    name: ClassVar[str] = "knowledge.gap"


@dataclass(frozen=True, slots=True)
class GapAssigned(_OfGap):
    """The unit was told; its term runs. `due` None where the city's rules give no number."""

    name: ClassVar[str] = "knowledge.assigned"
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fixed(_OfGap):
    """Mended with version `number`; `late`: after the term."""

    name: ClassVar[str] = "knowledge.fixed"


@dataclass(frozen=True, slots=True)
class GapReopened(_OfGap):
    """What should mend it did not pass."""

    name: ClassVar[str] = "knowledge.reopened"


@dataclass(frozen=True, slots=True)
class GapVerified(_OfGap):
    name: ClassVar[str] = "knowledge.verified"


@dataclass(frozen=True, slots=True)
class GapDismissed(_OfGap):
    name: ClassVar[str] = "knowledge.dismissed"


@dataclass(frozen=True, slots=True)
class QuestionsDismissed(KnowledgeEvent):
    """Questions that found nothing are no gap and are proposed no more; `ids`: which."""

    name: ClassVar[str] = "knowledge.questions_dismissed"
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GapOverdue(_OfGap):
    """The term ended and nothing was mended. `late` is True."""

    name: ClassVar[str] = "knowledge.overdue"
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class GapRedated(_OfGap):
    """A calendar came and the term ends at another moment."""

    name: ClassVar[str] = "knowledge.dates_moved"
    was: datetime | None = None
    due: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Misled(KnowledgeEvent):
    """A citizen was misled by this version (001 19(九)). `ref`: the finding; `ticket_id`: the complaint that shows it."""

    name: ClassVar[str] = "knowledge.misled"
    ref: str = ""
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeMissed(KnowledgeEvent):
    """A unit did not send the bulletin it should have (002 附四(二)). `ref`: the finding; `happened_at`: what it was about."""

    name: ClassVar[str] = "knowledge.notice_missed"
    ref: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FindingLifted(KnowledgeEvent):
    """A finding does not stand any more; `kind`: which of the two it was."""

    name: ClassVar[str] = "knowledge.lifted"
    ref: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class BulletinPosted(KnowledgeEvent):
    """公告. `late`: after what it tells of had begun."""

    name: ClassVar[str] = "knowledge.posted"
    ref: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class BulletinWithdrawn(KnowledgeEvent):
    name: ClassVar[str] = "knowledge.bulletin_withdrawn"
    ref: str = ""
