"""What every handler works with, made once in `wire.py`; fakes of the ports go in here in tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app import intake
from app.alert_rules import sensitive_words
from app.caller_rules import CallerRules, caller_rules
from core.calendar import Calendar
from core.divisions import Tree
from core.intake import IntakeTypes
from core.policy import Policy
from core.ports import Hints
from ivr import Menus
from match.propose import MatchIndex
from match.sensitive import SensitiveWords
from routing import LineRegister, RoutingPolicy
from store.database import Database


def now() -> datetime:
    """The moment, aware."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Content:
    """What matching looks in; replaced as a whole when the registers change."""

    index: MatchIndex
    register: LineRegister


@dataclass(slots=True)
class Times:
    """Waits of the floor, seconds."""

    ring_s: int = 20
    wait_s: int = 5
    wrap_up_s: int = 120
    unfinished_after_s: float = 900


@dataclass(slots=True)
class Pace:
    """How long a call keeps a seat at present, seconds; `at`: when that was looked up."""

    handle_s: float | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Floor:
    """The database, the rules and the ports; nothing here knows HTTP or Asterisk."""

    database: Database
    hints: Hints
    content: Content
    menus: Menus
    policy: Policy
    calendar: Calendar
    routing: RoutingPolicy = field(default_factory=RoutingPolicy)
    times: Times = field(default_factory=Times)
    callers: CallerRules = field(default_factory=caller_rules)
    clock: Callable[[], datetime] = now
    rules_of: str = "chenzhou"
    divisions: Tree = field(default_factory=Tree)
    intake: IntakeTypes = field(default_factory=intake.house)
    sensitive: SensitiveWords = field(default_factory=sensitive_words)
    pace: Pace = field(default_factory=Pace)
    rules_kept: set[str] = field(default_factory=set)  # hashes of routing rules that are in the store
    sms_secret: str = field(default="", repr=False)  # signs what the text gateway tells us
    grade_link: str = ""  # address of an online grade with {token} in it; '': texts ask for a reply only

    async def tell(self, topic: str, event: str, **facts: Any) -> None:
        """A hint after the facts are committed; losing it costs a screen some seconds, nothing else. A unit hears of its own tickets."""
        await self.hints.publish(topic, {"event": event, **facts})
        if topic == "tickets" and facts.get("unit"):
            await self.hints.publish(f"unit.{facts['unit']}", {"event": event, **facts})
