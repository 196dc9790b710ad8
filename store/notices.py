"""Notices as rows: added with what makes us owe them, moved by compare-and-set, decided by people where we can't know."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from core.notices import OPEN, Channel, NoticeResolved, NoticeUncertain, State
from core.numbers import reached
from store import events, hot, probes
from store.hot import table_of
from store.paging import Page, page
from store.tables import Call, GradeRow, NoticeRow

_APART = timedelta(microseconds=1)
Verdict = Literal["arrived", "send_again"]
WITHIN = timedelta(days=1)
"""Older news is not sent any more, where nobody said otherwise."""
ASKS = "grade/"
"""What the key of a text that asks for a grade begins with; then the round it is about (`store.grades.round_of`)."""
MOST_ASKED = 10
"""Texts a citizen is asked to choose from; older ones no answer speaks of."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to send, once per `key`. `token`: what a link in it carries; only its hash is kept.

    A `state` other than due is for one that nobody can be sent, so that it is seen.
    """

    kind: str
    channel: Channel
    key: str
    recipient: str = field(repr=False)
    words: str = field(repr=False)
    due_at: datetime
    subject: str = ""
    call_id: str | None = None
    ticket_id: str | None = None
    token: str = field(default="", repr=False)
    facts: dict[str, Any] = field(default_factory=dict)
    within: timedelta = WITHIN
    state: State = "due"
    reason: str | None = None
    id: str = field(default_factory=lambda: new_id("ntc"))


def hash_of(token: str) -> str:
    """How a link's token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


async def add(session: AsyncSession, new: NewNotice, at: datetime) -> bool:
    """Owe it; False where it is owed or was sent already."""
    return await hot.add_if_new(session, NoticeRow, _row(new, at))


async def add_all(session: AsyncSession, new: Sequence[NewNotice], at: datetime) -> None:
    """Owe several with one statement, in their order, those owed already excepted; nobody asks which."""
    rows = [_row(one, at) | {"created_at": at + n * _APART} for n, one in enumerate(new)]
    await hot.add_unless_there(session, NoticeRow, "key", rows)


def _row(new: NewNotice, at: datetime) -> dict[str, Any]:
    return {
        "id": new.id,
        "key": new.key,
        "kind": new.kind,
        "channel": new.channel,
        "subject": new.subject or new.ticket_id or new.call_id or new.key[:64],
        "recipient": new.recipient,
        "recipient_hash": new.recipient,
        "words": new.words,
        "facts": new.facts,
        "token_hash": hash_of(new.token) if new.token else None,
        "call_id": new.call_id,
        "ticket_id": new.ticket_id,
        "state": new.state,
        "due_at": new.due_at,
        "expires_at": max(at, new.due_at) + new.within,
        "tries": 0,
        "reason": new.reason,
        "created_at": at,
        "version": 1,
    }


async def due(session: AsyncSession, channel: Channel, at: datetime, limit: int = 20) -> Sequence[NoticeRow]:
    """What is to be dealt with now, notices of calls still under way excepted; also those whose sender died over them."""
    found = await session.scalars(
        select(NoticeRow)
        .outerjoin(Call, Call.id == NoticeRow.call_id)
        .where(
            NoticeRow.channel == channel,
            NoticeRow.state.in_(OPEN),
            NoticeRow.due_at <= at,
            or_(Call.id.is_(None), Call.ended_at.is_not(None)),
        )
        .order_by(NoticeRow.due_at, NoticeRow.created_at, NoticeRow.id)  # tried again in the order they came
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def step(session: AsyncSession, notice: NoticeRow, state: State, **changes: Any) -> bool:
    """Move a notice read a moment ago on; False where somebody was faster."""
    which = {"id": notice.id, "version": notice.version}
    return bool(await hot.change(session, NoticeRow, which, {"state": state, **changes}))


async def doubtful(session: AsyncSession, notice: NoticeRow, reason: str, at: datetime) -> bool:
    """It may have arrived: kept as that, with the event that says so; False where somebody was faster."""
    if not await step(session, notice, "uncertain", reason=reason):
        return False
    facts = (notice.id, notice.channel, notice.kind, notice.ticket_id or "")
    await events.append(session, NoticeUncertain(at, *facts, reason), "notices")
    return True


async def resolve(
    session: AsyncSession, notice_id: str, verdict: Verdict, by: str, why: str, at: datetime
) -> NoticeRow:
    """A person knows better: it arrived, or it is to be sent (again). The same verdict twice is once.

    `arrived` needs doubt; `send_again` a notice that is neither on its way nor, but for webhooks (a replay), sent. One that
    nobody could be told goes to whoever has a number by now. Raises NotFound, Conflict.
    """
    notice = await get(session, notice_id)
    replay = notice.channel == "webhook" and notice.state == "sent" and verdict == "send_again"
    if (verdict, notice.state) in (("arrived", "sent"), ("send_again", "due")):
        return notice
    if notice.state in OPEN or (notice.state == "sent" and not replay):
        raise Conflict("这条通知正在发送或已经送达")
    if verdict == "arrived" and notice.state != "uncertain":
        raise Conflict("这条通知没有发出，不能确认送达")
    changes: dict[str, Any] = {"resolved_by": by, "resolved_at": at, "why": why}
    if verdict == "send_again":
        changes |= {"due_at": at, "expires_at": at + WITHIN, "tries": 0, "via": None, "reason": None}
        if not notice.recipient and notice.channel != "webhook":
            changes |= await _entered_meanwhile(session, notice, at)
    state: State = "sent" if verdict == "arrived" else "due"
    if not await step(session, notice, state, **changes):
        raise Conflict("这条通知刚刚有变化，请重新查看")
    facts = (notice.id, notice.channel, notice.kind, notice.ticket_id or "")
    await events.append(session, NoticeResolved(at, *facts, verdict, why), by)
    return await get(session, notice_id)


async def _entered_meanwhile(session: AsyncSession, notice: NoticeRow, at: datetime) -> dict[str, Any]:
    """The first number the register has by now of those who should have been told, as changes; each further one is owed a notice.

    Raises Conflict where there is still none, or where nobody knows whose.
    """
    whose = notice.facts.get("register") or {"unit": "", "kinds": ()}
    channel = cast(Channel, notice.channel)
    phones = [
        one
        for one in (await probes.phones(session, whose["unit"]) if whose["unit"] else ())
        if reached(channel, one.number)
    ]
    kind = next((kind for kind in whose["kinds"] if any(one.kind == kind for one in phones)), "")
    found = [one for one in phones if one.kind == kind]
    if not found:
        raise Conflict(f"仍没有可发送的号码：{notice.reason or '这条通知没有收件人'}")
    facts = {name: value for name, value in notice.facts.items() if name != "register"}
    to_each = notice.key.rpartition("/")[0]
    further = [
        NewNotice(
            notice.kind, channel, f"{to_each}/{one.id}", one.number, notice.words, at,
            notice.subject, ticket_id=notice.ticket_id, facts=facts,
        )
        for one in found[1:]
    ]  # fmt: skip
    await add_all(session, further, at)
    return {"recipient": found[0].number, "recipient_hash": found[0].number, "facts": facts}


async def replay(
    session: AsyncSession, since: datetime, until: datetime, by: str, why: str, at: datetime
) -> int:
    """Send every webhook that was over once more, in its order, under its own id; how many. For a receiver that lost them."""
    row, over = table_of(NoticeRow), ("sent", "failed", "given_up", "not_sent", "uncertain")
    which = [
        row.c.channel == "webhook",
        row.c.state.in_(over),
        row.c.created_at >= since,
        row.c.created_at < until,
    ]
    changes = {
        "state": "due",
        "due_at": at,
        "expires_at": at + WITHIN,
        "tries": 0,
        "via": None,
        "reason": None,
    }
    changes |= {"resolved_by": by, "resolved_at": at, "why": why, "version": row.c.version + 1}
    done = await session.execute(update(row).where(*which).values(**changes).returning(row.c.id))
    return len(done.all())


async def get(session: AsyncSession, notice_id: str) -> NoticeRow:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, NoticeRow, id=notice_id)
    if found is None:
        raise NotFound(f"没有通知 {notice_id}")
    return found


async def by_token(session: AsyncSession, token: str) -> NoticeRow | None:
    """The notice whose link carries this token."""
    return await hot.row(session, NoticeRow, token_hash=hash_of(token))


async def asked_of(session: AsyncSession, number: str) -> Sequence[NoticeRow]:
    """The texts that asked this citizen for a grade and may have arrived, newest first, those excepted whose round is graded."""
    round_ = func.substr(NoticeRow.key, len(ASKS) + 1)
    graded = select(GradeRow.id).where(GradeRow.stage == "unit", GradeRow.subject == round_)
    found = await session.scalars(
        select(NoticeRow)
        .where(
            NoticeRow.recipient_hash == number,
            NoticeRow.kind == "grade",
            NoticeRow.state.in_(("sending", "sent", "uncertain")),
            ~graded.exists(),
        )
        .order_by(NoticeRow.created_at.desc(), NoticeRow.id.desc())
        .limit(MOST_ASKED)
    )
    return found.all()


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    state: str = "",
    channel: str = "",
    kind: str = "",
    ticket_id: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[NoticeRow]:
    """Notices by any of these, newest first."""
    question = select(NoticeRow) if within is None else select(NoticeRow).where(within)
    exact = {
        NoticeRow.state: state,
        NoticeRow.channel: channel,
        NoticeRow.kind: kind,
        NoticeRow.ticket_id: ticket_id,
    }
    for column, wanted in exact.items():
        question = question.where(column == wanted) if wanted else question
    order = (NoticeRow.created_at.desc(), NoticeRow.id.desc())
    return await page(session, question.order_by(*order), limit, offset)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many notices of a channel are in a state, and since when the one due longest should have gone."""

    channel: str
    state: str
    many: int
    oldest: datetime | None


async def standing(session: AsyncSession) -> list[Standing]:
    """Per channel and state, what is sent excepted (there are too many of those to count)."""
    wanted = select(NoticeRow.channel, NoticeRow.state, func.count(), func.min(NoticeRow.due_at))
    rows = await session.execute(
        wanted.where(NoticeRow.state.in_(("due", "sending", "uncertain", "failed", "given_up", "not_sent")))
        .group_by(NoticeRow.channel, NoticeRow.state)
        .order_by(NoticeRow.channel, NoticeRow.state)
    )
    return [Standing(*row) for row in rows.all()]


async def forget_old(session: AsyncSession, channel: Channel, before: datetime) -> int:
    """Delete what is over on this channel since a moment, doubt excepted: what it told of is kept in its own table."""
    over = ("sent", "failed", "given_up", "not_sent")
    old = select(NoticeRow.id).where(
        NoticeRow.channel == channel, NoticeRow.state.in_(over), NoticeRow.due_at < before
    )
    gone = await session.execute(
        delete(NoticeRow).where(NoticeRow.id.in_(old.limit(500))).returning(NoticeRow.id)
    )
    return len(gone.all())
