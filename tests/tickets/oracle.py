"""Deadlines another way: the working days are written out as one list from the printed notices, and a term is an index into it.

Shares no code with the product: no calendar package, no day-by-day walk, terms typed again from the documents.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))

OFF = {
    2024: "0101 0210-0217 0404-0406 0501-0505 0610 0915-0917 1001-1007",
    2025: "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
    2026: "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
    2027: "0101 0205-0208 0405 0501 0502 0609 0915 1001-1003",
    2028: "0101 0125-0128 0404 0501 0502 0528 1001-1003",
}
"""2024-2026: 国务院办公厅关于各年部分节假日安排的通知; 2027-2028: the days of 全国年节及纪念日放假办法 art. 2 from the almanac."""
WORKED = {
    2024: "0204 0218 0407 0428 0511 0914 0929 1012",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}
OFFICE = ((8.5, 12.0), (14.0, 17.5))
"""Office hours under the readings that need them."""

TERMS = {
    # what the documents say, typed again: profile stage type [flag] -> term
    "heyuan dispatch": "1w", "heyuan dispatch --multi-unit": "2d", "heyuan return": "1w",
    "heyuan handle consult": "2w", "heyuan handle help": "5w", "heyuan handle complaint": "10w",
    "heyuan handle report": "10w", "heyuan handle suggestion": "10w", "heyuan handle economic": "30w",
    "heyuan supervise": "2w",
    "yanji sign": "1h", "yanji return": "1w", "yanji return --on-site": "2w", "yanji handle consult": "1w",
    "yanji handle consult --complex": "3w", "yanji handle help": "3w", "yanji handle complaint": "3w",
    "yanji handle report": "3w", "yanji handle suggestion": "3w",
}  # fmt: skip
CARDS = {
    "sign": (1, 2, 3), "handle consult": (1, 2, 3), "handle help": (2, 5, 6), "handle complaint": (9, 10, 11),
    "handle report": (9, 10, 11), "handle suggestion": (9, 10, 11), "handle economic": (29, 30, 31),
}  # fmt: skip


def _days(year: int, text: str) -> set[date]:
    found: set[date] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        one, other = (date(year, int(t[:2]), int(t[2:])) for t in (first, last or first))
        found |= {date.fromordinal(n) for n in range(one.toordinal(), other.toordinal() + 1)}
    return found


def _working() -> list[date]:
    off = set().union(*(_days(year, text) for year, text in OFF.items()))
    worked = set().union(*(_days(year, text) for year, text in WORKED.items()))
    every = (date.fromordinal(n) for n in range(date(2024, 1, 1).toordinal(), date(2029, 1, 1).toordinal()))
    return [day for day in every if day in worked or (day.isoweekday() < 6 and day not in off)]


WORKING = _working()


@dataclass(frozen=True, slots=True)
class Answer:
    due: datetime | None
    cards: tuple[datetime, ...] = ()
    deemed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """As a row of deadlines.tsv asks it; `switches` name -> reading."""

    profile: str
    stage: str
    type: str
    start: datetime
    flags: str = ""
    switches: dict[str, str] = field(default_factory=dict)


def answer(asked: Question) -> Answer:
    """Due, cards and deemed acceptance of a question of heyuan or yanji."""
    start, read = asked.start.astimezone(CHINA), asked.switches
    stage, type = asked.stage, asked.type
    if type == "economic" and read.get("economic") == "as_report":
        type = "report"
    if stage == "redo":  # 001 15: 按原工单类型时限要求办理; 002 gives no limit
        stage = "handle" if asked.profile == "heyuan" else "none"
    keys = [f"{asked.profile} {stage} {type}", f"{asked.profile} {stage}"]
    terms = [TERMS[f"{key} {asked.flags}".strip()] for key in keys if f"{key} {asked.flags}".strip() in TERMS]
    term = (terms or [TERMS[key] for key in keys if key in TERMS] or [""])[0]
    if term == "5w" and read.get("help_due") == "usual":
        term = "3w"
    heyuan = asked.profile == "heyuan"
    deemed = _midnight(_roll(start, 1, read)) if heyuan and stage in ("sign", "return") else None
    numbers = CARDS.get(f"{stage} {type}", CARDS.get(stage, ())) if heyuan else ()
    cards = tuple(_card(start, n, read) for n in numbers)
    if deemed and read.get("cards_after_deemed") == "stop":
        cards = tuple(card for card in cards if card < deemed)
    return Answer(_due(start, term, read) if term else None, cards, deemed)


def _due(start: datetime, term: str, read: dict[str, str]) -> datetime:
    number, unit = int(term[:-1]), term[-1]
    if unit == "h":
        return (
            _office(start, number)
            if read.get("hour_terms") == "office_hours"
            else start + timedelta(hours=number)
        )
    day = _nth(start.date(), number) if unit == "w" else _roll(start, number, read)
    if read.get("term_ends") == "close_of_business":
        return datetime(day.year, day.month, day.day, 17, 30, tzinfo=CHINA)
    return _midnight(day)


def _nth(day: date, number: int) -> date:
    return WORKING[bisect_right(WORKING, day) + number - 1]


def _roll(start: datetime, number: int, read: dict[str, str]) -> date:
    if read.get("days") == "working":
        return _nth(start.date(), number)
    return WORKING[bisect_left(WORKING, date.fromordinal(start.date().toordinal() + number))]


def _midnight(day: date) -> datetime:
    after = date.fromordinal(day.toordinal() + 1)
    return datetime(after.year, after.month, after.day, tzinfo=CHINA)


def _card(start: datetime, number: int, read: dict[str, str]) -> datetime:
    day = _nth(start.date(), number)
    if read.get("card_moment") == "n_times_24h" and start.date() in WORKING:
        return start.replace(year=day.year, month=day.month, day=day.day)
    return _midnight(day)


def _office(start: datetime, hours: int) -> datetime:
    """Minute by minute."""
    left, moment = hours * 60, start
    while True:
        clock = moment.hour + moment.minute / 60
        if moment.date() in WORKING and any(a <= clock < b for a, b in OFFICE):
            left -= 1
        moment += timedelta(minutes=1)
        if left == 0:
            return moment
