"""Opens policy profiles and calendars on disk; everybody gets them here, parsed and checked."""

import os
import re
from pathlib import Path

from core.calendar import Calendar
from core.calendar_text import BadCalendar, parse_calendar
from core.errors import NotFound
from core.policy import Policy
from core.policy_text import BadPolicy, parse_policy

HOUSE = Path(__file__).resolve().parent.parent / "policies"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_DEPTH = 3
"""Province, city, county."""


class UnknownPolicy(NotFound):
    """No profile of that name in the policy folder."""

    code = "unknown_policy"


def policy_folder() -> Path:
    """Where profiles lie: HOTLINE_POLICIES, else the house's own folder."""
    return Path(os.environ.get("HOTLINE_POLICIES") or HOUSE)


def names(folder: Path | None = None) -> list[str]:
    """Every profile there is."""
    return sorted(path.stem for path in (folder or policy_folder()).glob("*.yaml"))


def load(name: str, folder: Path | None = None) -> Policy:
    """The profile with its parents merged in. Raises UnknownPolicy, BadPolicy (file, line, reason)."""
    folder = folder or policy_folder()
    return _load(name, folder, ())


def _load(name: str, folder: Path, below: tuple[str, ...]) -> Policy:
    path = folder / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownPolicy(
            f"no policy profile {name!r} in {folder}; there are: {', '.join(names(folder)) or 'none'}"
        )
    if name in below or len(below) >= _DEPTH:
        raise BadPolicy(
            f"{path}:1: `extends` goes in a circle or deeper than {_DEPTH}: {' -> '.join((*below, name))}"
        )
    policy = parse_policy(_read(path), str(path), lambda above: _load(above, folder, (*below, name)))
    if policy.name != name:
        raise BadPolicy(f"{path}:1: the profile calls itself {policy.name!r}, its file {name!r}")
    return policy


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}:1: not UTF-8: {error.reason}") from error


def load_calendar(folder: Path | None = None) -> Calendar:
    """The State Council calendar with the files of policies/calendars/ over it. Raises BadCalendar."""
    plans = []
    for path in sorted(((folder or policy_folder()) / "calendars").glob("*.yaml")):
        plans.append(parse_calendar(_read(path), str(path)))
    years = [plan.year for plan in plans]
    if len(years) != len(set(years)):
        raise BadCalendar(f"two files in {folder or policy_folder()}/calendars speak of one year")
    return Calendar(plans)
