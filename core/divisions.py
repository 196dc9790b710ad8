"""行政区划: the tree of province, city, county, town and village, and who stands within whom. Pure.

Codes are GB/T 2260 (six digits) down to the county and the statistical codes (GB/T 10114) below it; parents are written down,
never guessed from digits: a county-level city run by its province sits where its code does not say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import BadInput, NotFound

Level = Literal["province", "city", "county", "town", "village"]
LEVELS: tuple[Level, ...] = get_args(Level)
LEVEL_NAMES: dict[Level, str] = {
    "province": "省", "city": "市", "county": "县", "town": "乡", "village": "村",
}  # fmt: skip


class UnknownDivision(NotFound):
    """No division of that code in the tree."""

    code = "unknown_division"


class BadDivisions(BadInput):
    """The divisions do not make a tree; the text says which one and why."""

    code = "bad_divisions"


@dataclass(frozen=True, slots=True)
class Division:
    """One place. `parent`: code of the division above, None at the top; `source`: where code and name are from.

    policy: the profile its hotline office hands work down and assesses by (Heyuan 4(三)); '' for the rules from above.
    """

    code: str
    name: str
    level: Level
    parent: str | None = None
    source: str = ""
    policy: str = ""


class Tree:
    """Divisions by code. `home`: the place whose hotline this is; units that name no place belong to it.

    `units`: code of a unit -> where it belongs, as the city's file has it.
    """

    def __init__(
        self, divisions: Iterable[Division] = (), home: str = "", units: Mapping[str, str] | None = None
    ) -> None:
        """Raises BadDivisions: a code twice, an unknown parent, a level not below its parent's, a home that is not there."""
        self._all: dict[str, Division] = {}
        self._below: dict[str, list[str]] = {}
        for one in divisions:
            if one.code in self._all:
                raise BadDivisions(f"{one.code}：出现两次")
            self._all[one.code] = one
        for one in self._all.values():
            self._check(one)
            self._below.setdefault(one.parent or "", []).append(one.code)
        if home and home not in self._all:
            raise BadDivisions(f"home：没有区划 {home}")
        self.home, self.units = home, dict(units or {})
        for unit, code in self.units.items():
            if code not in self._all:
                raise BadDivisions(f"{code}：没有这个区划，单位 {unit} 无处归属")

    def _check(self, one: Division) -> None:
        if one.parent is None:
            return
        above = self._all.get(one.parent)
        if above is None:
            raise BadDivisions(f"{one.code}：没有上级区划 {one.parent}")
        if LEVELS.index(above.level) >= LEVELS.index(one.level):  # so no way upward is a circle
            raise BadDivisions(
                f"{one.code}：{LEVEL_NAMES[one.level]}级不能在{LEVEL_NAMES[above.level]}级之下"
            )

    def __contains__(self, code: object) -> bool:
        return code in self._all

    def __iter__(self) -> Iterator[Division]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def get(self, code: str) -> Division:
        """Raises UnknownDivision."""
        found = self._all.get(code)
        if found is None:
            raise UnknownDivision(f"没有区划 {code}")
        return found

    def level(self, code: str) -> Level:
        """Raises UnknownDivision."""
        return self.get(code).level

    def path(self, code: str) -> tuple[Division, ...]:
        """From the top down to the division itself. Raises UnknownDivision."""
        way = [self.get(code)]
        while (above := way[-1].parent) is not None:
            way.append(self._all[above])
        return tuple(reversed(way))

    def rules_of(self, code: str | None) -> str:
        """The profile that rules in this place: its own or the nearest above it; '' where none has one or it is not in the tree."""
        if not code or code not in self._all:
            return ""
        return next((one.policy for one in reversed(self.path(code)) if one.policy), "")

    def ancestors(self, code: str) -> tuple[Division, ...]:
        """Those above it, nearest first. Raises UnknownDivision."""
        return tuple(reversed(self.path(code)[:-1]))

    def within(self, code: str | None, root: str) -> bool:
        """Whether `code` is `root` or lies anywhere below it; what is not in the tree lies nowhere."""
        at = self._all.get(code or "")
        while at is not None and at.code != root:
            at = self._all.get(at.parent or "")
        return at is not None

    def children(self, code: str) -> tuple[Division, ...]:
        """The next level down. Raises UnknownDivision."""
        self.get(code)
        return tuple(self._all[below] for below in self._below.get(code, ()))

    def under(self, root: str) -> frozenset[str]:
        """`root` and everything below it, for a query's IN; empty where the tree has no such root."""
        found, waiting = set[str](), [root] if root in self._all else []
        while waiting:
            found.add(code := waiting.pop())
            waiting += self._below.get(code, ())
        return frozenset(found)

    def at_level(self, code: str, level: Level) -> Division | None:
        """The division of that level which `code` lies in: a village's county; None above it. Raises UnknownDivision."""
        return next((one for one in self.path(code) if one.level == level), None)
