"""What people do next with a ticket, from what it is now: a pure function of the seed, so that a killed year can go on.

One die is thrown per round of the ticket (its clock's start) and decides what the unit does with it; another per version decides
what happens on the way: urging, supplements, pressing, and now and then something the rules forbid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from api.actor import Actor
from bench.city.people import BELOW, BOSS, LEADS, MANNERS, OFFICE, Manner, handler, set_term
from core.policy import Policy
from tickets.clock import CHINA
from tickets.effects import RUNGS
from tickets.ticket import Ticket

REPLY = {
    "handled_at": "收到工单次日", "section": "业务科", "handler": "李某", "law": "城市管理条例第二十条", "basis": "岗位职责",
    "talk": "已电话告知诉求人",
}  # fmt: skip
BAD = ("dissatisfied", "very_dissatisfied")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LENGTH = timedelta(days=5)
"""What a unit gives itself where nobody named a term."""
_ON_THE_WAY = ("dispatched", "deemed", "signed", "redoing", "filed", "returned", "replied")


@dataclass(frozen=True, slots=True)
class Step:
    """One intention. `action`: of the lifecycle table, or `grade`, or `add` of a child with `facts` for kin.Child."""

    at: datetime
    action: str
    actor: Actor
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """A ticket as the driver last saw it. `key`: its request key; `tried`: refused at this version, and not tried again at once;
    `above`: the unit that had the ticket above it.
    """

    ticket: Ticket
    key: str
    title: str
    body: str
    tried: set[str] = field(default_factory=set)
    children: int = 0
    first: str = ""
    above: str | None = None


class Choices:
    """People's intentions under one policy. `manner_of`: of each unit."""

    def __init__(self, policy: Policy, seed: int, manner_of: dict[str, Manner]) -> None:
        self._policy, self._seed, self._manner_of = policy, seed, manner_of
        self._by_state: dict[str, Callable[[Known, datetime, Random], Step | None]] = {
            "filed": self._to_dispatch, "returned": self._to_dispatch, "disputed": self._on_the_board,
            "dispatched": self._received, "deemed": self._received, "signed": self._working, "redoing": self._working,
            "extension_asked": self._extension, "replied": self._answered, "reviewed": self._answered,
            "resolved": self._resolved, "revisited": self._revisited,
        }  # fmt: skip

    def next(self, known: Known, now: datetime) -> Step | None:
        """None: nobody does anything more with it."""
        ticket = known.ticket
        choose = self._by_state.get(ticket.state)
        if choose is None:
            return None
        started = ticket.started_at.isoformat() if ticket.started_at else ""
        step = choose(known, now, Random(f"{self._seed}/{known.key}/{ticket.state}/{started}"))
        aside = self._aside(known, now, step)
        found = aside or step
        if found is None:
            return None
        return Step(max(found.at, now + timedelta(seconds=30)), found.action, found.actor, found.facts)

    # --- on the way -------------------------------------------------------------------------------------------------

    def _aside(self, known: Known, now: datetime, step: Step | None) -> Step | None:
        """Something between now and the main step, once in a while."""
        ticket = known.ticket
        dice = Random(f"{self._seed}/{known.key}/{ticket.version}/aside")
        if ticket.state not in _ON_THE_WAY or dice.random() > 0.16:
            return None
        end = step.at if step and step.at > now else now + 3 * _DAY
        at = now + (end - now) * dice.uniform(0.1, 0.9)
        with_unit = ticket.unit is not None and ticket.state in ("dispatched", "deemed", "signed", "redoing")
        deeds: list[Step] = [
            Step(at, "supplement", OFFICE, {"words": "补充：事发地点在东门", "via": "phone"}),
            Step(at, "urge", OFFICE, {"words": "市民再次来电催办"}),
        ]
        if with_unit and ticket.unit:
            deeds += [
                Step(at, "contact", handler(ticket.unit), {"talk": "已与诉求人电话联系", "how": "phone"}),
                Step(at, "press", BOSS, {"way": dice.choice(self._ways()), "words": "请抓紧办理"}),
                Step(at, "archive", OFFICE),  # not yet: refused
                Step(at, "reply", handler(LEADS[(LEADS.index(ticket.unit) + 1) % len(LEADS)] if ticket.unit in LEADS else LEADS[0]),
                     dict(REPLY, result="他人代答")),  # not theirs: refused
            ]  # fmt: skip
            deeds += self._children(known, at, dice)
        if dice.random() < 0.12:
            deeds = [Step(at, "withdraw", OFFICE, {"reason": "诉求人撤回"})]
        if known.first and dice.random() < 0.6:
            deeds = [Step(at, "merge", OFFICE, {"into": known.first, "reason": "同一事项"})]
        found = dice.choice(deeds)
        return None if found.action in known.tried else found

    def _ways(self) -> Sequence[str]:
        """How the rules let a unit be pressed."""
        urging = self._policy.stages.supervise.urging
        return urging.value if urging else ("phone",)

    def _children(self, known: Known, at: datetime, dice: Random) -> list[Step]:
        ticket = known.ticket
        if ticket.relation not in (None, "split") or known.children or not ticket.unit:
            return []
        other = dice.choice([one for one in LEADS if one != ticket.unit])
        term = self._order_term("supervise", at, dice)
        found = [
            Step(at, "add", OFFICE, {"relation": "assist", "unit": other}),
            Step(at, "add", OFFICE, {"relation": "assist", "unit": other}),
            Step(at, "add", OFFICE, {"relation": "supervision", "unit": ticket.unit, "named": term}),
        ]
        if ticket.unit in BELOW:
            found += [
                Step(at, "add", handler(ticket.unit), {"relation": "descent", "unit": BELOW[ticket.unit]})
            ] * 3
        if dice.random() < 0.4:
            found.append(
                Step(at, "add", OFFICE, {"relation": "split", "unit": None, "title": f"另：{known.title}"})
            )
        return found

    # --- the hotline --------------------------------------------------------------------------------------------------

    def _to_dispatch(self, known: Known, now: datetime, dice: Random) -> Step:
        ticket = known.ticket
        start = ticket.started_at or now
        wait = dice.expovariate(1 / 25) * _MINUTE if dice.random() < 0.97 else dice.uniform(1, 6) * _DAY
        at = max(
            start + wait, now
        )  # what came in between may have made it late: a term is named from then on
        again = ticket.state == "returned"
        if again and ticket.relation == "descent" and known.above:
            return self._came_back(at, known.above, dice)
        if (
            dice.random() < (0.35 if again else 0.03)
            and "dispute" not in known.tried
            and ticket.relation is None
        ):
            return Step(at, "dispute", OFFICE, {"question": "职责如何划分"})
        fitting = [one for one in LEADS if self._manner_of[one] != "returning"] if again else LEADS
        fitting = [one for one in fitting if one != known.above]  # who leads does not assist as well
        return Step(
            at, "dispatch", OFFICE, {"unit": dice.choice(fitting), **self._handling_term(ticket, at, dice)}
        )

    def _came_back(self, at: datetime, above: str, dice: Random) -> Step:
        """What a unit handed down was given back: it tries once more, or does it itself."""
        if dice.random() < 0.5:
            return Step(at, "dispatch", handler(above), {"unit": BELOW[above]})
        return Step(at, "withdraw", handler(above), {"reason": "收回自办"})

    def _on_the_board(self, known: Known, now: datetime, dice: Random) -> Step:
        rung = known.ticket.rung or RUNGS[0]
        dice = Random(f"{self._seed}/{known.key}/{known.ticket.started_at}/{rung}")
        at = now + dice.uniform(0.2, 1.5) * _DAY
        if rung != RUNGS[-1] and dice.random() < 0.35:
            return Step(
                at, "escalate", OFFICE, {"rung": RUNGS[RUNGS.index(rung) + 1], "opinion": "意见不一致"}
            )
        matter = {"matter": known.title} if dice.random() < 0.3 else {}
        term = self._handling_term(known.ticket, at, dice)
        return Step(at, "decide", OFFICE, {"unit": dice.choice(LEADS), "basis": "三定规定", **matter, **term})

    def _handling_term(self, ticket: Ticket, at: datetime, dice: Random) -> dict[str, str]:
        stage = "redo" if ticket.redone else "handle"
        return self._order_term(stage, at, dice, ticket)

    def _order_term(
        self, stage: str, at: datetime, dice: Random, ticket: Ticket | None = None
    ) -> dict[str, str]:
        """A deadline where the rules name none; not always."""
        stages = self._policy.stages
        if stage == "supervise":
            silent = stages.supervise.term is None
        else:
            rule = stages.handle.get(ticket.type) if ticket else None
            silent = rule is None or rule.term is None
        return set_term(at, dice) if silent and dice.random() < 0.6 else {}

    def _answered(self, known: Known, now: datetime, dice: Random) -> Step:
        ticket = known.ticket
        lying = self._manner(ticket) == "lying"
        dice = Random(f"{self._seed}/{known.key}/{ticket.state}/{ticket.version}")
        at, chance = now + dice.uniform(0.05, 1.5) * _DAY, dice.random()
        if "resolve" in known.tried:  # an assisting unit still works: looked at again later
            return Step(now + 3 * _DAY, "resolve", BOSS)
        if ticket.state == "replied" and chance < 0.5 and "review" not in known.tried:
            site = dice.random() < 0.15
            return Step(at, "review", BOSS, {"site": True, "evidence": "现场核实属实"} if site else {})
        if chance > (0.75 if lying else 0.96) and "reject" not in known.tried:
            return Step(at, "reject", BOSS, {"reason": "未逐项答复"})
        if (
            chance > (0.6 if lying else 0.93)
            and "redo" not in known.tried
            and ticket.relation != "supervision"
        ):
            return Step(at, "redo", OFFICE, self._redo("poor_quality", at, dice))
        return Step(at, "resolve", BOSS)

    def _resolved(self, known: Known, now: datetime, dice: Random) -> Step:
        if known.ticket.relation not in (None, "split") or dice.random() < 0.25:
            return Step(now + dice.uniform(2, 12) * _DAY, "archive", OFFICE)
        good = {"prompt": 0.93, "late": 0.75, "returning": 0.85, "silent": 0.5, "lying": 0.35}[
            self._manner(known.ticket)
        ]
        pleased = dice.random() < good
        kinds = [one for one in self._policy.after.grades if (one not in BAD) == pleased]
        return Step(now + dice.uniform(0.1, 4) * _DAY, "grade", OFFICE, {"grade": dice.choice(kinds)})

    def _revisited(self, known: Known, now: datetime, dice: Random) -> Step:
        ticket, at = known.ticket, now + dice.uniform(0.1, 3) * _DAY
        if ticket.grade in BAD and dice.random() < 0.7 and "redo" not in known.tried:
            causes = self._policy.stages.redo.causes if self._policy.stages.redo else ("bad_grade",)
            cause = next(
                (one for one in causes if one in ("bad_grade", "unsatisfied_complaint")), "poor_quality"
            )
            return Step(at, "redo", OFFICE, self._redo(cause, at, dice))
        return Step(at + dice.uniform(1, 8) * _DAY, "archive", OFFICE)

    def _redo(self, cause: str, at: datetime, dice: Random) -> dict[str, Any]:
        rule = self._policy.stages.redo
        until = (
            {"until": set_term(at, dice)["until"]}
            if rule and not rule.same_as and dice.random() < 0.6
            else {}
        )
        return {"cause": cause, "reason": "问题未解决", "reasonable": True, "at_fault": True, **until}

    def _extension(self, known: Known, now: datetime, dice: Random) -> Step:
        ticket = known.ticket
        dice = Random(f"{self._seed}/{known.key}/{ticket.asked}/{ticket.started_at}/extension")
        at = now + dice.uniform(0.5, 30) * _HOUR
        if dice.random() < 0.1 and ticket.unit:
            return Step(at, "reply", handler(ticket.unit), dict(REPLY, result="已经办结"))
        if dice.random() < 0.25 or "grant_extension" in known.tried:
            return Step(at, "refuse_extension", OFFICE, {"reason": "理由不充分"})
        rule = self._policy.extension
        if rule is not None and rule.length is not None:
            return Step(at, "grant_extension", OFFICE)
        later = max(at, ticket.due or at) + dice.randint(2, 6) * _DAY
        until = later.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        return Step(at, "grant_extension", OFFICE, {"until": until.isoformat()})

    # --- the unit -----------------------------------------------------------------------------------------------------

    def _manner(self, ticket: Ticket) -> Manner:
        return self._manner_of.get(ticket.unit or "", MANNERS[0])

    def _received(self, known: Known, now: datetime, dice: Random) -> Step | None:
        ticket, manner = known.ticket, self._manner(known.ticket)
        assert ticket.unit is not None
        assert ticket.started_at is not None
        who, start = handler(ticket.unit), ticket.started_at
        if manner == "returning" and dice.random() < 0.55 and "return" not in known.tried:
            return Step(start + dice.uniform(0.5, 40) * _HOUR, "return", who, _reason())
        match manner:
            case "prompt" | "lying" | "returning":
                wait = dice.uniform(3, 55) * _MINUTE
            case "late":
                wait = dice.uniform(0.04, 4) * _DAY
            case "silent":
                if dice.random() < 0.25:
                    return None
                wait = dice.uniform(1, 16) * _DAY
        return Step(start + wait, "sign", who)

    def _working(self, known: Known, now: datetime, dice: Random) -> Step:
        ticket, manner = known.ticket, self._manner(known.ticket)
        assert ticket.unit is not None
        assert ticket.started_at is not None
        who = handler(ticket.unit)
        length = (ticket.due - ticket.started_at) if ticket.due else _LENGTH
        if (
            ticket.state == "signed"
            and manner == "returning"
            and dice.random() < 0.3
            and "return" not in known.tried
        ):
            return Step(ticket.started_at + dice.uniform(1, 60) * _HOUR, "return", who, _reason())
        asks = (
            dice.random()
            < {"prompt": 0.06, "late": 0.4, "returning": 0.1, "silent": 0.15, "lying": 0.1}[manner]
        )
        when = dice.uniform(0.5, 1.05)
        if asks and "ask_extension" not in known.tried and ticket.asked < 4:
            return Step(ticket.started_at + length * when, "ask_extension", who, {"reason": "需现场核查"})
        low, high = {
            "prompt": (0.1, 0.9), "late": (0.7, 1.9), "returning": (0.2, 1.0), "silent": (1.0, 3.5), "lying": (0.02, 0.1),
        }[manner]  # fmt: skip
        result = "已按规定办理完毕" if manner == "lying" else f"已办理：{known.title}"
        again = dice.uniform(0.1, 0.8) * _DAY
        at = max(
            ticket.started_at + length * dice.uniform(low, high),
            now + again if "reply" in known.tried else now,
        )
        return Step(at, "reply", who, dict(REPLY, result=result))


def _reason() -> dict[str, str]:
    return {"reason": "不属本单位职责", "basis": "三定规定第二条"}
