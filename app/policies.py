"""Opens policy profiles and calendars on disk; everybody gets them here, parsed and checked."""

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from app.settings import settings
from core import yaml_text
from core.calendar import Calendar, YearPlan
from core.calendar_text import BadCalendar, parse_calendar
from core.errors import NotFound
from core.policy import Policy
from core.policy_text import BadPolicy, parse_policy

HOUSE = Path(__file__).resolve().parent.parent / "policies"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
DEMO = "demo"
_DEPTH = 3
"""Province, city, county."""
_KEPT: dict[tuple[str, tuple[Path, ...]], tuple[tuple[Any, ...], tuple[str, ...], Policy]] = {}
"""Profiles as they were read: how their files looked then, the names they rest on, what came of it. Reading one takes 50 ms."""
_MOST_KEPT = 100


class UnknownPolicy(NotFound):
    """No profile of that name in the policy folder."""

    code = "unknown_policy"


class NoParent(NotFound):
    """A profile cannot stand under that one: it stands under itself then, or too deep."""

    code = "no_parent"


def policy_folders() -> tuple[Path, ...]:
    """Where profiles lie: the operator's folder (HOTLINE_POLICIES) before the house's own."""
    own = os.environ.get("HOTLINE_POLICIES")
    return (Path(own), HOUSE) if own else (HOUSE,)


def names(folders: tuple[Path, ...] | None = None) -> list[str]:
    """Every profile there is."""
    return sorted({path.stem for folder in folders or policy_folders() for path in folder.glob("*.yaml")})


def load(name: str, folder: Path | None = None) -> Policy:
    """The profile with its parents merged in; `folder` is searched first. Raises UnknownPolicy, BadPolicy."""
    folders = policy_folders()
    return _load(name, (folder, *folders) if folder else folders, ())


def _load(name: str, folders: tuple[Path, ...], below: tuple[str, ...]) -> Policy:
    kept = _KEPT.get((name, folders))
    if kept is not None and kept[0] == _looks(kept[1], folders):
        return kept[2]
    path, way, chain = _find(name, folders), (*below, name), [name]

    def parent(above: str) -> Policy:
        if above in way or len(way) >= _DEPTH:
            raise NoParent(f"goes in a circle or deeper than {_DEPTH}: {' -> '.join((*way, above))}")
        found = _load(above, folders, way)
        chain.extend(_KEPT[above, folders][1])
        return found

    looks = _looks((name,), folders)
    policy = parse_policy(_read(path), str(path), parent, lambda other: _title(other, folders))
    if policy.name != name:
        raise BadPolicy(f"{path}:1: the profile calls itself {policy.name!r}, its file {name!r}")
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.clear()
    _KEPT[name, folders] = ((*looks, *_looks(tuple(chain[1:]), folders)), tuple(chain), policy)
    return policy


def rules_of(name: str, profiles: Collection[str], house: str) -> str:
    """Whose refusal grounds and articles a city's calls are matched with: its own, else its superior's that has some.

    profiles: those with grounds; house: whose the demonstration city borrows with the house's lines.
    """
    if name == DEMO:
        return house
    at: str | None = name
    while at is not None and at not in profiles:
        at = load(at).extends
    return at or name


def _title(name: str, folders: tuple[Path, ...]) -> str:
    """Whose rules a profile has, by its own words."""
    path = _find(name, folders)
    return str(yaml_text.read(_read(path), str(path), BadPolicy, "a profile").raw.get("title"))


def _looks(names: tuple[str, ...], folders: tuple[Path, ...]) -> tuple[Any, ...]:
    """Of each profile where it lies, when it was changed and how long it is."""
    found = []
    for name in names:
        path = _find(name, folders)
        at = path.stat()
        found.append((path, at.st_mtime_ns, at.st_size, at.st_ino))
    return tuple(found)


def _find(name: str, folders: tuple[Path, ...]) -> Path:
    for folder in folders if _NAME.fullmatch(name) else ():
        if (path := folder / f"{name}.yaml").is_file():
            return path
    if not _NAME.fullmatch(name):  # no path is made of such a name; a file may bear it all the same
        for path in (one for folder in folders for one in folder.glob("*.yaml") if one.stem == name):
            raise BadPolicy(f"{path}:1: a profile's file is named {_NAME.pattern}, then .yaml")
    raise UnknownPolicy(f"没有名为 {name!r} 的规则；现有：{'、'.join(names(folders)) or '无'}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}:1: not UTF-8: {error.reason}") from error
    except OSError as error:
        raise BadPolicy(f"{path}:1: {error.strerror}") from error


def imported_calendars(home: Path | None = None) -> Path:
    """Where `./hotline calendar import` puts what it took; home: the instance's run folder."""
    return (home or settings().home) / "calendars"


def calendar_folders(home: Path | None = None) -> tuple[Path, ...]:
    """The imported calendars rule over the operator's own folder, that over the house's."""
    return imported_calendars(home), *(one / "calendars" for one in policy_folders())


def load_calendar(*folders: Path) -> Calendar:
    """The State Council calendar with calendar files over it, from `calendar_folders` unless given. Raises BadCalendar."""
    folders = folders or calendar_folders()
    plans: dict[int, YearPlan] = {}
    for one in reversed(folders):  # an earlier folder's year replaces a later one's
        found = [parse_calendar(_read(path), str(path)) for path in sorted(one.glob("*.yaml"))]
        if len({plan.year for plan in found}) != len(found):
            raise BadCalendar(f"{one}: two files speak of one year")
        plans |= {plan.year: plan for plan in found}
    return Calendar(plans.values())
