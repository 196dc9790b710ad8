"""Somebody was first: what the ticket is now, who did what to it last and when, for whoever comes second."""

from app.floor import Floor
from core.errors import Changed, Conflict
from store import events, tickets
from tickets.clock import words
from tickets.ticket import ACTION_NAMES, STATE_NAMES


async def since(floor: Floor, ticket_id: str, version: int | None, error: Conflict) -> Conflict:
    """The same conflict, told with what changed. `version`: what the second one decided on."""
    async with floor.database.reading() as session:
        row = await tickets.get(session, ticket_id)
        history = await events.of(session, ticket_id)
    if row.version == version or not history:
        return error
    last = history[-1]
    action = str(last.payload.get("action") or ("card" if "colour" in last.payload else last.name))
    named = ACTION_NAMES.get(action, "期限提醒" if action == "card" else "变更")  # type: ignore[call-overload]
    state = STATE_NAMES.get(row.state, row.state)  # type: ignore[call-overload]
    yours = f"，您依据的是版本 {version}" if version is not None else ""
    text = (
        f"工单 {row.number} 已被他人处理：{words(last.at)}{named}，现为“{state}”，版本 {row.version}{yours}"
    )
    return Changed(text, {
        "id": row.id, "version": row.version, "state": row.state, "unit": row.unit_code, "action": action,
        "by": last.actor, "at": last.at.isoformat(),
    })  # fmt: skip
