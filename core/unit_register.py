"""What the register says of a responsible unit: who leads, which section, who handles, who keeps its knowledge. Pure.

Source: Heyuan 4(一) (分管领导、工作机构、专职人员), 25 (专门的信息采编员); Yanji 7 (负责人, 1名以上专（兼）职人员; 如遇人员变动，需及时报),
annex 一 (组织机构 4 points) and 三 (telephones); Chenzhou 二(三)13 (机构、人员和职责).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from core.errors import BadInput
from core.events import Event
from core.reachability import KINDS, Kind

Duty = Literal["leader", "handler", "editor"]
Action = Literal["added", "changed", "removed"]
What = Literal["leader", "handler", "editor", "section", "division", "parent", "phone"]
Lack = Literal[
    "leader", "section", "handler", "editor", "fixed_phone", "leader_phone", "handler_phone", "duty_phone"
]
DUTIES: tuple[Duty, ...] = get_args(Duty)
ACTIONS: tuple[Action, ...] = get_args(Action)
LACKS: tuple[Lack, ...] = get_args(Lack)
DUTY_NAMES: dict[Duty, str] = {"leader": "分管领导", "handler": "经办人", "editor": "采编员"}
KIND_NAMES: dict[Kind, str] = {
    "fixed": "联线电话", "leader": "分管领导手机", "handler": "经办人手机", "duty": "值班室", "editor": "采编员电话",
}  # fmt: skip
LACK_NAMES: dict[Lack, str] = {
    "leader": "分管领导", "section": "承办科室", "handler": "经办人", "editor": "信息采编员", "fixed_phone": "联线电话",
    "leader_phone": "分管领导手机", "handler_phone": "经办人手机", "duty_phone": "值班室电话",
}  # fmt: skip
CLAUSES: dict[Lack, str] = {
    "leader": "001 4(一)；002 附一(一)", "section": "001 4(一)；002 附一(一)", "handler": "002 7；002 附一(二)",
    "editor": "001 25", "fixed_phone": "002 附三(二)", "leader_phone": "002 附三(三)", "handler_phone": "002 附三(三)",
    "duty_phone": "000 三(四)",
}  # fmt: skip
STAFF: frozenset[str] = frozenset(DUTIES)
"""Changes of these are changes of people, which a unit reports to the hotline office (002 7)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a unit. `login`: what they log in with, '' where they do not."""

    duty: Duty
    name: str = field(repr=False)
    post: str = field(default="", repr=False)
    login: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of a unit; `holder`: whose."""

    kind: Kind
    number: str = field(repr=False)
    holder: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """A unit's whole entry. `division`: where it belongs, `parent`: the unit above it; None where not said."""

    code: str
    section: str = ""
    division: str | None = None
    parent: str | None = None
    people: tuple[Person, ...] = ()
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What of a unit's entry is to change; None: it stays as it is, '' or an empty tuple: it is taken out."""

    section: str | None = None
    division: str | None = None
    parent: str | None = None
    people: tuple[Person, ...] | None = None
    phones: tuple[Phone, ...] | None = None

    def onto(self, was: UnitEntry) -> UnitEntry:
        """The whole entry after it."""
        return UnitEntry(
            was.code,
            was.section if self.section is None else self.section,
            was.division if self.division is None else self.division or None,
            was.parent if self.parent is None else self.parent or None,
            was.people if self.people is None else self.people,
            was.phones if self.phones is None else self.phones,
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """One change from an entry to another, in words for the record."""

    what: What
    action: Action
    before: str | None = field(default=None, repr=False)
    after: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UnitChanged(Event):
    """A unit's entry changed; `staff`: its people did, which the hotline office learns by this. Names stay in the register."""

    name: ClassVar[str] = "unit.changed"
    unit: str
    what: What
    action: Action
    staff: bool

    @property
    def subject(self) -> str:
        return self.unit


def check(entry: UnitEntry) -> None:
    """Raises BadInput: somebody twice in one duty, a number twice of one kind, the unit above itself, unknown kinds."""
    if entry.parent == entry.code:
        raise BadInput(f"单位 {entry.code} 不能是自己的上级")
    for one in entry.people:
        if one.duty not in DUTIES:
            raise BadInput(f"没有“{one.duty}”这种职责；可用：{'、'.join(DUTIES)}")
    for phone in entry.phones:
        if phone.kind not in KINDS:
            raise BadInput(f"没有“{phone.kind}”这种号码；可用：{'、'.join(KINDS)}")
    if twice := _twice((one.duty, one.name) for one in entry.people):
        raise BadInput(f"{DUTY_NAMES[twice[0]]}中同一人出现两次")  # type: ignore[index]
    if twice := _twice((one.kind, one.number) for one in entry.phones):
        raise BadInput(f"{KIND_NAMES[twice[0]]}中同一号码出现两次")  # type: ignore[index]


def _twice(keys: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    seen = set[tuple[str, str]]()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def differences(before: UnitEntry, after: UnitEntry) -> list[Difference]:
    """What changed, people first; the same entry gives nothing."""
    found = [*_people(before, after), *_phones(before, after)]
    for what in ("section", "division", "parent"):
        was, now = getattr(before, what) or None, getattr(after, what) or None
        if was != now:
            action: Action = "added" if was is None else "removed" if now is None else "changed"
            found.append(Difference(what, action, was, now))
    return found


def _people(before: UnitEntry, after: UnitEntry) -> Iterator[Difference]:
    was = {(one.duty, one.name): one for one in before.people}
    now = {(one.duty, one.name): one for one in after.people}
    for key in [*was, *(key for key in now if key not in was)]:
        old, new = was.get(key), now.get(key)
        if old != new:
            yield Difference(
                key[0], _action(old, new), said(old) if old else None, said(new) if new else None
            )


def _phones(before: UnitEntry, after: UnitEntry) -> Iterator[Difference]:
    was = {(one.kind, one.number): one for one in before.phones}
    now = {(one.kind, one.number): one for one in after.phones}
    for key in [*was, *(key for key in now if key not in was)]:
        old, new = was.get(key), now.get(key)
        if old != new:
            yield Difference(
                "phone", _action(old, new), rung(old) if old else None, rung(new) if new else None
            )


def _action(old: object, new: object) -> Action:
    return "added" if old is None else "removed" if new is None else "changed"


def said(one: Person) -> str:
    """A person in words: 经办人 张三（科员，登录名 zs）."""
    more = "，".join(filter(None, (one.post, f"登录名 {one.login}" if one.login else "")))
    return f"{DUTY_NAMES[one.duty]} {one.name}{f'（{more}）' if more else ''}"


def rung(one: Phone) -> str:
    """A number in words: 联线电话 07352871234（张三）."""
    return f"{KIND_NAMES[one.kind]} {one.number}{f'（{one.holder}）' if one.holder else ''}"


def lacks(section: str, duties: Collection[str], kinds: Collection[str]) -> tuple[Lack, ...]:
    """What a unit's entry lacks, given the duties somebody has and the kinds of number there are."""
    return tuple(
        lack
        for lack in LACKS
        if not (
            bool(section.strip())
            if lack == "section"
            else lack.removesuffix("_phone") in kinds
            if lack.endswith("_phone")
            else lack in duties
        )
    )
