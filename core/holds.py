"""Legal hold: what may be kept from deletion, and terms after which the rest goes. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Kind = Literal["call", "ticket"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""A call's hold keeps its recordings, words and number; a ticket's keeps itself, its family and every call about them."""
Kept = Literal["recordings", "transcripts", "personal"]
KEPT: tuple[Kept, ...] = get_args(Kept)
KEPT_NAMES: dict[Kept, str] = {
    "recordings": "通话录音",
    "transcripts": "对话文字",
    "personal": "号码、姓名与附件",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Days each kind is kept; None keeps it for good, as no document names a number (001 3 归档)."""

    recordings: int | None = None
    transcripts: int | None = None
    personal: int | None = None

    def before(self, kind: Kept, at: datetime) -> datetime | None:
        """What is older than this moment has had its term; None: nothing has."""
        days: int | None = getattr(self, kind)
        return at - timedelta(days=days) if days else None
