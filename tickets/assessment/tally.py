"""Numbers beside the points: what a unit got and did, each with the events it was counted from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tickets.assessment.fact import Fact
from tickets.assessment.matter import events_of
from tickets.assessment.view import View


@dataclass(frozen=True, slots=True)
class Tally:
    """How many, and which."""

    name: str
    title: str
    count: int
    events: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "count": self.count, "events": list(self.events)}


def tallies(view: View) -> tuple[Tally, ...]:
    """办理情况、满意度、更新知识库情况 (001 22) and what the monthly bulletin tells (002 22).

    收到转办件: what was later given back, withdrawn or merged is among them, beside what came back; 在办 and 办结回复 are of them alone.
    """
    return tuple(Tally(name, title, len(found), found) for name, title, found in _counted(view))


def _counted(view: View) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    holds = view.period.holds
    rounds = [now for one in view.given for now in one.rounds]
    lead = [one for one in view.given if one.asked_about]
    inside = [one for one in view.given if not one.asked_about]

    def those(facts: Iterable[Fact | None]) -> tuple[str, ...]:
        return events_of(fact for fact in facts if fact is not None and holds(fact.at))

    yield "forwarded", "收到转办件", events_of(map(view.received, lead))
    yield "replied", "办结回复", those(now.replied for one in lead for now in one.rounds)
    yield "inside", "收到协办、下交和督办件", events_of(map(view.received, inside))
    yield "returned", "退回", those(now.returned for now in rounds)
    yield "extensions_asked", "申请延期", those(fact for now in rounds for fact in now.asked)
    yield "extensions_granted", "同意延期", those(fact for now in rounds for fact in now.granted)
    yield "sent_back", "退回重办", those(now.begun for now in rounds if now.begun.kind == "redo")
    yield "pressed", "催办督办", those(fact for now in rounds for fact in now.pressed)
    for colour, title in (("warning", "预警"), ("yellow", "黄牌"), ("red", "红牌")):
        cards = (card for one in view.given for card in one.cards if card.data.get("colour") == colour)
        yield f"card_{colour}", title, those(cards)
    yield "knowledge_updated", "知识库更新", events_of(view.kind("knowledge_updated"))
    yield "knowledge_late", "知识库逾期", events_of(view.kind("knowledge_late"))
    yield (
        "open",
        "在办",
        events_of(one.rounds[-1].begun for one in lead if one.forwarded and one.rounds[-1].replied is None),
    )
