"""Every test of this folder serves one clause and is named by it; docs/conformance.md is written from them.

`PYTHONPATH=. python -m tests.tickets.conformance.rules` runs them all and writes it; a test fails while it is stale.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.policies import load
from core.policy import CIVIL_CODE
from core.policy_parts import StageName, TicketType
from tests.tickets.desk import CALENDAR, at, under
from tickets.clock import words
from tickets.explain import Explanation, explain

Check = Callable[[], None]
MODULES = (
    "test_heyuan",
    "test_heyuan_control",
    "test_heyuan_account",
    "test_yanji",
    "test_yanji_assessment",
    "test_yanji_account",
    "test_henan",
    "test_chenzhou",
    "test_jiayuguan",
    "test_life",
    "test_lived",
    "test_ways",
    "test_register",
    "test_secrecy",
    "test_law",
)
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"
STATUTE = "放假办法"
TITLES = {CIVIL_CODE: "中华人民共和国民法典", STATUTE: "全国年节及纪念日放假办法（2024年修订）"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the clause (`001 10(三)`), what it orders in a few words, and the test. `stated`: the pack says it, no step obeys it yet."""

    clause: str
    rule: str
    check: Check
    stated: bool = False

    @property
    def test(self) -> str:
        return f"{self.check.__module__.rpartition('.')[2]}::{self.check.__name__}"


RULES: list[Rule] = []


def clause(ref: str, rule: str) -> Callable[[Check], Check]:
    """Marks the test of a clause that the clock or the lifecycle obeys; its name begins with the clause's numbers."""
    return _mark(ref, rule, stated=False)


def stated(ref: str, rule: str) -> Callable[[Check], Check]:
    """Marks the test of a clause that the policy pack states, for parts of the product that are still to obey it."""
    return _mark(ref, rule, stated=True)


def _mark(ref: str, rule: str, *, stated: bool) -> Callable[[Check], Check]:
    def mark(check: Check) -> Check:
        RULES.append(Rule(ref, rule, check, stated))
        return check

    return mark


def asked(
    profile: str, stage: StageName, type: TicketType, start: str, flags: str = "", switches: str = ""
) -> Explanation:
    """What the profile says, the clock started at `start` in China."""
    return explain(
        under(profile, switches),
        stage,
        type,
        at(start),
        calendar=CALENDAR,
        multi_unit="--multi-unit" in flags,
        on_site="--on-site" in flags,
        complex="--complex" in flags,
    )


def due(
    profile: str, stage: StageName, type: TicketType, start: str, flags: str = "", switches: str = ""
) -> str:
    """The deadline in people's words; '' for none."""
    found = asked(profile, stage, type, start, flags, switches).due
    return words(found) if found else ""


def cards(profile: str, stage: StageName, type: TicketType, start: str, switches: str = "") -> str:
    """When warning, yellow and red fall, in people's words."""
    return " ".join(words(card.at) for card in asked(profile, stage, type, start, "", switches).cards)


def collected() -> list[Rule]:
    """Every rule, document by document as the modules stand."""
    for name in MODULES:
        importlib.import_module(f"tests.tickets.conformance.{name}")
    place = {f"tests.tickets.conformance.{name}": n for n, name in enumerate(MODULES)}
    return sorted(RULES, key=lambda rule: place[rule.check.__module__])


def result(rule: Rule) -> str:
    """Run it."""
    try:
        rule.check()
    except AssertionError:
        return "不符"
    return "已载明" if rule.stated else "符合"


def written() -> str:
    """docs/conformance.md as the tests are now."""
    titles = TITLES | {key: title for city in ("henan", "heyuan", "yanji", "chenzhou", "jiayuguan") for key, title in load(city).documents.items()}  # fmt: skip
    head = [
        "# 条文符合性 · Conformance",
        "",
        "Written by `PYTHONPATH=. python -m tests.tickets.conformance.rules` from the tests in `tests/tickets/conformance/`; not edited by hand.",
        "Each row is one clause that the policy packs serve: what it orders, the test that shows it, and how that test ended:",
        "符合: the clock or the ticket's life does so; 已载明: the pack states it with its clause, and no step obeys it yet; 不符: the test fails.",
    ]
    return "\n".join([*head, *_tables(titles)]) + "\n"


def _tables(titles: dict[str, str]) -> Iterator[str]:
    last = ""
    for rule in collected():
        document, _, article = rule.clause.partition(" ")
        if document != last:
            yield from (
                "",
                f"## {document} {titles[document]}",
                "",
                "| 条款 | 规则 | 测试 | 结果 |",
                "|---|---|---|---|",
            )
            last = document
        yield f"| {article} | {rule.rule} | `{rule.test}` | {result(rule)} |"


if __name__ == "__main__":
    from tests.tickets.conformance import rules  # the module the tests register with, not this __main__

    DOCUMENT.write_text(rules.written(), encoding="utf-8")
