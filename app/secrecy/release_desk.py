"""api.release_house.ReleaseDeeds over a database and the folder of recordings."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries, rights
from api.actor import Actor
from api.recordings import confined
from api.release_house import Marked, ReleaseAsk, Used
from app import paper_font
from app.assessment import book, layout
from app.assessment import paper as sheets
from app.secrecy import contents, paper
from app.secrecy.in_words import moment
from app.secrecy.sound import marked as marked_sound
from core import release as rules
from core.errors import BadInput, NotAllowed, NotFound
from core.release import FORMATS, KIND_NAMES, Format, Kind, State, Verdict, Voter
from store import frozen, recordings, releases
from store.database import Database
from store.releases import Asked
from store.tables import Article, FrozenSheet, Release

SheetOf = Callable[[Actor, str], Awaitable[FrozenSheet]]
"""A frozen sheet within the actor's reach. Raises NotFound."""
_MEDIA: dict[Format, str] = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf", "wav": "audio/wav",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


class ReleaseDesk:
    """One transaction per deed with its event; a file is made before its hand-over is kept and given only after."""

    def __init__(
        self, database: Database, folder: Path, clock: Callable[[], datetime], sheet: SheetOf
    ) -> None:
        self._database, self._folder, self._clock, self._sheet = database, folder, clock, sheet

    async def ask(self, actor: Actor, ask: ReleaseAsk) -> str:
        """The object must be there and within the actor's own reach: nobody asks for what they may not know of."""
        at = self._clock()
        async with self._database.session() as session:
            unit = await self._owner(session, actor, ask)
            until = at + timedelta(days=ask.days)
            asked = Asked(ask.kind, ask.object_id, ask.recipient, ask.purpose, until, unit)
            return await releases.ask(session, asked, actor.id, at)

    async def vote(self, actor: Actor, release_id: str, verdict: Verdict, why: str) -> State:
        who = Voter(actor.id, actor.role, actor.unit, actor.division)
        async with self._database.session() as session:
            return await releases.vote(session, release_id, who, verdict, why, self._clock())

    async def withdraw(self, actor: Actor, release_id: str) -> None:
        async with self._database.session() as session:
            await releases.withdraw(session, release_id, actor.id, self._clock())

    async def file(self, actor: Actor, release_id: str, format: Format | None) -> Marked:
        at = self._clock()
        async with self._database.reading() as session:
            row = await releases.get(session, release_id)
            rules.require_open(cast(State, row.state), row.expires_at, at)
            kind = cast(Kind, row.kind)
            chosen = format or next(iter(FORMATS[kind]), None)
            if chosen not in FORMATS[kind]:
                raise BadInput(f"{KIND_NAMES[kind]}可导出为：{'、'.join(FORMATS[kind]) or '（另有途径）'}")
            words = rules.mark(row.id, row.recipient, actor.name, moment(at))
            made = await self._made(session, row, chosen, words)
        sha256 = hashlib.sha256(made).hexdigest()
        async with self._database.session() as session:
            await releases.handed_over(session, release_id, actor.id, chosen, sha256, at)
        return Marked(f"{row.kind}-{row.id}.{chosen}", _MEDIA[chosen], made, sha256)

    async def used(self, actor: Actor, release_id: str, kind: Kind) -> Used:
        at = self._clock()
        async with self._database.session() as session:
            row = await releases.get(session, release_id)
            if row.kind != kind:
                raise NotAllowed("放行单不是为此事项批准的")
            await releases.handed_over(session, release_id, actor.id, kind, "", at)
        words = rules.mark(row.id, row.recipient, actor.name, moment(at))
        return Used(row.object_id, row.purpose, words, row.recipient)

    async def _made(self, session: AsyncSession, row: Release, format: Format, words: str) -> bytes:
        if row.kind == "recording":
            sound = await recordings.get(session, row.object_id)
            path, _ = await asyncio.to_thread(confined, self._folder, sound.path)
            return await asyncio.to_thread(lambda: marked_sound(path.read_bytes(), words))
        if row.kind == "assessment" and format in ("pdf", "xlsx"):
            made = layout.shown(await frozen.get(session, row.object_id))
            if format == "xlsx":
                return await asyncio.to_thread(book.as_xlsx, [made], words)
            return await asyncio.to_thread(sheets.as_pdf, [made], paper_font.chosen(), words)
        rows = await contents.READ[row.kind](session, row.object_id)
        if format == "pdf":
            title = KIND_NAMES[cast(Kind, row.kind)]
            return await asyncio.to_thread(paper.as_pdf, rows, words, title, paper_font.chosen())
        return paper.as_csv(rows, words) if format == "csv" else paper.as_json(rows, words)

    async def _owner(self, session: AsyncSession, actor: Actor, ask: ReleaseAsk) -> str | None:
        """Raises NotFound where it is not there for this actor; gives the unit whose knowledge it is."""
        match ask.kind:
            case "recording":
                await queries.recording(session, rights.reach(actor, "recording", "listen"), ask.object_id)
            case "ticket" | "identity":
                await queries.ticket(session, rights.reach(actor, "ticket", "read"), ask.object_id)
                if ask.kind == "identity":
                    if actor.of_a_unit:
                        raise NotAllowed("承办单位不得获知保密件诉求人身份（000 三(三)）")
                    await contents.identity(session, ask.object_id)
            case "evidence":
                await queries.call(session, rights.reach(actor, "call", "read"), ask.object_id)
            case "assessment":
                await self._sheet(actor, ask.object_id)
            case "statistics":
                contents.month_of(ask.object_id)
            case "audit":
                if actor.places is not None or not rights.reach(actor, "audit", "verify").everything:
                    raise NotAllowed("审计记录由市热线办或审计员申请放行")
                contents.month_of(ask.object_id)
            case "knowledge":
                found = await session.scalar(select(Article).where(Article.id == ask.object_id))
                if found is None:
                    raise NotFound(f"没有知识点 {ask.object_id}")
                return found.unit_code
        return None
