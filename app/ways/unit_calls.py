"""A unit phones the citizen through us: it never learns the number, and that they spoke is on the ticket's record."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agi.joined_call import JoinedCall, JoinedOver
from app import flow
from app.floor import Floor
from core.after_call import NEXT_TRUNK, Result
from core.errors import Conflict, HotlineError, NotAllowed, NotFound
from core.ids import new_id
from core.masking import pii
from core.numbers import diallable
from store import calls, probes, recordings, tickets, trunks, unit_calls
from store.tables import Ticket as Row
from store.tables import Trunk, UnitCall, UnitPhone
from tickets.table import possible
from tickets.ticket import Actor, Person

log = structlog.get_logger(__name__)
RING_S = 30
LONGEST = timedelta(hours=1, minutes=5)
"""The dialplan ends such a call after an hour; one that nobody told the end of is over by then."""
_FIRST = ("fixed", "handler", "leader")
"""Which of the unit's telephones is rung where none is named."""


class Placer(Protocol):
    """Rings the unit, then the citizen. Raises SwitchSilent."""

    async def place(self, call: JoinedCall) -> tuple[Result, int]: ...


class UnitCalls:
    """Beside the link to Asterisk; `over` is to be told of every end. `settled` waits for what is being placed."""

    def __init__(self, floor: Floor, placer: Placer) -> None:
        self._floor, self._placer = floor, placer
        self._placing: set[asyncio.Task[None]] = set()

    async def begin(self, actor: Actor, ticket_id: str, why: str, phone_id: str = "") -> str:
        """The call's id, as it is being placed. Raises NotAllowed, NotFound, Conflict (another is under way)."""
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            row = await tickets.get(session, ticket_id)
            phone, ways = await self._may(session, row, actor, phone_id)
            call_id, linkedid = new_id("call"), new_id("joined")
            await unit_calls.begin(
                session, call_id=call_id, linkedid=linkedid, ticket=row, unit=row.unit_code or "", phone_id=phone.id,
                by=actor.id, why=why, at=at,
            )  # fmt: skip
            await recordings.expect(session, call_id, f"{call_id}-joined", at)
            order = JoinedCall(
                call_id, linkedid, phone.number, row.caller, ring_s=RING_S, recording=f"{call_id}-joined"
            )
        task = asyncio.create_task(self._place(order, ways), name=f"join {call_id}")
        self._placing.add(task)
        task.add_done_callback(self._placing.discard)
        return call_id

    async def _may(
        self, session: AsyncSession, row: Row, actor: Actor, phone_id: str
    ) -> tuple[UnitPhone, Sequence[Trunk]]:
        if actor.unit is None or actor.unit != row.unit_code:
            raise NotAllowed(f"工单 {row.number} 的承办单位是 {row.unit_code}")
        if "contact" not in possible(row.state, actor.role):  # type: ignore[arg-type]
            raise NotAllowed(f"工单 {row.number} 现在不能联系诉求人")
        if not diallable(row.caller):
            raise NotAllowed(f"工单 {row.number} 没有可以拨打的诉求人号码")
        before = await unit_calls.under_way(session, row.id)
        if before is not None and self._floor.clock() - before.at < LONGEST:
            raise Conflict(f"工单 {row.number} 的诉求人正在被接通")
        ways = [one for one in await trunks.active(session) if one.host]
        if not ways:
            raise Conflict("没有可以呼出的中继")
        return _phone(await probes.phones(session, actor.unit), phone_id), ways

    async def settled(self) -> None:
        """Until every call being placed now has been answered or not."""
        await asyncio.gather(*self._placing, return_exceptions=True)

    async def stop(self) -> None:
        """Nobody waits any more for a telephone that rings; Asterisk still tells of the end."""
        for task in self._placing:
            task.cancel()
        await self.settled()

    async def _place(self, order: JoinedCall, ways: Sequence[Trunk]) -> None:
        result: Result = "unreachable"
        try:
            for way in ways:
                asked = replace(order, trunk=way.name, display=way.display_number or "")
                result, cause = await self._placer.place(asked)
                if result == "answered" or cause not in NEXT_TRUNK:
                    break
            log.info("a unit was called", call=order.call_id, result=result, **pii(number=order.unit))
            if result == "answered":
                async with self._floor.database.session() as session:
                    await unit_calls.joined(session, order.call_id, self._floor.clock())
                    found = await unit_calls.of_call(session, order.call_id)
                await self._tell(found)
            else:
                await self._end(order.call_id, f"unit_{result}", 0)
        except HotlineError as error:
            log.warning("what came of a joined call is not known", call=order.call_id, reason=str(error))
            await self._end(order.call_id, "unit_unknown", 0)

    async def over(self, end: JoinedOver) -> None:
        """Asterisk tells that both telephones are free."""
        if end.status == "ANSWER":
            await self._end(end.call_id, "talked", max(1, end.talk_s))
        else:
            await self._end(end.call_id, f"citizen_{(end.status or 'not_rung').lower()}", 0)

    async def _end(self, call_id: str, result: str, talk_s: int) -> None:
        """Once: the call is over, and on the ticket's record as the unit's contact with the citizen."""
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            found = await unit_calls.of_call(session, call_id)
            if found is None or not await unit_calls.end(session, found, result, talk_s, at):
                return
            await calls.note(
                session, call_id, ended_at=at, ended_by="us", state="ended", talk_seconds=float(talk_s)
            )
            await calls.close(session, call_id, "ticket" if talk_s else "not_reached", at)
        await self._tell(found)
        if not result.startswith("unit_"):
            await self._contact(found, talk_s)

    async def _tell(self, found: UnitCall | None) -> None:
        """Who waits at the ticket sees how far the call is."""
        if found is not None:
            await self._floor.tell(
                "tickets", "ticket.phoned", ticket_id=found.ticket_id, unit=found.unit_code
            )

    async def _contact(self, found: UnitCall, talk_s: int) -> None:
        """The step `contact`; where the ticket has moved on meanwhile the call alone tells."""
        by = Person(found.by, "unit", found.unit_code)
        said = f"经热线转接与诉求人通话{talk_s}秒" if talk_s else "经热线转接，诉求人未接通"
        facts = {"talk": f"{said}：{found.why}", "how": "through_us", "reached": talk_s > 0}
        try:
            await flow.ticket_step(self._floor, found.ticket_id, "contact", by, None, **facts)
        except HotlineError as error:
            log.warning("a unit's call is not on its ticket", ticket=found.ticket_id, reason=str(error))


def _phone(held: Sequence[UnitPhone], phone_id: str) -> UnitPhone:
    """The one named, else the unit's fixed line, else whoever handles it. Raises NotFound."""
    fit = [
        one
        for one in held
        if diallable(one.number) and (one.id == phone_id or (not phone_id and one.kind in _FIRST))
    ]
    if not fit:
        raise NotFound("贵单位没有登记可以拨打的电话")
    return min(fit, key=lambda one: _FIRST.index(one.kind) if one.kind in _FIRST else len(_FIRST))
