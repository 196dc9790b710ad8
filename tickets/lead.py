"""How early a text must be uploaded before it takes effect, and by when a gap must be mended.

Heyuan art. 25: 知识库信息应在实施7个工作日前上传; 承办单位应在5个工作日内按要求补充或修订. Seven working days lie whole between the day of
the upload, which does not count, and the moment of effect.
"""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from core.calendar import Calendar
from core.policy import Policy
from core.policy_parts import Term
from tickets.clock import CHINA, Deadline, due, local, words


@dataclass(frozen=True, slots=True)
class Lead:
    """`earliest`: the first moment of effect that an upload then is in time for; `upload_by`: the last moment to upload for
    the effect asked for, None where the term is not in working days."""

    late: bool
    earliest: Deadline
    upload_by: datetime | None
    clause: str
    words: str

    def as_json(self) -> dict[str, Any]:
        """For rows and people."""
        steps = [
            {"date": one.date.isoformat(), "counts": one.counts, "why": one.why}
            for one in self.earliest.steps
        ]
        return {
            "late": self.late,
            "earliest": self.earliest.due.isoformat(),
            "upload_by": self.upload_by.isoformat() if self.upload_by else None,
            "provisional": self.earliest.provisional,
            "clause": self.clause,
            "words": self.words,
            "steps": steps,
        }


def lead_of(
    submitted_at: datetime, effective_from: datetime, policy: Policy, calendar: Calendar
) -> Lead | None:
    """Whether an upload is in time; None where the city's rules give no number: timely, and nothing to count.

    Raises NaiveTime, BadInput.
    """
    term = policy.knowledge.lead
    if term is None:
        return None
    earliest = due(submitted_at, term, calendar, policy.switches, policy.office_hours)
    late = local(effective_from) < earliest.due
    by = upload_by(effective_from, term, calendar)
    said = f"{words(effective_from, begins=True)}起实施，{words(submitted_at)}上传"
    told = f"{said}，迟于最晚的{words(by)}" if late and by else said
    return Lead(late, earliest, by, term.clause, told)


def upload_by(effective_from: datetime, term: Term, calendar: Calendar) -> datetime | None:
    """The first moment that is too late to upload what takes effect then: the beginning of the Nth working day before it."""
    if term.unit != "working_days":
        return None
    day = local(effective_from).date()
    for _ in range(term.value):
        day = calendar.previous_working_day(day)
    return datetime.combine(day, time.min, CHINA)


def fix_due(told_at: datetime, policy: Policy, calendar: Calendar) -> Deadline | None:
    """By when a gap or an error must be mended, counted from when the unit was told; None where no number is given."""
    term = policy.knowledge.fix
    return due(told_at, term, calendar, policy.switches, policy.office_hours) if term else None
