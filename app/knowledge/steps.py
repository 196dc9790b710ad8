"""The steps of a version, each within the transaction of whoever takes it: the row, what follows from it, its events."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import StepAsk
from app.knowledge import letters, mending
from app.knowledge.house import Rules, who
from core.calendar import FIRST_YEAR, LAST_YEAR
from core.events import Event
from core.knowledge import InForce, LeaderMissing, Published, Reviewed, Submitted, UploadedLate, Withdrawn
from match import governance
from match.content import Article as Text
from match.content import parse
from match.governance import Opinion, Version
from store import knowledge, users
from store.tables import ArticleReview, ArticleVersion
from tickets.clock import CHINA
from tickets.lead import lead_of


async def submit(
    session: AsyncSession,
    actor: Actor,
    row: ArticleVersion,
    before: Version,
    version: int,
    ask: StepAsk,
    at: datetime,
    rules: Rules,
) -> list[Event]:
    """Handed in: judged against the lead time where it tells of something that takes effect on a date and mends no gap."""
    ordered = rules.policy.knowledge.review
    after = governance.submit(before, who(actor), ask.parties, ordered.value if ordered else ())
    effective = ask.effective_from or await _own_day(session, row)
    dated = effective if row.gap_id is None else None
    lead = lead_of(at, dated, rules.policy, rules.calendar) if dated else None
    late = bool(lead and lead.late)
    await knowledge.change(
        session, row, version, state=after.state, parties=list(after.parties), writers=sorted(after.writers),
        round=row.round + 1, submitted_at=at, submitted_by=actor.id, effective_from=effective,
        late=late, lead=lead.as_json() if lead else None, why=ask.note or row.why,
    )  # fmt: skip
    about, gap = (at, row.article_id, before.owner), row.gap_id or ""
    happened: list[Event] = [
        Submitted(*about, late=late, number=row.number, effective_from=effective, gap=gap)
    ]
    if lead and late:
        happened.append(
            UploadedLate(
                *about,
                late=True,
                number=row.number,
                effective_from=effective,
                upload_by=lead.upload_by,
                clause=lead.clause,
            )
        )
    if after.needs_leader and not await users.leads(session, after.owner, after.writers):
        happened.append(LeaderMissing(*about, number=row.number))
        await letters.leader_missing(session, row, at, rules)
    return [*happened, *await mending.fixed_by(session, row, actor, at, rules)]


async def _own_day(session: AsyncSession, row: ArticleVersion) -> datetime | None:
    """The first day the text itself names; None where a text handed in before named it: what holds already begins with no new wording."""
    if row.valid_from is None or not FIRST_YEAR < row.valid_from.year <= LAST_YEAR:
        return None
    before = [one for one in await knowledge.chain(session, row.article_id) if one.number < row.number]
    if any(one.valid_from == row.valid_from and (one.submitted_at or one.serves_from) for one in before):
        return None
    return datetime.combine(row.valid_from, time.min, CHINA)


async def review(
    session: AsyncSession,
    actor: Actor,
    row: ArticleVersion,
    before: Version,
    version: int,
    ask: StepAsk,
    at: datetime,
    rules: Rules,
) -> list[Event]:
    party = governance.party_of(who(actor), before)
    after = governance.review(before, who(actor), ask.agrees, ask.note)
    assert party is not None
    whole = after.state == "reviewed"
    await knowledge.change(session, row, version, state=after.state, reviewed_at=at if whole else None)
    await knowledge.add_review(session, row, party, actor.id, ask.agrees, ask.note, at)
    said = Reviewed(at, row.article_id, before.owner, number=row.number, party=party, agrees=ask.agrees)
    if ask.agrees:
        return [said]
    return [said, *await mending.reopen(session, row, ask.note, at, rules, actor.id)]


async def publish(
    session: AsyncSession,
    actor: Actor,
    row: ArticleVersion,
    version: int,
    about: tuple[datetime, str, str],
    rules: Rules,
) -> list[Event]:
    """Served from its own date on, or at once where that has passed."""
    at = about[0]
    since = max(at, row.effective_from) if row.effective_from else at
    facts = {"state": "published", "published_at": at, "published_by": actor.id, "serves_from": since}
    await knowledge.change(session, row, version, **facts)
    happened: list[Event] = [Published(*about, late=row.late, number=row.number, serves_from=since)]
    if since <= at and await knowledge.settle(session, row.article_id, at) is not None:
        happened.append(InForce(*about, late=row.late, number=row.number))
    return [*happened, *await mending.verified_by(session, row, actor, at)]


async def withdraw(
    session: AsyncSession,
    actor: Actor,
    row: ArticleVersion,
    version: int,
    why: str,
    about: tuple[datetime, str, str],
    rules: Rules,
) -> list[Event]:
    """What was never served disappears; what is served ends now, and no older text takes its place."""
    at = about[0]
    served = row.serves_from is not None and row.serves_from <= at
    facts: dict[str, Any] = {"state": "withdrawn", "ended_by": actor.id, "ended_at": at, "ended_why": why}
    facts |= {"serves_until": at} if served else {"serves_from": None}
    await knowledge.change(session, row, version, **facts)
    if served:
        await knowledge.settle(session, row.article_id, at)
    reopened = await mending.reopen(session, row, why or "报送的新版已撤回", at, rules, actor.id)
    return [Withdrawn(*about, number=row.number, why=why), *reopened]


# --- between rows and rules -------------------------------------------------------------------------------------------


def text_of(article_id: str, text: Mapping[str, Any]) -> Text:
    """A text as matching checks it. Raises BadContent."""
    given = {name: value for name, value in text.items() if value is not None}
    return parse({"知识点": {"articles": [{**given, "id": article_id}]}}).articles[0]


def as_version(row: ArticleVersion, said: Sequence[ArticleReview]) -> Version:
    """The rules' view of a stored version; `said`: its reviews of this round."""
    opinions = tuple(Opinion(one.party, one.by, one.agrees, one.note) for one in said)
    return Version(
        row.article_id,
        row.number,
        row.unit_code or "",
        row.state,  # type: ignore[arg-type]
        frozenset(row.writers),
        tuple(row.parties),
        opinions,
    )
