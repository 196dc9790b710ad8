"""The ticket benchmark's figures as a table for the terminal and as a part of bench/README.md."""

from datetime import UTC, datetime
from typing import Any

from bench.page import PAGE

BEGIN, END = "<!-- tickets figures begin -->", "<!-- tickets figures end -->"


def table(result: dict[str, Any]) -> str:
    """Markdown: machine, rates, sweeps, lists."""
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    rows = [
        "| database | open | filings/s | plain inserts/s | filing ÷ plain | transitions/s | swept/s | look with nothing due ms "
        "| naive look ms | naive ÷ look |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {r['database']} | {r['open']} | {r['filings']} | {r['plain']} | {r['filing_to_plain']} | {r['transitions']} | {r['swept']} "
        f"| {r['idle_ms']} | {r['naive_ms']} | {r['naive_to_idle']} |"
        for r in result["runs"]
    ]
    lists = ["| database | open | list | found | ms | plan |", "|---|---|---|---|---|---|"]
    lists += [
        f"| {r['database']} | {r['open']} | {one['list']} | {one['found']} | {one['ms']} | {one['plan']} |"
        for r in result["runs"]
        for one in r["lists"]
    ]
    return "\n".join([machine, "", *rows, "", *lists])


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")
