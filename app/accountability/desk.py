"""What people do with cases: report, verify, dismiss, propose, record what was decided. One transaction per deed, with its event."""

import hashlib
from typing import Any

from api.accountability_house import Report, Step
from api.actor import Actor
from app.accountability.rules import said, situations
from app.floor import Floor
from core.accountability import CaseAction
from core.errors import BadInput, Conflict
from store import accountability, tickets, units
from store.accountability import NewCase
from tickets.accountability.cases import Standing, stepped

_COLUMNS: dict[CaseAction, str] = {
    "verify": "verified", "dismiss": "dismissed", "propose": "proposed", "decide": "decided",
}  # fmt: skip


class AccountabilityDesk:
    """api.accountability_house.AccountabilityDeeds over a Floor."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def authority(self) -> str:
        return situations().authority(self._floor.policy.documents)

    def open_to_people(self) -> list[dict[str, str]]:
        return said([one for one in situations().of(self._floor.policy.documents) if "reported" in one.found])

    async def report(self, actor: Actor, given: Report, request_key: str) -> str:
        at, key = self._floor.clock(), f"report/{hashlib.sha256(request_key.encode()).hexdigest()}"
        grounds = [one for one in situations().of(self._floor.policy.documents) if one.clause == given.clause]
        if not any("reported" in one.found for one in grounds):
            clauses = dict.fromkeys(one["clause"] for one in self.open_to_people())
            raise BadInput(f"clause: 由人员提出的情形限于 {'、'.join(clauses) or '无'}")
        if given.happened_at > at:
            raise BadInput("happened_at: 还没有发生")
        async with self._floor.database.session() as session:
            await units.get(session, given.unit)
            if given.ticket_id is not None:
                await tickets.get(session, given.ticket_id)
            new = NewCase(
                key, key, ("reported",), said(grounds), given.unit, given.happened_at, given.events, given.why,
                given.ticket_id or "", actor.id,
            )  # fmt: skip
            await accountability.keep(session, new, at)
            case = await accountability.by_key(session, key)
        if case is None or case.unit_code != given.unit:
            raise Conflict("此 Idempotency-Key 已用于别的线索")
        return case.id

    async def step(self, actor: Actor, case_id: str, version: int, given: Step) -> None:
        at = self._floor.clock()
        facts: dict[str, Any] = {
            "words": given.words.strip(),
            "evidence": given.evidence,
            "outcome": given.outcome,
        }
        async with self._floor.database.session() as session:
            case = await accountability.get(session, case_id)
            if case.version != version:
                raise Conflict(f"这条线索刚刚有变化（版本 {case.version}），请重新查看")
            standing = Standing(case.id, case.state, case.verified_by or "")  # type: ignore[arg-type]
            state = stepped(standing, given.action, actor.id, facts)
            name = _COLUMNS[given.action]
            changes = {"state": state, f"{name}_by": actor.id, f"{name}_at": at, f"{name}_words": given.words}
            changes |= {"evidence": [*given.evidence]} if given.action == "verify" else {}
            changes |= {"outcome": given.outcome} if given.action == "decide" else {}
            await accountability.step(session, case, given.action, changes, actor.id, at)
