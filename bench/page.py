"""Figures as a table for the terminal and as bench/README.md."""

import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"
WHAT = {
    "a": "pure dialplan: answer, 0.1 s prompt, hang up",
    "b": "the same, asked through our FastAGI (1 question a call), no records",
    "b+": "the same through the product's own dialplan, which also tells the end of the call (2 questions), no records",
    "c at N/s": "the product at N calls/s offered: 3 prompts, a seat rings and answers, the talk is recorded, all in SQL",
}


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked for, what was seen."""
    a, b = (statistics.median(_rates(result, mode)) for mode in ("a", "b"))
    cpu = _cpu(result, "a") / _cpu(result, "b")
    steady = [f for f in result["figures"] if f["mode"].startswith("c at ")]
    ring = result["ring_after_prompts_ms"]
    return [
        _target(
            "(b) at least 0.6 of (a)'s rate",
            f"{b / a if a else 0:.2f} by calls/s, {cpu:.2f} by CPU per call",
            b >= 0.6 * a > 0 and cpu >= 0.6,
        ),
        _target(
            "(c) 50 calls/s sustained, none failed",
            "; ".join(
                f"{f['mode'][5:]}: {f['rate']}/s, {f['failed']} failed{'' if f['whole'] else ', not all kept'}"
                for f in steady
            ),
            any(f["rate"] >= 49 and f["whole"] for f in steady),
        ),
        _target(
            "seat rings within 300 ms (p99) of the prompts' end at 10 calls/s",
            f"p50 {ring.get('p50')} ms, p99 {ring.get('p99')} ms, {ring['measured']} calls",
            ring["measured"] > 50 and ring["failed"] == 0 and ring["p99"] <= 300,
        ),
    ]


def _target(what: str, seen: Any, met: bool) -> dict[str, Any]:
    return {"what": what, "seen": seen, "met": bool(met)}


def _rates(result: dict[str, Any], mode: str) -> list[float]:
    return [f["rate"] for f in result["figures"] if f["mode"] == mode] or [0.0]


def _cpu(result: dict[str, Any], mode: str) -> float:
    """Median CPU milliseconds per call of Asterisk, our Python and sipp together."""
    found = [f["asterisk_ms"] + f["python_ms"] + f["sipp_ms"] for f in result["figures"] if f["mode"] == mode]
    return float(statistics.median(found))


def table(result: dict[str, Any]) -> str:
    """Markdown: machine, windows, questions, targets."""
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    rows = [
        "| mode | calls/s | completed | failed | SIP repeats | most at once | Asterisk ms/call | our Python ms/call "
        "| sipp ms/call | other programs |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {f['mode']} | {f['rate']:g} | {f['completed']} | {f['failed']} | {f['repeated']} | {f['most_at_once']} "
        f"| {f['asterisk_ms']} | {f['python_ms']} | {f['sipp_ms']} | {f['others']:.0%} |"
        for f in result["figures"]
    ]
    questions = ["| mode | question | asked | p50 ms | p99 ms |", "|---|---|---|---|---|"]
    questions += [
        f"| {mode} | {name} | {q['count']} | {q['p50']} | {q['p99']} |"
        for mode, asked in result["questions"].items()
        for name, q in asked.items()
    ]
    aims = ["| target | seen | met |", "|---|---|---|"]
    aims += [f"| {t['what']} | {t['seen']} | {'yes' if t['met'] else '**no**'} |" for t in result["targets"]]
    legend = [f"- **{mode}**: {what}" for mode, what in WHAT.items()]
    kept = [
        "| mode | calls written | ended | answered by a seat | recorded | events |",
        "|---|---|---|---|---|---|",
    ]
    kept += [
        f"| {f['mode']} | " + " | ".join(str(value) for value in f["records"].values()) + " |"
        for f in result["figures"]
        if f["records"]
    ]
    return "\n".join(
        [
            machine,
            "",
            *aims,
            "",
            *legend,
            "",
            *rows,
            "",
            *kept,
            "",
            *questions,
        ]
    )


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")
