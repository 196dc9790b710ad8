"""Notices: what we owe somebody to tell (a text, a spoken call, a mail, a webhook), and the port that sends one."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, get_args

from core.errors import HotlineError
from core.events import Event
from core.masking import TICKET_NUMBER

Channel = Literal["sms", "voice", "mail", "webhook"]
State = Literal["due", "sending", "sent", "uncertain", "failed", "given_up", "not_sent"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
STATES: tuple[State, ...] = get_args(State)
"""failed: refused for good; given_up: tries or time used up; not_sent: nobody to send it by, or nobody to send it to;
uncertain: it may have arrived, we can't know: a person decides."""
OPEN: tuple[State, ...] = ("due", "sending")
WITHHELD = "〔不显示〕"
_CODE = re.compile(r"(?<![\d-])\d{6}(?!\d)")
_LINK = re.compile(rf"(?<![!-~])(?!{TICKET_NUMBER})[!-~]{{8,}}")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as a sender gets it. `id` is the same over all tries; `facts`: what only its channel needs."""

    id: str
    kind: str
    to: str = field(repr=False)
    words: str = field(repr=False)
    facts: dict[str, Any] = field(default_factory=dict)


class NotSent(HotlineError):
    """It has certainly not arrived. `retryable`: it may later; `after_s`: not before so many seconds, where we were asked."""

    code = "notice_not_sent"
    status = 502

    def __init__(self, message: str, *, retryable: bool, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retryable, self.after_s = retryable, after_s


class Unsure(HotlineError):
    """It was handed over and no answer came: it may have arrived."""

    code = "notice_unsure"
    status = 502


class NoticesUncertain(HotlineError):
    """A person must decide about notices that may have arrived (its name is what /health shows)."""

    code = "notices_uncertain"
    status = 503


class NoticesStuck(HotlineError):
    """Nobody sends what is due."""

    code = "notices_stuck"
    status = 503


class Sender(Protocol):
    """One way to send. `honours_key`: the other side takes the same id once only, so sending again does no harm.

    `name` is kept with each try; `most_s` bounds one; `at_once`: how many side by side.
    """

    @property
    def name(self) -> str: ...
    @property
    def honours_key(self) -> bool: ...
    @property
    def most_s(self) -> float: ...
    @property
    def at_once(self) -> int: ...

    async def send(self, notice: Notice) -> str:
        """What the other side calls it, or ''. Raises NotSent, Unsure; their words never hold the recipient."""


@dataclass(frozen=True, slots=True)
class _OfNotice(Event):
    """`ticket_id` '' where it is about none."""

    notice_id: str
    channel: str
    kind: str
    ticket_id: str

    @property
    def subject(self) -> str:
        return self.ticket_id or self.notice_id


@dataclass(frozen=True, slots=True)
class NoticeUncertain(_OfNotice):
    """A notice may or may not have arrived; it is not sent again by itself."""

    name: ClassVar[str] = "notice.uncertain"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoticeResolved(_OfNotice):
    """A person decided about a notice: it arrived, or it is to be sent again."""

    name: ClassVar[str] = "notice.resolved"
    verdict: str = ""
    why: str = ""


def without_keys(kind: str, words: str, linked: bool) -> str:
    """`words` for anybody but their receiver: without the code or the link (`linked`) that lets its holder act as the citizen."""
    words = _CODE.sub(WITHHELD, words) if kind == "code" else words
    return _LINK.sub(WITHHELD, words) if linked else words


def spaced(tries: int, first_s: float, longest_s: float) -> float:
    """Seconds to the next try: doubling from `first_s` up to `longest_s`."""
    return float(min(first_s * 2.0 ** min(tries - 1, 40), longest_s))
