"""What the rules say, for whoever reads them: a deadline explained, a profile's values and readings, a year's calendar.

`./hotline policy`, `./hotline calendar show` and the pages ask here, so that a date is explained in one way only. Fills
api.policy_house.PolicyDeeds.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from app import policies
from core.calendar import Calendar, statutory_holidays
from core.errors import BadInput
from core.policy import Policy, silent
from core.policy_parts import STAGES, TYPES, StageName, TicketType
from core.policy_switches import SWITCHES, readings
from core.policy_text import BadPolicy
from core.policy_values import values
from tickets.clock import CHINA, local
from tickets.explain import Explanation
from tickets.explain import explain as explain_stage


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the clock, as typed or asked by a page."""

    profile: str
    stage: str
    type: str
    filed_at: str
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False


def instant(text: str) -> datetime:
    """ISO 8601; without an offset it is China's clock. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"filed-at 不是 ISO 8601 时间：{text!r}") from error
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def explain_case(case: Case, load: Callable[[str], Policy], calendar: Calendar) -> tuple[Policy, Explanation]:
    """The policy and what it says. Raises BadInput, UnknownPolicy, BadPolicy."""
    for name, value, known in (("stage", case.stage, STAGES), ("type", case.type, TYPES)):
        if value not in known:
            raise BadInput(f"{name} 须为 {'|'.join(known)}，不是 {value!r}")
    policy = load(case.profile)
    found = explain_stage(
        policy, cast(StageName, case.stage), cast(TicketType, case.type), instant(case.filed_at),
        calendar=calendar, multi_unit=case.multi_unit, on_site=case.on_site, complex=case.complex,
    )  # fmt: skip
    return policy, found


def switches_of(policy: Policy) -> list[dict[str, Any]]:
    """[{name, value, clause, note, readings, default}]: every reading that was chosen, the others, and why."""
    return [
        {"name": name, **getattr(policy.switches, name).model_dump(), "readings": list(readings(name)),
         "default": name not in policy.switches.model_fields_set}
        for name in SWITCHES
    ]  # fmt: skip


def year_of(calendar: Calendar, year: int) -> dict[str, Any]:
    """{year, published, source, rest, make_up, half_days, holidays}: days off that are no plain weekend, weekends that are worked,
    days on which offices shut sooner and when, and for which holiday."""
    plan, first = calendar.plan(year), date(year, 1, 1)
    rest, make_up, named = {}, {}, {}
    for n in range((date(year + 1, 1, 1) - first).days):
        day = first + timedelta(days=n)
        kind = calendar.is_working_day(day)
        if kind.counts and day.weekday() >= 5:
            make_up[day.isoformat()] = kind.why
        elif not kind.counts and (day.weekday() < 5 or day in statutory_holidays(year)):
            rest[day.isoformat()] = kind.why
        if kind.holiday:
            named[day.isoformat()] = kind.holiday
    statute = "全国年节及纪念日放假办法（2024）"
    source = (
        plan.source
        if plan
        else f"国务院办公厅关于{year}年部分节假日安排的通知"
        if calendar.published(year)
        else statute
    )
    return {
        "year": year,
        "published": calendar.published(year),
        "source": source,
        "rest": rest,
        "make_up": make_up,
        "half_days": {day.isoformat(): f"{shut:%H:%M}" for day, shut in sorted(plan.closes.items())}
        if plan
        else {},
        "holidays": named,
    }


class PolicyDesk:
    """Profiles are read from disk and the calendar is walked in threads: neither may hold up a call. `ours`: the city's own."""

    def __init__(self, ours: str, calendar: Callable[[], Calendar], clock: Callable[[], datetime]) -> None:
        self._ours, self._calendar, self._clock = ours, calendar, clock

    async def profiles(self) -> list[dict[str, Any]]:
        return await asyncio.to_thread(lambda: [self._head(one) for one in _readable()])

    async def profile(self, name: str) -> dict[str, Any]:
        policy = await asyncio.to_thread(policies.load, name)
        rules = policy.assessment
        return self._head(policy) | {
            "values": [asdict(one) for one in values(policy) if not one.path.startswith(_ELSEWHERE)],
            "items": [
                {"item": item, **one.model_dump(include={"part", "title", "full", "by", "clause", "words", "note"})}
                for item, one in (rules.table.items() if rules else ())
            ],
            "switches": switches_of(policy), "silent": silent(policy), "overruled": list(policy.overruled),
        }  # fmt: skip

    async def explain(
        self, name: str, stage: StageName, type: TicketType, at: datetime, flags: dict[str, bool]
    ) -> dict[str, Any]:
        case = Case(name, stage, type, at.isoformat(), **flags)
        policy, found = await asyncio.to_thread(explain_case, case, policies.load, self._calendar())
        return {
            "profile": policy.name, "title": policy.title, "documents": policy.documents, "since": local(at),
            **{name: getattr(found, name) for name in _MOMENTS},
            "cards": [
                {"colour": one.colour, "at": one.at, "clause": one.card.clause, "notify": one.card.notify, "by": one.card.by}
                for one in found.cards
            ],
            "days": [asdict(step) for step in found.steps], "clauses": list(found.clauses),
            "quotes": [{"clause": one.clause, "words": one.words, "note": one.note} for one in found.quotes],
        }  # fmt: skip

    async def year(self, year: int) -> dict[str, Any]:
        return await asyncio.to_thread(year_of, self._calendar(), year)

    def _head(self, policy: Policy) -> dict[str, Any]:
        valid, rules = policy.valid, policy.assessment
        return {
            "name": policy.name, "title": policy.title, "hotline": policy.hotline, "extends": policy.extends,
            "ours": policy.name == self._ours, "documents": policy.documents,
            "validity": policy.validity(local(self._clock()).date()), "valid_from": valid.from_, "valid_to": valid.to,
            "valid_clause": valid.clause or "", "valid_note": valid.note, "hash": policy.hash,
            "schemes": list(rules.schemes) if rules else [],
            "appeals": bool(rules and rules.appeal_within),
        }  # fmt: skip


_ELSEWHERE = ("switches.", "assessment.table.", "valid.")
"""What a profile's page shows in a table of its own."""
_MOMENTS = ("due", "usual", "latest", "deemed_accepted_at", "provisional", "validity", "silent")


def _readable() -> list[Policy]:
    """A slip in one city's file hides that city only: `./hotline policy validate` names it."""
    found = []
    for name in policies.names():
        try:
            found.append(policies.load(name))
        except (BadPolicy, policies.UnknownPolicy):
            continue
    return found
