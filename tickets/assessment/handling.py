"""What a unit did with its tickets, held against the table: signed, given back, settled, answered, extended, sent back, repeated.

Source: Yanji 2019, annex 五. One ticket (1件) counts once per item, whatever happened to it how often.
"""

from collections.abc import Iterable, Iterator

from tickets.assessment.fact import Fact
from tickets.assessment.matter import Matter, Round, events_of
from tickets.assessment.urging import urged
from tickets.assessment.view import Breach, View, is_repeat, ruled
from tickets.clock import words


def in_matters(view: View) -> Iterator[Breach]:
    """A supervision order is no matter of its own: it only shows that the unit was pressed, and whether in vain."""
    for matter in view.given:
        for number, now in enumerate(matter.rounds):
            yield from urged(view, matter, now)
            if matter.relation == "supervision":
                continue
            yield from _signed(view, matter, now)
            yield from _returned(view, matter, now)
            yield from _settled(view, matter, now)
            yield from _extended(view, matter, now)
            yield from _sent_back(view, matter, now) if number else ()


def _signed(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    due = now.begun.when("sign_due")
    if now.begun.kind != "dispatch" or due is None or not view.belongs(now, due) or due > view.as_of:
        return
    acted = now.signed or now.returned or now.replied or now.stopped
    if acted is not None:
        said = acted.data.get("late") if acted is now.signed else None
        if not (bool(said) if said is not None else acted.at >= due):
            return
    why = f"应于{words(due)}前签收，{f'{words(now.signed.at)}签收' if now.signed else '未签收'}"
    until = view.as_of if acted is None else acted.at
    excused = ruled(view, "sign", now.begun.at, until, due - now.begun.at)
    yield Breach("sign", "late", matter.ticket, due, events_of((now.begun, now.signed)), why, excused)


def _returned(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    back = now.returned
    if back is not None and back.data.get("late") and view.period.holds(back.at):
        yield Breach("return", "late", matter.ticket, back.at, events_of((now.begun, back)), "逾期申请退回")


def _settled(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    """按时办结, and the answer to the citizen that was due with it: the lead's to give, not theirs who help or are handed work down."""
    if not view.belongs(now, now.due) or now.due is None:
        return
    late, undone = now.settled_late, now.undone(view.as_of)
    until, answered = words(now.due), now.replied
    if late or undone:
        why = (
            f"应于{until}前办结，{'超时未办' if undone else f'{words(answered.at)}办结' if answered else ''}"
        )
        yield Breach("on_time", "undone" if undone else "late", matter.ticket, now.due, now.proof, why)
        if view.policy.switches.late_reply.value == "once":
            return
    if matter.asked_about and (why := _untold(now, late or undone)):
        proof = (*now.proof, *events_of((now.untold, now.told_later)))
        yield Breach("reply", "late", matter.ticket, now.due, proof, f"{why}（期限{until}）")


def _untold(now: Round, overdue: bool) -> str:
    """Why the citizen counts as not answered in time; '' where they were. What they tell a person in the revisit prevails."""
    if now.untold is not None:
        return "诉求人回访称未接到答复"
    if now.replied is None:
        return "未向投诉人答复" if overdue else ""
    told, late = now.replied.data.get("told"), now.replied.data.get("told_late")
    if told is False:
        if now.told_later is None:
            return "回复了平台，未向投诉人答复"
        late = now.due is not None and now.told_later.at >= now.due
    if late is None:
        return "逾期向投诉人答复" if overdue else ""
    return "逾期向投诉人答复" if late else ""


def _extended(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    """Asked for outside its days, or more often than the clause allows; statutory terms excepted."""
    extension = view.policy.extension
    times = extension.times if extension else None
    for number, asked in enumerate(now.asked, 1):
        if asked.id in now.excepted:
            continue
        over = times is not None and number > times
        if view.period.holds(asked.at) and (asked.data.get("late") or over):
            why = f"申请延期已是第{number}次" if over else "未在规定的时间申请延期"
            yield Breach("extension", "late", matter.ticket, asked.at, events_of((now.begun, asked)), why)


def _sent_back(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    """Only reasonable demands, after review, where the unit is at fault; what the event says otherwise is excused.

    退回的1件扣0.5分: by the ticket, where annex 三 counts each time (1次). Sent back twice in a period it is one case.
    """
    back = now.begun
    if back.kind == "redo" and view.period.holds(back.at):
        excused = _not_at_fault(view, back)
        before = matter.rounds[matter.rounds.index(now) - 1].replied
        yield Breach(
            "redo", "sent_back", matter.ticket, back.at, events_of((before, back)), "退回重新办理", excused
        )


_FAULTS = {"reasonable": "诉求不合理", "reviewed": "未经审核", "unit_at_fault": "不属承办单位责任"}


def _not_at_fault(view: View, back: Fact) -> str:
    needs: Iterable[str] = view.policy.stages.redo.needs if view.policy.stages.redo else ()
    return "、".join(_FAULTS[need] for need in needs if back.data.get(need) is False)


def repeated(view: View) -> Iterator[Breach]:
    """同一人多次重复投诉合理诉求的转办件: each further ticket, merged or not, unless its demand was judged unreasonable.

    Every repeat has its event, which names the unit of the first ticket and the day it was raised: whoever got the further one, and when,
    makes no second case. What the unit gave back is no 转办件 of its own to be raised again.
    """
    told: dict[str, list[Fact]] = {}
    for fact in view.own:
        if fact.kind == "repeat":
            told.setdefault(fact.ticket, []).append(fact)
    gave_back = {matter.ticket for matter in view.given if matter.rounds[-1].returned is not None}
    for ticket, facts in told.items():
        first = next((fact for fact in facts if is_repeat(fact)), None)
        if first is not None and view.period.holds(first.at):
            judged = [fact.data["reasonable"] for fact in facts if fact.data.get("reasonable") is not None]
            excused = "诉求不合理" if judged and not judged[-1] else ""
            excused = excused or ("首件已退回" if first.data.get("of") in gave_back else "")
            yield Breach("repeat", "repeated", ticket, first.at, events_of(facts), "重复投诉件", excused)
