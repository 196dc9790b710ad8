"""What citizens thought goes back to the unit that did the work, with advice where it was poor (Yanji 12; Henan 三(六))."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from app import policies
from app.errands.spoken import denies_contact
from app.notices.people import Told, owe
from app.ways import closure
from core.after_call import GRADE_NAMES, GRADES, VIAS, Grade, Graded, Stage, Via
from core.errors import NotAllowed
from core.events import Event
from core.masking import mask_numbers
from core.policy_after import After
from store import events, grades, replies
from store.tables import Ticket as Row
from tickets.lifecycle import Applied
from tickets.redo import BAD_GRADES

ADVICE: dict[str, str] = {
    "unaddressed": "逐项回应诉求", "copied": "针对本件办理情况答复，不照抄", "template": "写明具体办理内容",
    "law": "核对引用的法律法规", "contact": "办理前联系诉求人", "told": "办结后告知诉求人",
}  # fmt: skip
"""What the gate found in the reply that was graded, as advice."""
GENERAL = "请核查诉求人不满意的原因"


@dataclass(frozen=True, slots=True)
class ResultGivenBack(Event):
    """The unit learns how its work was graded. `advice`: what to do better, '' where the citizen was satisfied."""

    name: ClassVar[str] = "ticket.feedback"
    ticket_id: str
    unit: str | None
    grade: str
    said: str
    advice: str


async def keep_once(
    after: After,
    session: AsyncSession,
    stage: Stage,
    grade: Grade,
    via: Via,
    at: datetime,
    rounds: int = 0,
    *,
    call_id: str = "",
    ticket_id: str = "",
) -> bool:
    """The grade and its event, whichever way it came; False where one was given before for this call or round, which stays."""
    asked = "intake" if stage == "intake" else "scale"
    clause = after.grading.source(asked) if after.grading else after.revisit.clause if after.revisit else ""
    ids = {"call_id": call_id or None, "ticket_id": ticket_id or None}
    if not await grades.add(session, stage, grade, via, at, clause=clause, rounds=rounds, **ids):
        return False
    await events.append(session, Graded(at, call_id or ticket_id, stage, grade, via), "citizen")
    return True


async def may_revisit(session: AsyncSession, row: Row, facts: Mapping[str, Any]) -> None:
    """One grade for each round of the work. Raises NotAllowed where the citizen gave another."""
    subject = grades.round_of(row.id, int(row.clock.get("redone", 0)))
    for one in await grades.of_ticket(session, row.id):
        if one.stage == "unit" and one.subject == subject and one.grade != facts.get("grade"):
            raise NotAllowed(f"工单 {row.number} 已有评价“{GRADE_NAMES[one.grade]}”，不能另记")  # type: ignore[index]


async def graded(session: AsyncSession, row: Row, grade: Grade, words: str, at: datetime) -> None:
    """In the transaction of the grade: the event, and where it is bad a text to those who handle it."""
    if row.unit_code is None:
        return
    bad = grade in BAD_GRADES
    better = await _advice(session, row) if bad else ""
    said = mask_numbers(words)
    await events.append(session, ResultGivenBack(at, row.id, row.unit_code, grade, said, better), "hotline")
    if not bad:
        return
    text = f"【{policies.load(row.policy or 'demo').hotline}】工单{row.number}回访评价“{GRADE_NAMES[grade]}”。改进建议：{better}。"
    told = Told("feedback", f"feedback/{row.id}/{row.version}", row.unit_code, text, about=row.id)
    await owe(session, told, ("handler",), ("sms",), at)


async def revisited(
    after: After, session: AsyncSession, row: Row, done: Applied, facts: Mapping[str, Any], at: datetime
) -> None:
    """A revisit entered as a step of the table says the same as a grade: it is kept as one, the unit hears it, a false
    closure is flagged."""
    words, grade = str(facts.get("note") or ""), done.ticket.grade
    noted = facts.get("contacted") is False
    if noted or denies_contact(words):
        await closure.denied(session, row, str(facts.get("via") or "agent"), words, at, noted=noted)
    if grade in GRADES:
        given = str(facts.get("via") or "")
        via: Via = given if given in VIAS else "agent"
        rounds = int(row.clock.get("redone", 0))
        await keep_once(after, session, "unit", grade, via, at, rounds, ticket_id=row.id)
        await graded(session, row, grade, words, at)


async def _advice(session: AsyncSession, row: Row) -> str:
    given = [one for one in await replies.of_ticket(session, row.id) if one.kind == "unit"]
    return advice([str(one.get("kind")) for one in given[-1].findings] if given else [])


def advice(kinds: Sequence[str]) -> str:
    """What to do better, from what the gate found in the reply."""
    return "；".join((*(ADVICE[kind] for kind in dict.fromkeys(kinds) if kind in ADVICE), GENERAL))
