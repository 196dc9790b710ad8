"""A scripted citizen who calls a demonstration instance when somebody presses the button: one at a time, for some minutes at most."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import structlog

from app.settings import Settings
from core.errors import Conflict, HotlineError, PartMissing
from store import calls
from store.database import Database

if TYPE_CHECKING:
    from app.demo.phone import Leg

log = structlog.get_logger(__name__)

SCENARIO = "consult"
CALLER = "13800138000"
ANSWER_S, WAITS_S, TALKS_S, WHOLE_S = 20.0, 180.0, 45.0, 420.0
LISTENS_S = 5.0
"""How long the citizen lets the agent speak after each thing said."""
POLL_S = 0.5


class Visitor:
    """Over the instance's own SIP port, where any telephone on this machine is the city; `stop` ends a call under way."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._calling: asyncio.Task[None] | None = None

    async def call(self) -> str:
        """The citizen dials; their number. Raises Conflict while one calls, PartMissing without the telephone's parts."""
        if self._calling is not None and not self._calling.done():
            raise Conflict("演示市民正在通话中，请先接听或等其挂断")
        if not self._settings.anybody_may_call:
            raise PartMissing("a citizen calls over a trunk here; the demonstration has none")
        try:
            from app.demo.phone import Phone
        except ImportError as error:
            raise PartMissing("the demo's telephones are not installed") from error
        self._calling = asyncio.create_task(self._visit(Phone), name="citizen call")
        return CALLER

    async def stop(self) -> None:
        """Nobody is left on the line."""
        if self._calling is not None:
            self._calling.cancel()
            await asyncio.gather(self._calling, return_exceptions=True)

    async def _visit(self, phone: Any) -> None:
        server = (self._settings.sip_host, self._settings.sip_port)
        try:
            async with asyncio.timeout(WHOLE_S), phone(CALLER, server) as telephone:
                leg = await telephone.call("12345", from_number=CALLER, timeout=ANSWER_S)
                words = asyncio.create_task(_words(self._settings))
                try:
                    await self._talk(leg, words)
                finally:
                    words.cancel()
                    await asyncio.gather(words, return_exceptions=True)
                    await leg.hangup()
        except (HotlineError, TimeoutError, OSError) as error:
            log.warning("the citizen call ended early", reason=str(error) or type(error).__name__)

    async def _talk(self, leg: "Leg", words: "asyncio.Task[list[Any]]") -> None:
        """Wait for a person, say one thing after the other, and listen in between; the agent may hang up at any time."""
        until = asyncio.get_running_loop().time() + WAITS_S
        while leg.end is None and not await self._answered():
            if asyncio.get_running_loop().time() > until:
                return
            await asyncio.sleep(POLL_S)
        for said in await words:
            with contextlib.suppress(TimeoutError):
                await leg.wait_end(LISTENS_S)
            if leg.end is not None:
                return
            leg.say(said)
            await leg.said(60)
        with contextlib.suppress(TimeoutError):
            await leg.wait_end(TALKS_S)

    async def _answered(self) -> bool:
        async with self._database.reading() as session:
            return any(
                call.caller == CALLER and call.agent_answered_at is not None
                for call in await calls.under_way(session)
            )


async def _words(settings: Settings) -> list[Any]:
    """What the citizen says, from the set-up's cache; nothing where no voice is installed: then the citizen is silent."""
    from app.demo.scenario import load
    from app.demo.voices import rehearse

    script = load(SCENARIO)
    try:
        said = await rehearse(script, settings.models)
    except HotlineError as error:
        log.warning("the citizen has no voice", reason=str(error))
        return []
    return [said[turn.say] for turn in script.turns if turn.who == "citizen"]
