"""Every routing decision of a call, made again from what was kept of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from routing import CallView, Route, RoutingPolicy, Snapshot, decide, kept
from routing.policy import of_json
from routing.views import Reason, Target
from routing.words import explained, situation
from store import calls, decisions
from store.tables import Decision


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision. `same`: it comes out as it did then; None where the rules it was made under are gone."""

    at: datetime
    rules: str
    won: bool
    call: CallView
    floor: Snapshot
    then: kept.Outcome
    now: kept.Outcome | None

    @property
    def same(self) -> bool | None:
        return None if self.now is None else self.now == self.then

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, with the sentences that people read."""
        return {
            "at": self.at.isoformat(),
            "rules": self.rules,
            "won": self.won,
            "then": asdict(self.then),
            "now": asdict(self.now) if self.now else None,
            "same": self.same,
            "seen": kept.seen(self.call, self.floor),
            "explained": self.explained,
            "situation": situation(self.call, self.floor),
        }

    @property
    def explained(self) -> str:
        """What was decided and why, in Chinese."""
        return self._words(self.then)

    @property
    def explained_now(self) -> str:
        """What the rule says now; '' where the rules are gone."""
        return self._words(self.now) if self.now else ""

    def _words(self, made: kept.Outcome) -> str:
        seat = next((s for s in self.floor.seats if s.id == made.seat), None)
        return explained(Route(made.target, made.reason, seat, made.position, made.wait_s))


async def shown(session: AsyncSession, call_id: str) -> list[dict[str, Any]]:
    """For a screen, in sentences; [] for a call nothing was decided for."""
    if not await decisions.of_call(session, call_id):
        return []
    return [one.as_json() | {"explained_now": one.explained_now} for one in await replay(session, call_id)]


async def replay(session: AsyncSession, call_id: str) -> list[Replayed]:
    """Oldest first. Raises NotFound for an unknown call."""
    await calls.get(session, call_id)
    made = await decisions.of_call(session, call_id)
    if not made:
        raise NotFound(f"来电 {call_id} 没有留下派座决定")
    rules = {hash_: await decisions.rules(session, hash_) for hash_ in {one.rules for one in made}}
    known = {hash_: of_json(body, f"rules {hash_}") for hash_, body in rules.items() if body is not None}
    return [again(one, known.get(one.rules)) for one in made]


def again(row: Decision, rules: RoutingPolicy | None) -> Replayed:
    """A kept decision beside what the rule says now about the same inputs."""
    call, floor = kept.call_of(row.call_id, row.seen), kept.floor_of(row.seen)
    then = kept.Outcome(
        cast(Target, row.target), cast(Reason, row.reason), row.seat_id, row.position, row.wait_s
    )
    now = kept.Outcome.of(decide(call, floor, rules)) if rules else None
    return Replayed(row.at, row.rules, row.won, call, floor, then, now)
