"""What a step does to the ticket beyond its state: which clock starts, which deadline moves, what a date forbids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.calendar import Calendar
from core.errors import NotAllowed
from core.policy import Policy
from core.policy_parts import StageName
from tickets.clock import words
from tickets.explain import Explanation
from tickets.running import explained, start_of
from tickets.ticket import Action, Ticket


class MissingClock(NotAllowed):
    """A step needs a clock that never started: the ticket was not built by the lifecycle."""

    code = "missing_clock"


@dataclass(frozen=True, slots=True)
class Deed:
    """Everything an effect may look at."""

    ticket: Ticket
    at: datetime
    policy: Policy
    calendar: Calendar
    facts: Mapping[str, Any]

    @property
    def started_at(self) -> datetime:
        """Start of the running clock. Raises MissingClock."""
        if self.ticket.started_at is None:
            raise MissingClock(f"工单 {self.ticket.id} 没有起算时间")
        return self.ticket.started_at

    def explained(self, stage: StageName, at: datetime) -> Explanation:
        """What the policy says of `stage` started at `at`, for this ticket."""
        return explained(self.ticket, stage, at, self.policy, self.calendar)


Effect = Callable[[Deed], tuple[Ticket, Explanation | None]]


def only_state(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Nothing but the state changes."""
    return deed.ticket, None


def _start(deed: Deed, stage: StageName, ticket: Ticket) -> tuple[Ticket, Explanation | None]:
    ticket = replace(ticket, started_at=deed.at, grants=(), seen=(), notice="")
    start = start_of(ticket, stage, deed.policy) or deed.at
    found = replace(deed, ticket=ticket).explained(stage, start)
    running = replace(ticket, due=found.due, provisional=found.provisional)
    return replace(running, policy=deed.policy.name, policy_hash=deed.policy.hash), found


def file(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The hotline's dispatch clock starts (Heyuan 9)."""

    def kind(name: str) -> bool:
        return bool(deed.facts.get(name, getattr(deed.ticket, name)))

    filed = replace(
        deed.ticket,
        filed_at=deed.at,
        multi_unit=kind("multi_unit"),
        on_site=kind("on_site"),
        complex=kind("complex"),
    )
    return _start(deed, "dispatch", filed)


def dispatch(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The unit's clocks start at dispatch, not at sign-in (Heyuan 10: 自收到诉求之日起)."""
    return _start(deed, "handle", replace(deed.ticket, unit=str(deed.facts["unit"])))


def give_back(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Silence too long was acceptance (Heyuan 10(一)); else the hotline must dispatch anew, on a new dispatch clock."""
    deemed = deed.explained("return", deed.started_at).deemed_accepted_at
    if deemed and deed.at >= deemed:
        raise NotAllowed(f"工单 {deed.ticket.id} 已于{words(deemed)}视同接受，不能“退回”(return)")
    return _start(deed, "dispatch", replace(deed.ticket, unit=None))


def deem_accepted(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Only once the law says so (Heyuan 10(一))."""
    deemed = deed.explained("sign", deed.started_at).deemed_accepted_at
    if deemed is None or deed.at < deemed:
        raise NotAllowed(f"工单 {deed.ticket.id} 尚未“视同接受”(deem_accepted)")
    return only_state(deed)


EFFECTS: dict[Action, Effect] = {
    "file": file,
    "dispatch": dispatch,
    "return": give_back,
    "deem_accepted": deem_accepted,
}
