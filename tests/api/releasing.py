"""What tests of releases share: asking, and two persons of the hotline office who say yes."""

from typing import Any

from app.floor import now
from store import users
from store.tables import User
from tests.api.conftest import KEPT, World

PURPOSE = {"recipient": "市政府督查室", "purpose": "专项督查调阅"}


async def second_office(world: World) -> None:
    """Another person of the hotline office, `office2`."""
    if "office2" in world.user_ids:
        return
    async with world.database.session() as session:
        made: User = await users.add(session, "office2", "Office2", "office", KEPT, now())
    world.user_ids["office2"] = made.id


async def ask(world: World, login: str, kind: str, object_id: str) -> dict[str, Any]:
    answer = await world.post(login, "/releases", {"kind": kind, "object_id": object_id, **PURPOSE})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def vote(world: World, login: str, release_id: str, verdict: str = "approve") -> Any:
    return await world.post(login, f"/releases/{release_id}/votes", {"verdict": verdict, "why": "用途属实"})


async def approved(world: World, release_id: str) -> None:
    await second_office(world)
    for login in ("office", "office2"):
        answer = await vote(world, login, release_id)
        assert answer.status_code == 200, answer.text
