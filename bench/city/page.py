"""The city's figures as a table for the terminal and as a part of bench/README.md."""

from datetime import UTC, datetime
from typing import Any

from bench.page import PAGE

BEGIN, END = "<!-- city figures begin -->", "<!-- city figures end -->"


def table(result: dict[str, Any]) -> str:
    """Markdown: machine, a row per year, what was refused, what was wrong."""
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    rows = [
        "| profile | database | tickets asked | tickets | steps | events | cards | notices | refused | year s | CPU s "
        "| checks s | CPU ms a deed | commit | load | wrong |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {y['profile']} | {y['database']} | {y['asked']} | {y['seen']['tickets']} | {y['seen']['steps']} "
        f"| {y['seen']['events']} | {y['seen'].get('cards', 0)} | {y['seen'].get('notices', 0)} | {sum(y['refused'].values())} "
        f"| {y['year_s']} | {y['cpu_s']} | {y['checks_s']} | {y['deed_ms']} | {y['commit']} | {y['load']} | {'**' + '; '.join(y['wrong']) + '**' if y['wrong'] else 'nothing'} |"
        for y in result["years"]
    ]
    return "\n".join([machine, "", *rows])


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")
