"""What a citizen said in a revisit call, once it is transcribed: kept with the errand, a grade named in it counted."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing
from app.errands.settle import words_stem
from app.errands.spoken import denies_contact, grade_said
from app.errands.stages import keep_grade
from app.floor import Floor
from app.ways import closure
from core.after_call import on_scale
from store import errands, tickets
from store.tables import Recording


async def heard(floor: Floor, session: AsyncSession, recording: Recording, text: str, at: datetime) -> bool:
    """In the transaction that keeps the transcript; False where this recording is no answer to a revisit."""
    if recording.stem != words_stem(recording.call_id):
        return False
    errand = await errands.of_out_call(session, recording.call_id)
    if errand is None or errand.ticket_id is None:
        return False
    await errands.note(session, errand.id, words=text)
    ticket = await tickets.get(session, errand.ticket_id)
    grade = on_scale(grade_said(text), filing.policy_of(floor, ticket).after.grades)
    if grade is not None:
        ids: dict[str, Any] = {"call_id": recording.call_id, "ticket_id": errand.ticket_id}
        await keep_grade(floor.policy.after, session, "unit", grade, "voice", at, **ids)
    if denies_contact(text):
        await closure.denied(session, ticket, "voice", text, at)
    return True
