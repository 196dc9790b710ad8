"""A release that two persons of the hotline office have approved, for tests of commands that take one."""

from datetime import timedelta

from app.floor import now
from app.opened import database
from app.settings import settings
from core.release import Kind, Voter
from store import lookups, releases
from store.releases import Asked


async def asked(kind: Kind, object_id: str) -> str:
    """A request of the chief's, its id."""
    async with database(settings()) as opened, opened.session() as session:
        until = now() + timedelta(days=7)
        return await releases.ask(
            session, Asked(kind, object_id, "市公安局", "移送文号 118", until), "chief", now()
        )


async def approve(release_id: str) -> None:
    async with database(settings()) as opened, opened.session() as session:
        for one in ("a", "b"):
            await releases.vote(session, release_id, Voter(one, "office"), "approve", "用途属实", now())


async def approved(kind: Kind, object_id: str) -> str:
    made = await asked(kind, object_id)
    await approve(made)
    return made


async def looked() -> list[tuple[str, str]]:
    """Every look-up on record: what, and why."""
    async with database(settings()) as opened, opened.reading() as session:
        return [(row.action, row.purpose) for row in (await lookups.find(session)).items]
