"""Which cards had to fall, and when: from what people did, the documents' terms and the printed calendar, another way than the product.

Shares no code with the house's clock: terms and working days are those of tests/tickets/oracle.py, typed again from the documents.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bench.city.people import Done
from core.policy_parts import TicketType
from tests.tickets.oracle import CHINA, WORKING, Question, answer

_TICK = timedelta(microseconds=1)
_CARDS = {
    "consult": (1, 2, 3), "help": (2, 5, 6), "complaint": (9, 10, 11), "report": (9, 10, 11), "suggestion": (9, 10, 11),
    "economic": (29, 30, 31),
}  # fmt: skip
_TERM = {"consult": 2, "help": 5, "complaint": 10, "report": 10, "suggestion": 10, "economic": 30}
_COLOURS = ("warning", "yellow", "red")
_HEYUAN = ("heyuan", "demo")


@dataclass(frozen=True, slots=True)
class Fall:
    """`sign`: a colour, or overdue."""

    at: datetime
    stage: str
    sign: str


@dataclass(slots=True)
class Ruling:
    """What had to come of one ticket. `deemed`: moments of deemed acceptance that had to be seen; `due`: of its last clock."""

    falls: list[Fall] = field(default_factory=list)
    deemed: list[datetime] = field(default_factory=list)
    due: datetime | None = None


@dataclass(slots=True)
class _Clock:
    stage: str
    start: datetime
    due: datetime | None
    cards: tuple[datetime, ...] = ()
    fallen: frozenset[str] = frozenset()
    """Signs that fell before a reply which was then rejected: days given back do not bring them back, a new deadline does."""

    def moments(self) -> list[tuple[str, datetime]]:
        """What may still fall, and when."""
        found = list(zip(_COLOURS[-len(self.cards) :] if self.cards else (), self.cards, strict=True))
        found += [("overdue", self.due)] if self.due else []
        return [(sign, at) for sign, at in found if sign not in self.fallen]


class Judge:
    """One ticket under one profile. `relation`: to its parent, where it has one."""

    def __init__(self, profile: str, type_: TicketType, kinds: dict[str, bool], relation: str | None) -> None:
        self._type, self._relation = type_, relation
        self._rules = "heyuan" if profile in _HEYUAN else profile
        self._multi, self._complex = kinds.get("multi_unit", False), kinds.get("complex", False)
        self._redone = 0
        self._clocks: dict[str, _Clock] = {}
        self._rest: dict[str, _Clock] = {}
        self._deemed_at: datetime | None = None
        self._replied: datetime | None = None
        self._ruling = Ruling()

    def rule(self, done: list[Done], end: datetime) -> Ruling:
        """`done`: in order; `end`: until when the alarms were looked at."""
        seen = done[0].at - _TICK
        for deed in done:
            self._pass(seen, deed.at)
            seen = deed.at
            self._do(deed)
        self._pass(seen, end)
        return self._ruling

    # --- time passes --------------------------------------------------------------------------------------------------

    def _pass(self, since: datetime, until: datetime) -> None:
        for clock in self._clocks.values():
            moments = clock.moments()
            self._ruling.falls += [Fall(at, clock.stage, sign) for sign, at in moments if since < at <= until]
        silent = self._deemed_at
        if silent is not None and since < silent <= until:
            self._ruling.deemed.append(silent)
            self._deemed_at = None

    # --- deeds --------------------------------------------------------------------------------------------------------

    def _do(self, deed: Done) -> None:
        match deed.action:
            case "raise":
                self._raised(deed)
            case "dispatch" | "decide":
                self._dispatched(deed)
            case "return":
                self._deemed_at = None
                self._clocks = {"dispatch": _Clock("dispatch", deed.at, self._dispatch_due(deed.at))}
            case "dispute":
                self._multi = True
                start = self._clocks["dispatch"].start
                self._clocks = {"dispatch": _Clock("dispatch", start, self._dispatch_due(start))}
            case "sign":
                self._deemed_at = None
                self._clocks.pop("sign", None)
            case "grant_extension":
                self._granted(deed)
            case "reply":
                self._rest, self._clocks, self._replied = self._clocks, {}, deed.at
            case "reject":
                self._rejected(deed)
            case "redo":
                self._redone += 1
                self._work("redo", deed)
            case "withdraw" | "merge" | "resolve":
                self._clocks, self._deemed_at = {}, None
        if deed.action in ("withdraw", "merge"):
            self._ruling.due = None
        elif (clock := next(reversed(self._clocks.values()), None)) is not None:
            self._ruling.due = clock.due

    def _raised(self, deed: Done) -> None:
        if deed.facts["exit"] in ("file", "dispatch"):
            self._clocks = {"dispatch": _Clock("dispatch", deed.at, self._dispatch_due(deed.at))}
        if deed.facts["exit"] == "dispatch":
            self._dispatched(deed)

    def _dispatched(self, deed: Done) -> None:
        self._clocks = {}
        if self._relation != "supervision":
            sign = answer(Question(self._rules, "sign", self._type, deed.at))
            self._clocks["sign"] = _Clock("sign", deed.at, sign.due, sign.cards)
            self._deemed_at = sign.deemed
        self._work(
            "supervise" if self._relation == "supervision" else "redo" if self._redone else "handle", deed
        )

    def _work(self, stage: str, deed: Done) -> None:
        """The unit's own clock, by the rules or as the office named it."""
        if stage == "redo":
            self._clocks.pop("sign", None)
        flags = "--complex" if self._complex and self._rules == "yanji" and self._type == "consult" else ""
        found = answer(Question(self._rules, stage, self._type, deed.at, flags))
        clock = _Clock(stage, deed.at, found.due, found.cards)
        if until := deed.facts.get("until"):
            clock.due = datetime.fromisoformat(until).astimezone(CHINA)
            clock.cards = self._apart(clock)
        self._clocks[stage] = clock
        self._rest = {}

    def _granted(self, deed: Done) -> None:
        name, clock = next(reversed(self._clocks.items()))
        assert clock.due is not None
        if until := deed.facts.get("until"):
            due = datetime.fromisoformat(until).astimezone(CHINA)
        else:  # the demo city's five working days after the old deadline
            due = _midnight(WORKING[bisect_right(WORKING, _last(clock.due)) + 4])
        moved = _Clock(clock.stage, clock.start, due)
        moved.cards = self._apart(moved)
        self._clocks[name] = moved

    def _rejected(self, deed: Done) -> None:
        """The unit works on: the days at the office are given back after a reply in time; what came due meanwhile falls now."""
        name, clock = next(reversed(self._rest.items()))
        replied = self._replied
        assert replied is not None
        gone = frozenset(sign for sign, at in clock.moments() if clock.start < at <= replied)
        back = _Clock(clock.stage, clock.start, clock.due, clock.cards, clock.fallen | gone)
        if clock.due is not None and replied < clock.due:
            back.due = _given_back(
                clock.due, replied.astimezone(CHINA).date(), deed.at.astimezone(CHINA).date()
            )
            if back.due != clock.due:
                back.cards = self._apart(back)
        missed = [(sign, at) for sign, at in back.moments() if back.start < at <= deed.at]
        self._ruling.falls += [Fall(deed.at, back.stage, sign) for sign, _ in missed]
        back.fallen |= {sign for sign, _ in missed}
        self._clocks = {name: back}

    def _apart(self, clock: _Clock) -> tuple[datetime, ...]:
        """Each card keeps its distance from a deadline that was moved or named; a colour that would fall before the start is left out."""
        if self._rules != "heyuan" or clock.stage == "supervise" or clock.due is None:
            return ()
        last, term = _last(clock.due), _TERM[self._type]
        found = [_midnight(_shifted(last, number - term)) for number in _CARDS[self._type]]
        return tuple(at if at > clock.start else clock.start for at in found)

    def _dispatch_due(self, at: datetime) -> datetime | None:
        return answer(
            Question(self._rules, "dispatch", self._type, at, "--multi-unit" if self._multi else "")
        ).due


def _given_back(due: datetime, replied: date, rejected: date) -> datetime:
    """As many working days as lay between, and at least the next working day where a night passed."""
    if rejected <= replied:
        return due
    last = _last(due)
    lay = bisect_right(WORKING, rejected) - bisect_right(WORKING, replied)
    moved = max(_shifted(last, lay), _shifted(rejected, 1))
    return due + (moved - last)


def _last(due: datetime) -> date:
    return (due.astimezone(CHINA) - _TICK).date()


def _shifted(day: date, working_days: int) -> date:
    if working_days > 0:
        return WORKING[bisect_right(WORKING, day) + working_days - 1]
    return WORKING[bisect_left(WORKING, day) + working_days] if working_days else day


def _midnight(day: date) -> datetime:
    after = date.fromordinal(day.toordinal() + 1)
    return datetime(after.year, after.month, after.day, tzinfo=CHINA)
