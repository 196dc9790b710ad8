"""Text messages to citizens: what they say; app/notices sends them."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing, policies
from app.errands.answers import marks
from app.floor import Floor
from core.after_call import GRADE_NAMES
from core.numbers import textable
from store import notices, tickets
from store.grades import round_of
from store.notices import NewNotice, hash_of
from store.tables import Errand, Ticket, Unit
from tickets.clock import local, words
from tickets.lifecycle import Applied


async def ticket_filed(
    floor: Floor, session: AsyncSession, ticket: Ticket, split_from: Ticket | None = None
) -> None:
    """The citizen who called gets the number of what they asked for, once the call is over.

    A matter split off from another ticket has a number nobody has told them, however the first one came in.
    """
    if not textable(ticket.caller) or ticket.state in ("answered", "refused"):
        return
    call_id = split_from.call_id if split_from else ticket.call_id
    if call_id is None and split_from is None:
        return
    at, number = floor.clock(), ticket.number
    number += f"（由工单{split_from.number}拆分，单独办理）" if split_from else ""
    text = (
        f"【{floor.policy.hotline}】您的诉求已登记，工单编号{number}。如需了解进度，请拨打12345并提供编号。"
    )
    new = NewNotice(
        "ticket_number", "sms", f"ticket/{ticket.id}", ticket.caller, text, at, call_id=call_id, ticket_id=ticket.id
    )  # fmt: skip
    await notices.add(session, new, at)


async def extension(
    floor: Floor, session: AsyncSession, ticket: Ticket, done: Applied, joined: Sequence[Ticket] = ()
) -> None:
    """A granted extension is told to the citizen where the rules say so (Heyuan 13, Henan 三(四), Yanji 10), and to those who `joined`."""
    rule, due = filing.policy_of(floor, ticket).extension, done.ticket.due
    granted = done.ticket.granted > int(ticket.clock.get("granted", 0))
    if rule is None or not rule.tell_citizen or not granted or due is None:
        return
    at = floor.clock()
    for one in (ticket, *joined):
        text = f"【{floor.policy.hotline}】您反映的事项（工单{one.number}）办理期限经审核延至{words(due, local(at).year)}，敬请谅解。"
        key = f"extension/{one.id}/{ticket.id}/{done.ticket.version}"  # one that joined may have had its own
        await _tell(session, one, "extension", key, text, at)


async def refused(floor: Floor, session: AsyncSession, ticket: Ticket, told: str, version: int) -> None:
    """A matter that was filed and is not taken after all: why, in words (Heyuan 6: 做好解释工作)."""
    text = f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）不予受理：{cut(told)}"
    await _tell(session, ticket, "refusal", f"refusal/{ticket.id}/{version}", text, floor.clock())


async def replied(
    floor: Floor, session: AsyncSession, ticket: Ticket, unit: str, result: str, version: int
) -> None:
    """The unit asks us to tell the citizen what came of it (Heyuan 12). Nobody to tell by text is a notice too, and seen."""
    found, at = await session.get(Unit, unit), floor.clock()
    by = found.name if found else "承办单位"
    text = f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）{by}答复如下：{cut(result)}"
    await _tell(session, ticket, "reply", f"reply/{ticket.id}/{version}", text, at)


async def told_result(
    floor: Floor, session: AsyncSession, ticket: Ticket, words: str, rounds: int = 0
) -> None:
    """A citizen whose ticket went into another's hears what came of it, by their own ticket's number; anew after each redo."""
    text = f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）办理结果：{cut(words)}"
    key = f"told/{ticket.id}/{f'{rounds}/' if rounds else ''}{hash_of(words)[:16]}"
    await _tell(session, ticket, "reply", key, text, floor.clock())


async def _tell(session: AsyncSession, ticket: Ticket, kind: str, key: str, text: str, at: datetime) -> None:
    if textable(ticket.caller):
        new = NewNotice(kind, "sms", key, ticket.caller, text, at, ticket_id=ticket.id)
    else:
        reason = "诉求人没有可收短信的号码"
        new = NewNotice(kind, "sms", key, "", text, at, ticket_id=ticket.id, state="not_sent", reason=reason)
    await notices.add(session, new, at)


def cut(words: str, most: int = 300) -> str:
    """No longer than a text message can well hold."""
    return words if len(words) <= most else words[: most - 1] + "…"


async def ask_for_grade(floor: Floor, session: AsyncSession, errand: Errand, at: datetime) -> None:
    """After the last revisit call that reached nobody: reply with a key, or follow a link."""
    if errand.ticket_id is None or not textable(errand.number):
        return
    ticket, token = await tickets.get(session, errand.ticket_id), secrets.token_urlsafe(12)
    scale = filing.policy_of(floor, ticket).after.grades
    listed = "，".join(f"{key}{GRADE_NAMES[one]}" for key, one in enumerate(scale, 1))
    (mark,) = marks([ticket.number])
    text = (
        f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）已办结，"
        f"请回复数字（另有工单待评价的，请回复“{mark} 数字”）评价办理情况：{listed}。"
    )
    if floor.grade_link:
        text += f"也可在线评价：{floor.grade_link.replace('{token}', token)}"
    key = f"{notices.ASKS}{errand.subject}"
    new = NewNotice("grade", "sms", key, errand.number, text, at, ticket_id=ticket.id, token=token)
    await notices.add(session, new, at)


async def ask_which(session: AsyncSession, asked: Sequence[Ticket], number: str, at: datetime) -> None:
    """An answer that may be about any of these tickets: which one. Once for the same ones, however often it comes so."""
    named = "、".join(
        f"尾号{mark}（{local(one.filed_at):%Y年%m月%d日}登记）"
        for one, mark in zip(asked, marks([one.number for one in asked]), strict=True)
    )
    text = (
        f"【{policies.load(asked[0].policy or 'demo').hotline}】您的评价未写明是哪一件工单，尚未计入。"
        f"请回复“尾号 数字”，待评价的工单：{named}。"
    )
    rounds = sorted(round_of(one.id, int(one.clock.get("redone", 0))) for one in asked)
    key = f"grade_which/{hash_of('+'.join(rounds))[:32]}"
    new = NewNotice("grade_which", "sms", key, number, text, at, ticket_id=asked[0].id)
    await notices.add(session, new, at)
