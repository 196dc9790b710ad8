"""The routing benchmark's figures as a table for the terminal and as a part of bench/README.md."""

from datetime import UTC, datetime
from typing import Any

from bench.page import PAGE

BEGIN, END = "<!-- acd figures begin -->", "<!-- acd figures end -->"


def targets(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked for, what was seen."""
    runs, control = result["day"]["runs"], result["control"]
    ours, idle = runs["skills"], runs["longest idle only"]
    return [
        _target("the day in under 5 minutes on one core", f"{ours['seconds']} s", ours["seconds"] < 300),
        _target(
            "a decision under 1 ms at p99, floor look-up included",
            f"p50 {ours['decision_p50_us']} µs, p99 {ours['decision_p99_us']} µs, {ours['decisions']} decisions",
            ours["decision_p99_us"] < 1000,
        ),
        _target(
            "one skill: within 1 point of Erlang C, answered within 15 s",
            f"{control['simulated']:.2%} simulated, {control['erlang_c']:.2%} Erlang C",
            control["points_apart"] <= 1,
        ),
        _target(
            "forty skills: better than longest-idle-only on the same calls",
            f"within 15 s {ours['within_15_s']:.1%} against {idle['within_15_s']:.1%}, "
            f"a seat that knows the matter {ours['skilled']:.1%} against {idle['skilled']:.1%}, "
            f"mean wait {ours['mean_wait_s']} s against {idle['mean_wait_s']} s",
            ours["within_15_s"] > idle["within_15_s"] and ours["skilled"] > idle["skilled"],
        ),
    ]


def _target(what: str, seen: str, met: bool) -> dict[str, Any]:
    return {"what": what, "seen": seen, "met": bool(met)}


def table(result: dict[str, Any]) -> str:
    """Markdown: machine, targets, runs, control."""
    day, control = result["day"], result["control"]
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    aims = ["| target | seen | met |", "|---|---|---|"]
    aims += [f"| {t['what']} | {t['seen']} | {'yes' if t['met'] else '**no**'} |" for t in result["targets"]]
    rows = [
        "| rule | within 15 s | answered | hung up | mean wait s | p99 wait s | skilled seat | occupancy "
        "| decisions | p50 µs | p99 µs | run s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {name} | {f['within_15_s']:.1%} | {f['answered']:.1%} | {f['gave_up']:.1%} | {f['mean_wait_s']} "
        f"| {f['p99_wait_s']} | {f['skilled']:.1%} | {f['occupancy']:.1%} | {f['decisions']} "
        f"| {f['decision_p50_us']} | {f['decision_p99_us']} | {f['seconds']} |"
        for name, f in day["runs"].items()
    ]
    about = (
        f"{day['calls']} calls, {day['seats']} seats, {day['skills']} skills, {day['peak_erlang']} Erlang in the "
        f"busiest hour, seed {result['seed']}; a seat that lacks what the caller wanted is kept {day['unskilled']} times as long."
    )
    check = (
        f"Control: {control['seats']} seats, {control['erlang']} Erlang, {control['handle_s']:.0f} s, {control['calls']} "
        f"decisions in {len(control['runs'])} runs ({', '.join(f'{share:.2%}' for share in control['runs'])}): "
        f"{control['simulated']:.2%} answered within 15 s, Erlang C {control['erlang_c']:.2%}, "
        f"{control['points_apart']} points apart."
    )
    return "\n".join([machine, "", *aims, "", about, "", *rows, "", check])


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")
