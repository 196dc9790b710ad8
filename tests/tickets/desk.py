"""People, rules and a ticket in any state, for the tests of this folder."""

from datetime import datetime
from functools import cache
from typing import Any

from app.policies import HOUSE, load, load_calendar
from core.policy import Policy
from tickets.clock import CHINA
from tickets.lifecycle import apply
from tickets.ticket import CLOCK, Action, Actor, Person, State, Ticket

CALENDAR = load_calendar(HOUSE / "calendars")
HEYUAN, YANJI, DEMO = load("heyuan"), load("yanji"), load("demo")
AGENT, OFFICE, UNIT = Person("a1", "agent"), Person("o1", "office"), Person("u1", "unit", "SW")
BY: dict[str, Actor] = {
    "agent": AGENT, "office": OFFICE, "unit": UNIT, "leader": Person("l1", "leader", "SW"), "clock": CLOCK, "supervisor": Person("s1", "supervisor"),
}  # fmt: skip

REPLY: dict[str, Any] = {
    "handled_at": "2026-11-10", "section": "供水科", "handler": "李工", "result": "已修复", "law": "城市供水条例",
    "basis": "供水服务规范", "talk": "已电话告知诉求人",
}  # fmt: skip
FACTS: dict[Action, dict[str, Any]] = {
    "answer": {"article": "kb-1@3"},
    "refuse": {"ground": "001 6(二)", "told": "请拨打110"},
    "file": {},
    "dispatch": {"unit": "SW"},
    "sign": {},
    "return": {"reason": "不属本单位职责", "basis": "三定方案"},
    "deem_accepted": {},
    "ask_extension": {"reason": "管材未到"},
    "grant_extension": {"until": "2026-11-26T00:00:00+08:00"},
    "refuse_extension": {"reason": "理由不足"},
    "set_term": {"until": "2026-11-10T12:00:00+08:00", "term": "shorter"},
    "reply": REPLY,
    "resolve": {},
    "contact": {"talk": "已与诉求人通话，约定周三上门"},
    "press": {"way": "phone"},
    "supplement": {"words": "二单元也停水"},
    "urge": {},
    "withdraw": {"reason": "已自行解决"},
    "merge": {"into": "T0"},
    "dispute": {"question": "供水管网归属"},
    "escalate": {"rung": "authority"},
    "decide": {"unit": "SW", "basis": "三定方案"},
    "review": {},
    "reject": {"reason": "未答复第二项诉求"},
    "revisit": {"grade": "dissatisfied"},
    "redo": {"cause": "poor_quality", "reason": "未修复", "reasonable": True, "at_fault": True},
    "archive": {},
}
"""What each step needs under Heyuan's rules; a redo under Yanji's, which know more causes."""
RULES_OF: dict[Action, Policy] = {"redo": YANJI}

WAY: dict[State, tuple[Action, ...]] = {
    "intake": (),
    "answered": ("answer",),
    "refused": ("refuse",),
    "filed": ("file",),
    "dispatched": ("file", "dispatch"),
    "deemed": ("file", "dispatch", "deem_accepted"),
    "signed": ("file", "dispatch", "sign"),
    "extension_asked": ("file", "dispatch", "sign", "ask_extension"),
    "returned": ("file", "dispatch", "sign", "return"),
    "replied": ("file", "dispatch", "sign", "reply"),
    "disputed": ("file", "dispatch", "sign", "return", "dispute"),
    "reviewed": ("file", "dispatch", "sign", "reply", "review"),
    "redoing": ("file", "dispatch", "sign", "reply", "redo"),
    "resolved": ("file", "dispatch", "sign", "reply", "resolve"),
    "revisited": ("file", "dispatch", "sign", "reply", "resolve", "revisit"),
    "archived": ("file", "dispatch", "sign", "reply", "resolve", "archive"),
    "withdrawn": ("file", "withdraw"),
    "merged": ("file", "merge"),
}
WHO: dict[Action, Actor] = {
    "answer": AGENT, "refuse": AGENT, "file": AGENT, "dispatch": AGENT, "sign": UNIT, "return": UNIT, "reply": UNIT,
    "deem_accepted": CLOCK, "ask_extension": UNIT, "grant_extension": OFFICE, "refuse_extension": OFFICE,
    "set_term": OFFICE,
    "resolve": OFFICE, "contact": UNIT, "press": OFFICE, "supplement": AGENT, "urge": AGENT, "withdraw": AGENT,
    "merge": OFFICE, "dispute": OFFICE, "escalate": OFFICE, "decide": OFFICE, "review": OFFICE, "reject": OFFICE,
    "revisit": AGENT, "redo": OFFICE, "archive": OFFICE,
}  # fmt: skip
MONDAY = "2026-11-09T10:00"


@cache
def under(profile: str, switches: str = "") -> Policy:
    """The profile with some switches thrown, e.g. `days=working term_ends=24:00`; office hours are the oracle's."""
    raw: dict[str, Any] = load(profile).model_dump(mode="json", by_alias=True)
    raw["switches"] |= {name: {"value": value} for name, value in pairs(switches).items()}
    raw["office_hours"] = {"windows": [["08:30", "12:00"], ["14:00", "17:30"]]}
    return Policy.model_validate(raw)


def pairs(switches: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in switches.split())


def at(text: str) -> datetime:
    """China's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def step(
    ticket: Ticket, action: Action, when: str | datetime, policy: Policy = HEYUAN, **facts: Any
) -> Ticket:
    """The step by whoever should do it, with the facts it needs."""
    moment = at(when) if isinstance(when, str) else when
    given = FACTS[action] | facts
    who = OFFICE if facts.get("term") in ("statutory", "set") else WHO[action]
    return apply(ticket, action, who, moment, policy, CALENDAR, **given).ticket


def in_state(state: State, policy: Policy = HEYUAN, type: Any = "help", start: str = MONDAY) -> Ticket:
    """A ticket brought there by the lifecycle itself, everything at `start`, deemed acceptance two days later."""
    ticket = Ticket("T1", type)
    for action in WAY[state]:
        when = "2026-11-11T00:00" if action == "deem_accepted" else start
        ticket = step(ticket, action, when, RULES_OF.get(action, policy))
    assert ticket.state == state
    return ticket
