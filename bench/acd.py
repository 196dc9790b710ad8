"""A day of a big city through the product's own routing rule, against Erlang C and against longest-idle-only.

`python -m bench.acd [--calls 200000] [--seats 2000] [--write]` prints a table on standard error and one JSON object on
standard output; `--write` also puts the figures into bench/README.md. One core, no network, no database.
"""

import argparse
import json
import statistics
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import acd_page, erlang, machine
from bench.acd_day import SLACK, START, Caller, Shift, callers, load_by_hour, shifts
from bench.acd_hall import Hall, Tally
from routing import RoutingPolicy, SeatView

SEED = 12345
UNSKILLED = 1.25
WITHIN_S = 15.0
OURS = RoutingPolicy(patience_s={"": 20, "lang.": 60})
POOL = RoutingPolicy(patience_s={}, helps_after_s={"agent": 0, "expert": 0})


@dataclass(frozen=True, slots=True)
class Control:
    """A floor of one skill that Erlang C describes: Poisson arrivals, exponential talks, nobody hangs up."""

    seats: int = 20
    erlang: float = 15.0
    handle_s: float = 300.0
    runs: int = 4


def control(plan: Control, count: int, seed: int) -> dict[str, Any]:
    """Share answered within 15 s: simulated, over `runs` independent runs, and from Erlang C."""
    shares, decisions = [], []
    for run in range(plan.runs):
        tally = Hall(POOL, 1.0, patient=True).run(*poisson_floor(plan, count // plan.runs * 2, seed + run))
        settled = tally.waits[len(tally.waits) // 20 :]  # the floor began empty
        shares.append(sum(w <= WITHIN_S for w in settled) / len(settled))
        decisions += tally.decisions
    expected = erlang.answered_within(plan.seats, plan.erlang, plan.handle_s, WITHIN_S)
    seen = statistics.fmean(shares)
    return {
        "seats": plan.seats, "erlang": plan.erlang, "handle_s": plan.handle_s, "calls": len(decisions),
        "runs": [round(share, 4) for share in shares], "simulated": round(seen, 4), "erlang_c": round(expected, 4),
        "points_apart": round(abs(seen - expected) * 100, 2),
    }  # fmt: skip


def poisson_floor(plan: Control, count: int, seed: int) -> tuple[list[Caller], list[Shift]]:
    """Calls and seats of the control run."""
    dice = np.random.default_rng(seed)
    at = np.cumsum(dice.exponential(plan.handle_s / plan.erlang, count))
    busy = dice.exponential(plan.handle_s, count)
    calls = [Caller(n, float(at[n]), (), float(busy[n]), 1e9) for n in range(count)]
    seats = [SeatView(f"s{n}", "logged_out", START, 0) for n in range(plan.seats)]
    return calls, [Shift(seat, 0.0, float(at[-1]) + 1e5) for seat in seats]


def day(count: int, seats: int, seed: int) -> dict[str, Any]:
    """The same calls and shifts four times: our rule and longest-idle-only, with and without a price for the wrong seat."""
    calls = callers(count, seed)
    load = load_by_hour(calls)
    sitting = shifts(seats, load, seed + 1)
    runs = {
        "skills": Hall(OURS, UNSKILLED),
        "longest idle only": Hall(POOL, UNSKILLED, by_skill=False),
        "skills, wrong seat costs nothing": Hall(OURS, 1.0),
        "longest idle only, wrong seat costs nothing": Hall(POOL, 1.0, by_skill=False),
    }
    return {
        "calls": count, "seats": seats, "skills": len({skill for one in sitting for skill in one.seat.skills}),
        "peak_erlang": round(float(load.max())), "slack": SLACK, "unskilled": UNSKILLED,
        "runs": {name: figures(hall.run(calls, sitting)) for name, hall in runs.items()},
    }  # fmt: skip


def figures(tally: Tally) -> dict[str, Any]:
    """A run's figures: shares of the calls offered, waits of those answered, decisions in microseconds."""
    waits, took = np.array(tally.waits), np.array(tally.decisions)
    return {
        "within_15_s": round(float((waits <= WITHIN_S).sum()) / tally.offered, 4),
        "answered": round(len(waits) / tally.offered, 4),
        "gave_up": round(tally.gave_up / tally.offered, 4),
        "mean_wait_s": round(float(waits.mean()), 2),
        "p99_wait_s": round(float(np.percentile(waits, 99)), 1),
        "skilled": round(tally.matched / tally.wanted, 4) if tally.wanted else None,
        "occupancy": round(tally.busy_s / tally.duty_s, 4),
        "decisions": len(took),
        "decision_p50_us": round(float(np.percentile(took, 50)), 1),
        "decision_p99_us": round(float(np.percentile(took, 99)), 1),
        "decision_max_us": round(float(took.max()), 1),
        "seconds": round(tally.seconds, 1),
    }


def main() -> int:
    """0 where the targets of the page are met, 1 where not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--seats", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    count = min(1_000_000, max(1_000, chosen.calls))
    seats = min(10_000, max(10, chosen.seats))
    result: dict[str, Any] = {"machine": machine.describe(), "seed": chosen.seed}
    result["control"] = control(Control(), count, chosen.seed)
    result["day"] = day(count, seats, chosen.seed)
    result["targets"] = acd_page.targets(result)
    print(acd_page.table(result), file=sys.stderr)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if chosen.write:
        acd_page.write(result)
    return 0 if all(target["met"] for target in result["targets"]) else 1


if __name__ == "__main__":
    sys.exit(main())
