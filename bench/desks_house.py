"""The product's API as one process, with so many agents at their seats; a line on standard input is a citizen's call.

`python -m bench.desks_house DESKS` takes its settings from the environment; writes {"port", "tokens", "seats"} when it listens, and for
each call {"at"}: the monotonic moment at which its facts were committed and the screens were about to be told.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.tokens import Tokens
from app import flow, seeding
from app.logs import set_up
from app.settings import Settings
from app.wire import running
from core.call import Arrival
from core.ids import new_id
from store.database import Database
from store.tables import Seat, User

HASH = "bench: nobody logs in with a password"


async def agents(session: AsyncSession, desks: int, now: datetime) -> tuple[list[str], list[str]]:
    """Users and the seats they sit at, pausing, so that no call is given to anybody."""
    users, seats = [new_id("user") for _ in range(desks)], [f"b{number}" for number in range(desks)]
    people = [
        {"id": user, "login": user, "name": user, "role": "agent", "password_hash": HASH, "created_at": now}
        for user in users
    ]
    places = [
        {"id": seat, "sip_user": seat, "state": "paused", "user_id": user, "updated_at": now}
        for seat, user in zip(seats, users, strict=True)
    ]
    await session.execute(insert(User), people)
    await session.execute(insert(Seat), places)
    return users, seats


async def serve(desks: int) -> None:
    """Until standard input ends."""
    set_up(json_lines=True)
    settings, now = Settings(), datetime.now(UTC)
    database = Database(settings.database, seeding.keyring(settings))
    try:
        await database.create_or_upgrade()
        await seeding.first_start(database, settings)
        async with database.session() as session:
            users, seats = await agents(session, desks, now)
    finally:
        await database.close()
    tokens = Tokens(settings.secret("token_key"), access_s=3600, shift_s=8 * 3600)
    given = [tokens.issue(user, HASH, now).access_token for user in users]
    async with running(settings, ("api",)) as house:
        tell(port=settings.api_port, tokens=given, seats=seats)
        publish = house.hints.publish

        async def timed(topic: str, message: Mapping[str, Any]) -> None:
            if message.get("event") == "call.arrived":
                tell(at=time.monotonic())
            await publish(topic, message)

        house.hints.publish = timed  # type: ignore[method-assign]
        for number in range(1_000_000):
            if not await asyncio.to_thread(sys.stdin.readline):
                return
            at = datetime.now(UTC) + timedelta(microseconds=number)
            arrival = Arrival(f"bench.{number}", f"PJSIP/bench-{number}", "12345", f"139{number:08}", at)
            await flow.call_arrived(house.floor, arrival)


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
