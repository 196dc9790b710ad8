"""What the HTTP edge asks about the knowledge base: the deeds of api.house.House on articles, gaps, bulletins and findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from api.actor import Actor
from core.knowledge import BulletinKind, GapKind
from match.gap_table import Action as GapAction
from match.governance import Action as VersionAction
from match.misses import Group


@dataclass(frozen=True, slots=True)
class StepAsk:
    """One step of a version. `effective_from`, `parties`: with submit; `agrees`: with review; `note`: the reason."""

    action: VersionAction
    note: str = ""
    agrees: bool = True
    effective_from: datetime | None = None
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GapAsk:
    """What is missing or wrong. `unit` None: the article's owner, or nobody yet."""

    kind: GapKind
    title: str
    words: str
    article: str | None = None
    unit: str | None = None
    call_id: str | None = None
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class GapStepAsk:
    """`unit`: with assign; `article` and `number`: with fix, the published version that mends it."""

    action: GapAction
    note: str = ""
    unit: str | None = None
    article: str | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class BulletinAsk:
    """公告. `unit` None: the hotline's own is not allowed; people of a unit write for theirs."""

    kind: BulletinKind
    title: str
    text: str
    unit: str
    since: datetime
    until: datetime
    region: str = ""
    happens_at: datetime | None = None
    pinned: int | None = None


@dataclass(frozen=True, slots=True)
class FindingAsk:
    """A finding. Misled: `article` with the complaint's `ticket_id`, and the call or the moment it was told; missed: `unit`."""

    title: str
    words: str
    article: str | None = None
    unit: str | None = None
    call_id: str | None = None
    ticket_id: str | None = None
    happened_at: datetime | None = None


class ArticleDeeds(Protocol):
    """Each is one transaction with its events. Raises NotAllowed where neither owner nor office asks, Conflict, BadInput."""

    async def begin(
        self, actor: Actor, article_id: str, text: Mapping[str, Any], why: str, gap_id: str | None
    ) -> int:
        """A new draft, of a new article where there is none of this id; its number. Raises UnknownUnit."""

    async def edit(
        self, actor: Actor, article_id: str, number: int, version: int, text: Mapping[str, Any], why: str
    ) -> None:
        """Write a draft anew. Raises NotFound."""

    async def step(self, actor: Actor, article_id: str, number: int, version: int, ask: StepAsk) -> None:
        """Submit, review, recall, publish or withdraw. Raises NotFound."""

    async def name_editor(self, actor: Actor, article_id: str, user_id: str) -> None:
        """采编员 of the article. Raises NotFound."""

    async def not_found(self, actor: Actor, words: str) -> None:
        """A search found nothing: kept without anything personal, for gaps that nobody reported."""


class GapDeeds(Protocol):
    async def report(self, actor: Actor, ask: GapAsk) -> str:
        """Report a gap or an error; its id. The office's reports are assigned at once. Raises NotFound, UnknownUnit."""

    async def step(self, actor: Actor, gap_id: str, version: int, ask: GapStepAsk) -> None:
        """Assign, fix, verify, reject or dismiss. Raises NotFound, NotAllowed, Conflict, BadInput."""

    async def take(self, actor: Actor, members: Sequence[str], ask: GapAsk) -> str:
        """Make a reported gap of questions that found nothing; its id. Raises Conflict where all were dealt with."""

    async def proposed(self, least: int) -> Sequence[Group]:
        """What was asked at least so often and not found, grouped."""

    async def dismiss(self, actor: Actor, members: Sequence[str]) -> int:
        """They are no gap; how many questions that were."""


class BulletinDeeds(Protocol):
    async def post(self, actor: Actor, ask: BulletinAsk) -> str:
        """Publish it; its id. Raises NotAllowed, BadInput, UnknownUnit."""

    async def withdraw(self, actor: Actor, bulletin_id: str, version: int, why: str) -> None:
        """Raises NotFound, NotAllowed, Conflict."""

    async def read(self, actor: Actor, bulletin_id: str) -> None:
        """The actor has read it. Raises NotFound."""


class FindingDeeds(Protocol):
    async def misled(self, actor: Actor, ask: FindingAsk) -> str:
        """A citizen was misled by the version that was served; the finding's id. Raises NotFound, BadInput."""

    async def notice_missed(self, actor: Actor, ask: FindingAsk) -> str:
        """A unit did not send a bulletin; the finding's id. Raises UnknownUnit, BadInput."""

    async def lift(self, actor: Actor, finding_id: str, why: str) -> None:
        """Raises NotFound, Conflict."""


class KnowledgeDeeds(Protocol):
    """The knowledge base."""

    @property
    def articles(self) -> ArticleDeeds: ...
    @property
    def gaps(self) -> GapDeeds: ...
    @property
    def bulletins(self) -> BulletinDeeds: ...
    @property
    def findings(self) -> FindingDeeds: ...
