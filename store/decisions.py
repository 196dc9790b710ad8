"""Decisions of routing, kept in the transaction that carries them out, and the rules they were made under."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from routing import CallView, Route, RoutingPolicy, Snapshot, kept
from store import hot
from store.tables import Decision, RoutingRules

Made = tuple[datetime, CallView, Snapshot, Route, bool]
"""When, what was seen, what came out, and whether its seat was won."""


async def add(session: AsyncSession, rules: str, made: Sequence[Made]) -> None:
    """Keep the decisions of one question, in order."""
    await hot.add(session, Decision, [_row(rules, *one) for one in made])


def _row(
    rules: str, at: datetime, call: CallView, floor: Snapshot, route: Route, won: bool
) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "at": at,
        "rules": rules,
        "seen": kept.seen(call, floor),
        "target": route.target,
        "reason": route.reason,
        "seat_id": route.seat.id if route.seat else None,
        "position": route.position,
        "wait_s": route.wait_s,
        "won": won,
    }


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Decision]:
    """Oldest first."""
    found = await session.scalars(select(Decision).where(Decision.call_id == call_id).order_by(Decision.seq))
    return found.all()


async def keep_rules(session: AsyncSession, policy: RoutingPolicy, at: datetime) -> None:
    """The rules of this process, so that its decisions can be made again; known ones stay as they are."""
    row = {"hash": policy.hash, "body": policy.as_json(), "since": at}
    await hot.add_unless_there(session, RoutingRules, "hash", [row])


async def rules(session: AsyncSession, hash_: str) -> dict[str, Any] | None:
    """The rules of this hash as JSON, None where nobody kept them."""
    found = await hot.row(session, RoutingRules, hash=hash_)
    return found.body if found else None
