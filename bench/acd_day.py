"""A day of a big city, drawn once from a seed: who calls when and for what, who sits where, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from routing import SeatView
from routing.seats import SeatKind

START = datetime(2026, 11, 2, tzinfo=UTC)
# Share of a day's calls in each hour: little at night, a peak before noon and one in the afternoon.
HOURS = (6, 4, 3, 3, 3, 5, 12, 28, 58, 78, 84, 72, 48, 56, 72, 74, 68, 56, 40, 34, 30, 24, 16, 10)
SUBJECTS, TONGUES = 30, 10  # the forty skills
WANT_SUBJECT, WANT_TONGUE = 0.55, 0.06
TALK_S, TALK_SPREAD = 300.0, 0.6  # lognormal
WRAP_UP_S = 60.0
PATIENCE_S = 240.0  # exponential: who hangs up after what wait
SLACK = 1.05  # seats on duty over the load they are planned for


@dataclass(frozen=True, slots=True)
class Caller:
    """One call. Seconds of the day; `busy_s`: how long a seat that knows the matter is kept, wrap-up included."""

    id: int
    at: float
    wants: tuple[str, ...]
    busy_s: float
    gives_up_s: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A seat and when somebody sits there; it may run over midnight as two."""

    seat: SeatView
    begins: float
    ends: float


def callers(count: int, seed: int) -> list[Caller]:
    """A day's calls in order: arrivals by the hour's rate, wants by popularity."""
    dice = np.random.default_rng(seed)
    share = np.array(HOURS) / sum(HOURS)
    hours = dice.choice(24, size=count, p=share)
    at = np.sort((hours + dice.random(count)) * 3600)
    sigma = np.sqrt(np.log(1 + TALK_SPREAD**2))
    talk = dice.lognormal(np.log(TALK_S) - sigma**2 / 2, sigma, count)
    busy = talk + dice.exponential(WRAP_UP_S, count)
    gives_up = dice.exponential(PATIENCE_S, count)
    wants = [_wants(dice) for _ in range(count)]
    return [Caller(n, float(at[n]), wants[n], float(busy[n]), float(gives_up[n])) for n in range(count)]


def _popular(count: int) -> np.ndarray:
    """Zipf: the first matter is asked for most."""
    weights = 1 / np.arange(1, count + 1) ** 0.7
    return np.asarray(weights / weights.sum())


_SUBJECT_SHARE, _TONGUE_SHARE = _popular(SUBJECTS), _popular(TONGUES)


def _wants(dice: np.random.Generator) -> tuple[str, ...]:
    wants = []
    if dice.random() < WANT_SUBJECT:
        wants.append(f"subject.{dice.choice(SUBJECTS, p=_SUBJECT_SHARE)}")
    if dice.random() < WANT_TONGUE:
        wants.append(f"lang.{dice.choice(TONGUES, p=_TONGUE_SHARE)}")
    return tuple(wants)


def shifts(count: int, load: np.ndarray, seed: int) -> list[Shift]:
    """`count` seats; of each hour's load (Erlang) as many as it needs sit there, in eight-hour shifts."""
    dice = np.random.default_rng(seed)
    seats = [_seat(n, dice) for n in range(count)]
    needed = np.minimum(np.ceil(load * SLACK + 3 * np.sqrt(load)), count).astype(int)
    on: list[list[int]] = [[] for _ in range(count)]
    for hour, wanted in enumerate(needed):
        for n in range(wanted):
            on[(n * 7919) % count].append(hour)  # spread over the seats, the same ones stay
    return [
        Shift(seats[n], begins * 3600.0, ends * 3600.0)
        for n, hours in enumerate(on)
        for begins, ends in _runs(hours)
    ]


def _runs(hours: list[int]) -> list[tuple[int, int]]:
    """Hours in a row as (first, one after the last)."""
    found: list[tuple[int, int]] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return found


def _seat(n: int, dice: np.random.Generator) -> SeatView:
    """Three subjects and, for one in four, a language; one in ten is a specialist who does not take everything."""
    subjects = dice.choice(SUBJECTS, size=3, replace=False, p=_SUBJECT_SHARE)
    skills = {f"subject.{s}" for s in subjects}
    if dice.random() < 0.25:
        skills.add(f"lang.{dice.choice(TONGUES, p=_TONGUE_SHARE)}")
    kind: SeatKind = "expert" if n % 10 == 9 else "agent"
    return SeatView(f"s{n:04d}", "logged_out", START, 0, frozenset(skills), kind)


def load_by_hour(calls: list[Caller]) -> np.ndarray:
    """Erlang in each hour: seconds of work that arrive, over the hour."""
    work = np.zeros(24)
    for call in calls:
        work[min(23, int(call.at // 3600))] += call.busy_s
    return work / 3600
