"""What the talks benchmark makes of its figures: the ratio, when the target counts as met, the page."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bench import talks
from bench.page import PAGE
from bench.talks import CALLS, Figure, met, ratios, table, trouble

pytestmark = pytest.mark.unit


def figure(mode: str, asterisk_ms: float, python_ms: float = 0.0) -> Figure:
    return Figure(mode, CALLS, 0, CALLS, 25.0, CALLS, asterisk_ms, python_ms, 3.0, asterisk_ms / 20, 0.0, 0.0)


def result(figures: list[Figure], tapped: int = 4 * CALLS) -> dict[str, Any]:
    taps = {"tapped": tapped, "refused": 0, "bytes": 1_000_000, "trouble": {}}
    kept = [asdict(one) | {"whole": one.whole} for one in figures]
    return {"machine": {"cpu": "x"}, "figures": kept, "taps": taps, "ratio": ratios(figures)}


WELL = [
    figure("peer", 100), figure("product", 130, 30), figure("peer", 100), figure("product", 120, 40), figure("untapped", 115),
]  # fmt: skip


def test_the_ratio_is_asterisk_and_service_by_the_peers_asterisk() -> None:
    found = ratios(WELL)
    assert (found["product_call"], found["untapped_call"]) == (1.6, 1.15)
    assert found["product_steady"] == 1.25


def test_the_target_is_met_only_by_whole_batches_with_every_leg_tapped() -> None:
    assert met(result(WELL))
    assert not met(result(WELL, tapped=4 * CALLS - 1))
    assert not met(result([*WELL[:-1], replace(WELL[-1], failed=1)]))
    assert not met(result([figure("peer", 100), figure("product", 171), figure("untapped", 110)]))


def test_the_figures_go_between_the_pages_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{talks.BEGIN}\nold\n{talks.END}\nafter\n")
    monkeypatch.setattr("bench.talks.PAGE", page)
    talks.write(result(WELL))
    text = page.read_text()
    assert (text.startswith("before\n"), text.endswith("\nafter\n"), "old" in text) == (True, True, False)
    assert table(result(WELL)) in text


def test_the_page_has_the_marks() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.index(talks.BEGIN) < text.index(talks.END)


def test_what_the_service_warned_of_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "house.log"
    log.write_text('{"level":"warning","event":"x","reason":"y"}\nplain\n{"level":"info","event":"z"}\n')
    assert trouble(log) == {"x: y": 1}
