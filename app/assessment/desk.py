"""Assessing units: sheets from what the store holds, frozen versions, findings, rulings, appeals. Fills api.assess_house.AssessDeeds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.actor import Actor
from api.assess_house import Asked, FindingAsk, RulingAsk
from app import policies
from app.assessment.again import scored_again
from app.assessment.scope import Who, in_scope
from app.assessment.seats import seat_sheet
from core.calendar import Calendar
from core.divisions import Tree
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.policy import Policy
from store import assess_facts, assess_tickets, findings, frozen, tickets
from store.database import Database
from store.tables import FrozenSheet
from tickets.assessment.compare import changed, ranked
from tickets.assessment.fact import EVERYBODY, Fact, Period, ordered, period
from tickets.assessment.rhythm import over
from tickets.assessment.sheet import ordered_by, sheet
from tickets.clock import due, words


@dataclass(frozen=True, slots=True)
class Scored:
    """A sheet as JSON, and the very facts it was scored from."""

    sheet: dict[str, Any]
    facts: list[dict[str, Any]]


class AssessDesk:
    """Over a database, the city's rules and its places; other profiles are read by name."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        calendar: Calendar,
        tree: Tree,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._policy, self._calendar, self._tree, self._clock = (
            database,
            policy,
            calendar,
            tree,
            clock,
        )

    # --- sheets ---

    async def sheets(self, actor: Actor, asked: Asked) -> list[dict[str, Any]]:
        return [one.sheet for one in await self._scored(actor, asked)]

    async def seats(self, actor: Actor, period: str, as_of: datetime | None) -> dict[str, Any]:
        async with self._database.reading() as session:
            return await seat_sheet(session, period, as_of or self._clock(), actor.scope)

    async def due(self, actor: Actor) -> list[dict[str, Any]]:
        policy = self._rules("", actor.division)
        if not self._signs(actor, policy.name):
            return []
        rhythm, mine = policy.assessment.rhythm if policy.assessment else (), await self.scope(actor)
        async with self._database.reading() as session:
            ended = over(rhythm, await tickets.first_filed(session), self._clock())
            done = await frozen.periods(session, policy.profiles, mine)
        return [{"period": one.name, "over_at": one.end} for one in ended if one.name not in done]

    async def freeze(self, actor: Actor, asked: Asked, why: str) -> list[str]:
        span, at = period(asked.period), self._clock()
        if min(at, asked.as_of or at) < span.end:
            raise BadInput(f"{span.title}尚未结束，不能定稿")
        policy = self._rules(asked.profile, actor.division)
        self._must_sign(actor, policy.name)
        found = await self._scored(actor, asked)
        body = policy.model_dump(mode="json", by_alias=True)
        ids = []
        async with self._database.session() as session:
            for one in found:
                last = await frozen.latest(session, policy.name, span.name, one.sheet["unit"])
                moved = changed(last.sheet, one.sheet) if last else []
                if last is not None and not moved and _made_alike(last, one.sheet):
                    ids.append(last.id)
                    continue
                version = last.version + 1 if last else 1
                row = await frozen.keep(
                    session, one.sheet, one.facts, body, moved, version, actor.id, at, why
                )
                ids.append(row.id)
        return ids

    async def again(self, actor: Actor, sheet_id: str) -> dict[str, Any]:
        row = await self.frozen(actor, sheet_id)
        async with self._database.reading() as session:
            rules = await frozen.rules(session, row.policy_hash)
        return scored_again(row, rules.body)

    async def scope(self, actor: Actor) -> Sequence[str] | None:
        who = await in_scope(self._database, self._tree, actor)
        return None if who.all else sorted(who.names)

    async def _scored(self, actor: Actor, asked: Asked) -> list[Scored]:
        policy, span, at = (
            self._rules(asked.profile, actor.division),
            period(asked.period),
            asked.as_of or self._clock(),
        )
        ordered_by(policy)
        who = await in_scope(self._database, self._tree, actor)
        if asked.unit and asked.unit not in who.names:
            raise NotFound(f"没有代码为 {asked.unit} 的承办单位")
        async with self._database.reading() as session:
            facts = await assess_facts.gathered(session, policy, self._calendar, span, at)
            found = [
                self._one(facts, policy, span, unit, at, who) for unit in _chosen(asked.unit, who, facts)
            ]
            for one in found:
                one.sheet["tickets"] = _tickets(one)
            wanted = {key for one in found for key in _subjects(one.sheet)}
            numbers = await assess_tickets.numbers(session, wanted)
        for one in found:
            one.sheet["numbers"] = {key: numbers[key] for key in _subjects(one.sheet) if key in numbers}
        if policy.switches.ranking.value == "order" and not asked.unit and actor.unit is None:
            places = ranked([one.sheet for one in found])
            for one in found:
                one.sheet["rank"] = places.get(one.sheet["unit"])
        return found

    def _one(
        self, facts: dict[str, list[Fact]], policy: Policy, span: Period, unit: str, at: datetime, who: Who
    ) -> Scored:
        mine = ordered([*facts.get(unit, ()), *facts[EVERYBODY]])
        made = sheet(mine, policy, span, unit, at, who.names[unit]).as_json()
        made["sub_centre"] = unit in who.sub_centres
        return Scored(made, [fact.as_json() for fact in mine])

    def _rules(self, profile: str, division: str | None = None) -> Policy:
        """A county's hotline office assesses by its county's rules where it has any (Heyuan 4(三)), else by the city's."""
        profile = profile or self._tree.rules_of(division)
        return self._policy if profile in ("", self._policy.name) else policies.load(profile)

    async def frozen(self, actor: Actor, sheet_id: str) -> FrozenSheet:
        """Raises NotFound also where it is none of the actor's business."""
        async with self._database.reading() as session:
            row = await frozen.get(session, sheet_id)
        who = await in_scope(self._database, self._tree, actor)
        if row.unit_code not in who.names:
            raise NotFound(f"没有定稿的考核表 {sheet_id}")
        return row

    # --- findings and rulings ---

    async def enter(self, actor: Actor, ask: FindingAsk) -> str:
        await self._must_look_after(actor, ask.unit)
        async with self._database.session() as session:
            row = await findings.enter(
                session, ask.unit, ask.kind, ask.happened_at, ask.what, ask.evidence, actor.id, self._clock(), ask.ticket_id
            )  # fmt: skip
        return row.id

    async def review(
        self, actor: Actor, finding_id: str, state: Literal["confirmed", "rejected", "withdrawn"], note: str
    ) -> None:
        async with self._database.session() as session:
            row = await findings.get(session, finding_id)
            await self._must_look_after(actor, row.unit_code)
            await findings.review(session, finding_id, state, note, actor.id, self._clock())

    async def rule(self, actor: Actor, ask: RulingAsk) -> str:
        if ask.unit or actor.division:
            await self._must_look_after(actor, ask.unit)
        async with self._database.session() as session:
            row = await findings.rule(
                session, ask.unit, ask.scopes, ask.starts_at, ask.ends_at, ask.reason, actor.id, self._clock()
            )
        return row.id

    async def _must_look_after(self, actor: Actor, unit: str) -> None:
        who = await in_scope(self._database, self._tree, actor)
        if unit not in who.names:
            raise NotFound(f"没有代码为 {unit} 的承办单位")

    def _signs(self, actor: Actor, profile: str) -> bool:
        """A county's hotline office signs and judges by its county's own rules (001 4(三)), those they replaced too; the city's sheets are the city's."""
        place, home = actor.division, self._tree.home
        if not place or self._tree.within(home, place):
            return True
        citys = (*self._policy.profiles, *self._rules("", home).profiles)
        return profile in self._rules("", place).profiles and profile not in citys

    def _must_sign(self, actor: Actor, profile: str) -> None:
        if not self._signs(actor, profile):
            raise NotAllowed("区县热线办只能按本区县的考核办法定稿和决定申诉；市级考核表由市热线办定稿和决定")

    # --- appeals ---

    async def appeal(
        self, actor: Actor, sheet_id: str, key: str, reason: str, evidence: Sequence[str]
    ) -> str:
        row = await self.frozen(actor, sheet_id)
        policy, at = self._rules(row.profile), self._clock()
        within = policy.assessment.appeal_within if policy.assessment else None
        if within is None:
            raise NotAllowed("申诉期限条文未载明，须先由热线办设定（assessment.appeal_within）")
        until = due(row.frozen_at, within, self._calendar, policy.switches, policy.office_hours).due
        if at >= until:
            raise NotAllowed(f"申诉期限已于{words(until, 0)}届满（{within.clause}）")
        if key not in _may_be_struck(row.sheet):
            of = _of_part(row.sheet, key)
            raise BadInput(
                f"{key} 是{period(of).title}考核表上的扣分，请对那张表申诉"
                if of
                else f"这张考核表没有可申诉的扣分 {key}"
            )
        async with self._database.session() as session:
            last = await frozen.latest(session, row.profile, row.period, row.unit_code)
            if last is None or last.id != row.id:
                raise Conflict("这张考核表已有新版本，请对新版本申诉")
            made = await frozen.appeal(session, row, key, reason, evidence, until, actor.id, at)
        return made.id

    async def decide(
        self, actor: Actor, appeal_id: str, state: Literal["granted", "refused"], why: str
    ) -> None:
        async with self._database.session() as session:
            row = await frozen.the_appeal(session, appeal_id)
            await self._must_look_after(actor, row.unit_code)
            self._must_sign(actor, row.profile)
            await frozen.decide(session, appeal_id, state, why, actor.id, self._clock())


def _chosen(unit: str, who: Who, facts: dict[str, list[Fact]]) -> list[str]:
    """The unit asked for, or every one in scope that is in use or has facts."""
    return [unit] if unit else [code for code in sorted(who.names) if code in who.active or code in facts]


def _made_alike(row: FrozenSheet, made: dict[str, Any]) -> bool:
    return (row.policy_hash, row.formula) == (made["policy_hash"], made["formula"])


def _subjects(made: dict[str, Any]) -> set[str]:
    """Tickets a sheet speaks of."""
    cases = {change["subject"] for item in made["items"] for change in item["changes"]}
    graded = {one["ticket"] for one in made.get("good_bad", {}).get("grades", ())}
    of_events = set(made["tickets"].values())
    return cases | of_events | graded | {ticket for share in made["shares"] for ticket in share["missed"]}


def _tickets(one: Scored) -> dict[str, str]:
    """Subjects that are a finding or an event about a ticket, and which."""
    about = {fact["id"]: fact["ticket"] for fact in one.facts if fact["ticket"]}
    subjects = {change["subject"] for item in one.sheet["items"] for change in item["changes"]}
    return {subject: about[subject] for subject in sorted(subjects) if subject in about}


def _may_be_struck(made: dict[str, Any]) -> set[str]:
    """Deductions that cost something, and the tickets that count against the unit in a rate: this sheet's own.

    A quarter takes its points from its months: what they took off is appealed on their sheets, or no month would change.
    """
    own = made["period"]["name"]
    costs = {change["key"] for change in _costly(made) if change["period"] == own}
    if made["items"] and made["period"]["kind"] != "month":
        return costs
    return costs | {f"{share['name']}:{ticket}" for share in made["shares"] for ticket in share["missed"]}


def _costly(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["items"]:
        yield from (change for change in item["changes"] if change["points"].startswith("-"))


def _of_part(made: dict[str, Any], key: str) -> str:
    """The month or quarter inside this sheet's period whose deduction it is; '' for none."""
    return next((str(change["period"]) for change in _costly(made) if change["key"] == key), "")
