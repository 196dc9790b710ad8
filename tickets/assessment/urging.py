"""催办督办: what was pressed or ordered and stayed undone all the same. Source: Yanji 2019, 11 and annex 五(二)1 to 4."""

from collections.abc import Iterator
from datetime import datetime

from core.policy_score import Case
from tickets.assessment.fact import Fact
from tickets.assessment.matter import Matter, Round, events_of
from tickets.assessment.view import CASES, Breach, View


def urged(view: View, matter: Matter, now: Round) -> Iterator[Breach]:
    """The situations of 催办督办 that events show by themselves: 附五(二)1 to 4. An order in vain is a case of what it presses."""
    over = now.undone(view.as_of)
    if view.policy.switches.urging_overdue.value == "ever":
        over = over or now.settled_late
    if not over or now.due is None or not view.belongs(now, now.due):
        return
    pressed = [fact for fact in now.pressed if in_vain(now, fact, view.as_of)]
    orders = [one for one in view.orders.get(matter.ticket, ()) if _ordered_in_vain(now, one, view.as_of)]
    forms = {_form(matter), *map(_form, orders), *(_way(fact) for fact in pressed)} - {""}
    public = any(_public(one, now, view.as_of) for one in (matter, *orders))
    case = "on_site_undone" if public else _situation(forms, now)
    if case is not None:
        proof = (*now.proof, *events_of((*(one.first for one in orders), *pressed)))
        why = CASES[case][2] if case in CASES else "经延期办理而又超期未办结"
        subject = matter.supervises or matter.ticket
        yield Breach("urging", case, subject, now.due, tuple(dict.fromkeys(proof)), why)


def _public(order: Matter, now: Round, as_of: datetime) -> bool:
    """媒体曝光: let into the media while nothing had been done; a media order alone only asks for that."""
    at, ended = order.first.when("published"), now.replied or now.ended
    return at is not None and at <= as_of and (ended is None or at < ended.at)


def _situation(forms: set[str], now: Round) -> Case | None:
    """Which of the situations: the last one named, of those that are so."""
    if "on_site" in forms:
        return "on_site_undone"
    if "notice" in forms:
        return "notice_overdue"
    if forms:
        return "pressed_overdue"
    return "extended_overdue" if now.granted else None


def _form(matter: Matter) -> str:
    """By what a supervision ticket presses: 督办单 (order) where it does not say 《督办通知》 (notice); '' for other tickets."""
    said = str(matter.first.data.get("supervision") or "")
    return said or ("order" if matter.relation == "supervision" else "")


def _way(press: Fact) -> str:
    return "notice" if press.data.get("form") == "notice" else "order"


def in_vain(now: Round, press: Fact, as_of: datetime) -> bool:
    """催办而又超期: not done by the day the paper named; without one, pressed before the term ended or it still lies there."""
    until = press.when("until")
    pressed_early = until is None and now.due is not None and press.at < now.due
    return pressed_early or _lay_undone(now, until, as_of)


def _lay_undone(now: Round, until: datetime | None, as_of: datetime) -> bool:
    """Whether it still lay with the unit, unanswered, on the day that was named; without one, whether it does now."""
    ended = now.replied or now.ended
    return ended is None if until is None else (ended.at if ended else as_of) >= until


def _ordered_in_vain(now: Round, order: Matter, as_of: datetime) -> bool:
    """被督办单催办而又超期: what it presses was overdue all the same, whatever the unit answered to the order itself.

    Ordered while the term ran: not done by its end; ordered afterwards (002 11, 限期办理): not done by the order's own.
    """
    issued, until, ended = order.first.at, order.rounds[-1].due, now.replied or now.ended
    if issued < now.begun.at or (ended is not None and ended.at <= issued) or now.due is None:
        return False
    if issued < now.due:
        return True
    return _lay_undone(now, until, as_of)
