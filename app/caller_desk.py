"""What people do about callers: tags, blocks and their reviews, the care register. One transaction per deed, with its event."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from api.actor import Actor
from api.caller_house import BlockAsk, CareAsk, ReviewDeed
from app.caller_rules import CallerRules
from core.errors import BadInput
from core.events import CallerBlocked, CallTagged, CareNoted
from store import callers, calls, events
from store.database import Database


class CallerDesk:
    """api.caller_house.CallerDeeds over a database and the city's rules."""

    def __init__(self, database: Database, rules: CallerRules, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    def tags(self) -> Mapping[str, tuple[str, bool]]:
        return {code: (tag.name, tag.blockable) for code, tag in self._rules.tags.items()}

    async def tag(self, actor: Actor, call_id: str, tag: str, note: str) -> None:
        self._rules.tag(tag)
        at = self._clock()
        async with self._database.session() as session:
            await callers.tag(session, call_id, tag, note, actor.id, at)
            await events.append(session, CallTagged(at, call_id, tag, True), actor.id)

    async def untag(self, actor: Actor, call_id: str, tag: str) -> None:
        at = self._clock()
        async with self._database.session() as session:
            await callers.untag(session, call_id, tag, actor.id, at)
            await events.append(session, CallTagged(at, call_id, tag, False), actor.id)

    async def block(self, actor: Actor, ask: BlockAsk) -> str:
        tag = self._rules.tag(ask.tag)
        if not tag.blockable:
            raise BadInput(f"“{tag.name}”不是可以拦截号码的理由")
        at = self._clock()
        ends, review = self._until(at, ask.days)
        async with self._database.session() as session:
            of_call = (await calls.get(session, ask.call_id)).caller if ask.call_id else ""
            number = ask.number or of_call
            if not number:
                raise BadInput("来电没有显示号码，无法拦截")
            row = await callers.block(
                session, number, ask.tag, ask.reason, actor.id, at, ends, review, ask.call_id
            )
            await events.append(session, CallerBlocked(at, row.id, "blocked", ask.tag, ends), actor.id)
        return row.id

    async def review(self, actor: Actor, block_id: str, deed: ReviewDeed, why: str, days: int | None) -> None:
        at = self._clock()
        ends, review = self._until(at, days)
        async with self._database.session() as session:
            await callers.review(session, block_id, deed, why, actor.id, at, ends, review)
            row = await callers.get_block(session, block_id)
            await events.append(session, CallerBlocked(at, row.id, deed, row.tag, row.expires_at), actor.id)

    async def care_for(self, actor: Actor, ask: CareAsk) -> str:
        at = self._clock()
        async with self._database.session() as session:
            row = await callers.care_for(
                session, ask.number, ask.kind, ask.basis, actor.id, at,
                skill=ask.skill, name=ask.name, note=ask.note, consent_at=ask.consent_at,
            )  # fmt: skip
            await events.append(session, CareNoted(at, row.id, "registered", ask.kind), actor.id)
        return row.id

    async def end_care(self, actor: Actor, care_id: str) -> None:
        at = self._clock()
        async with self._database.session() as session:
            row = await callers.end_care(session, care_id, actor.id, at)
            await events.append(session, CareNoted(at, care_id, "ended", row.kind), actor.id)

    def _until(self, at: datetime, days: int | None) -> tuple[datetime, datetime]:
        rule = self._rules.block
        chosen = days or rule.days
        if chosen > rule.most_days:
            raise BadInput(f"拦截最长 {rule.most_days} 天")
        ends = at + timedelta(days=chosen)
        return ends, min(ends, at + timedelta(days=rule.review_after_days))
