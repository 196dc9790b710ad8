"""公告: what units want said now or soon (临时性、应急性、预告性), in the order the desk reads them.

Source: Yanji annex 四(二).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import BadInput
from core.knowledge import BulletinKind

ORDER: Final[dict[BulletinKind, int]] = {"emergency": 0, "temporary": 1, "advance": 2}


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Shown from `since` until before `until`. `region` '' everywhere; `pinned`: lower numbers first, None unpinned."""

    id: str
    kind: BulletinKind
    unit: str
    since: datetime
    until: datetime
    region: str = ""
    pinned: int | None = None
    withdrawn: bool = False


def checked(kind: BulletinKind, since: datetime, until: datetime, happens_at: datetime | None) -> None:
    """Raises BadInput: it must end after it begins, and an advance notice says when what it tells of happens, later than that."""
    if until <= since:
        raise BadInput("公告的结束时间须晚于开始时间")
    if kind == "advance" and happens_at is None:
        raise BadInput("预告性公告须写明所预告的事情何时发生")
    if kind == "advance" and happens_at is not None and happens_at < since:
        raise BadInput("预告性公告须早于所预告的事情")


def late(at: datetime, happens_at: datetime | None) -> bool:
    """Whether it came after what it tells of had begun: 及时上传 is what the clause asks."""
    return happens_at is not None and at > happens_at


def on_desk(known: Iterable[Bulletin], at: datetime, region: str = "") -> list[Bulletin]:
    """Those that hold now, of this region and of everywhere: pinned first, emergencies before the rest, newest first."""
    now = [one for one in known if not one.withdrawn and one.since <= at < one.until]
    here = [one for one in now if region in ("", one.region) or not one.region]
    return sorted(here, key=_place)


def _place(one: Bulletin) -> tuple[bool, int, int, float, str]:
    return (one.pinned is None, one.pinned or 0, ORDER[one.kind], -one.since.timestamp(), one.id)
