"""Calls per second and CPU per call: pure dialplan, asked through FastAGI, and the whole product with its records.

`python -m bench.calls [--seconds 8] [--write]` prints a table on standard error and one JSON object on standard output;
`--write` also puts the figures into bench/README.md. One Asterisk, one run, modes interleaved, loopback only, under
three minutes.
"""

import argparse
import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.instance import environment
from app.settings import PROJECT
from bench import machine, page, records, ring, sipp
from bench.records import Records
from bench.site import ASKED, CARRIER, LINE, PLAIN, WHOLE, Site, free_port, make
from core.errors import PartMissing

SEATS = 120
CLOSED_LOOP, AT_ONCE = 3000, 95
STEPS = (10, 25, 50, 75)
START_S = 60.0
SETTLE_S = 15.0


@dataclass(frozen=True, slots=True)
class Mode:
    """What is measured: a number to dial, how the citizen behaves, how many calls are offered."""

    name: str
    number: str
    scenario: str
    rate: int = CLOSED_LOOP
    at_once: int = AT_ONCE


PEERS = (Mode("a", PLAIN, "short_call"), Mode("b", ASKED, "short_call"), Mode("b+", WHOLE, "short_call"))


def product(rate: int) -> Mode:
    """The whole product at `rate` calls/s offered; ten seconds' worth of calls at once is lost ground."""
    return Mode(f"c at {rate}/s", LINE, "leaving_call", rate, 10 * rate)


@dataclass(frozen=True, slots=True)
class Figure:
    """One window of one mode. CPU in milliseconds per completed call; `others` is other programs' share of the machine."""

    mode: str
    rate: float
    completed: int
    failed: int
    repeated: int
    most_at_once: int
    asterisk_ms: float
    python_ms: float
    sipp_ms: float
    others: float
    records: Records | None = None

    @property
    def whole(self) -> bool:
        """No call lost, and for the product: every call written down, answered by a seat, ended and recorded."""
        r = self.records
        kept = r is None or r.calls == r.ended == r.talked == self.completed <= r.recorded
        return self.failed == 0 and kept


@contextmanager
def child(module: str, report: Path, log: Path, env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A Python process of ours that prints one line when it is ready and writes `report` at SIGTERM."""
    environ = os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"} | env
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(report)], stdout=subprocess.PIPE, stderr=err, text=True, env=environ, cwd=PROJECT
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def first_line(process: "subprocess.Popen[str]", log: Path) -> str:
    """What the child says when it is ready. Raises LoadFailed with its own last words."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_S)
    line = process.stdout.readline().strip() if ready else ""
    if not line:
        raise sipp.LoadFailed(f"{process.args!r} did not start: {log.read_text(errors='replace')[-1500:]}")
    return line


@dataclass(slots=True)
class Bench:
    """Everything that runs, and the figures taken."""

    site: Site
    folder: Path
    asterisk_pid: int
    python: dict[str, int]
    runs: int = 0

    @property
    def database(self) -> Path:
        return self.site.settings.home / "hotline.sqlite"

    def measure(self, mode: Mode, seconds: float) -> Figure:
        """One window."""
        self.runs += 1
        python = self.python["house" if mode.number == LINE else "desk"]
        recorded = records.read(self.database)
        before = (machine.load(), machine.cpu_seconds(self.asterisk_pid), machine.cpu_seconds(python))
        done = sipp.run(
            sipp.Load(mode.scenario, self.site.sip, (CARRIER, free_port(CARRIER)), mode.rate, mode.at_once, seconds,
                      (mode.number, "9")), self.folder / f"run{self.runs}",
        )  # fmt: skip
        after = (machine.load(), machine.cpu_seconds(self.asterisk_pid), machine.cpu_seconds(python))
        per = 1000 / max(1, done.completed)
        ours = after[1] - before[1] + after[2] - before[2] + done.cpu_s
        busy, idle = after[0].busy_s - before[0].busy_s, after[0].idle_s - before[0].idle_s
        kept = records.settled(self.database, SETTLE_S).since(recorded) if mode.number == LINE else None
        return Figure(
            mode.name, round(done.rate, 1), done.completed, done.failed, done.repeated, done.most_at_once,
            round((after[1] - before[1]) * per, 2), round((after[2] - before[2]) * per, 2), round(done.cpu_s * per, 2),
            round(max(0.0, busy - ours) / max(0.01, busy + idle), 2), kept,
        )  # fmt: skip

    def climb(self, seconds: float) -> Iterator[Figure]:
        """The product at rising rates; none is tried after one that lost something or fell behind."""
        for rate in STEPS:
            figure = self.measure(product(rate), seconds)
            yield figure
            if not figure.whole or figure.rate < 0.9 * rate:
                return


def run(seconds: float) -> dict[str, Any]:
    """Boot, measure, stop; the whole result as one JSON-able object."""
    started, facts = time.monotonic(), machine.describe()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotline-bench-")))
        desk = stack.enter_context(child("bench.desk", folder / "desk.json", folder / "desk.log", {}))
        site = asyncio.run(make(folder / "home", int(first_line(desk, folder / "desk.log")), SEATS))
        stack.callback(site.asterisk.stop)
        pid = site.asterisk.start()
        house = stack.enter_context(
            child("bench.house", folder / "house.json", folder / "house.log", environment(site.settings))
        )
        first_line(house, folder / "house.log")
        stack.enter_context(ring.phones(site, folder))
        bench = Bench(site, folder, pid, {"desk": desk.pid, "house": house.pid})
        figures = [bench.measure(mode, seconds) for _ in range(2) for mode in PEERS]
        rings = ring.after_prompts(site, folder)
        figures += bench.climb(seconds)
        for process in (house, desk):
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        told = json.loads((folder / "house.json").read_text())
        return {
            "machine": facts | {"asterisk": site.asterisk.cli("core show version").split()[1]},
            "figures": [asdict(f) | {"whole": f.whole} for f in figures],
            "questions": {
                "b": spread(json.loads((folder / "desk.json").read_text())),
                "c": spread(told["took"]),
            },
            "records": told["records"],
            "ring_after_prompts_ms": rings,
            "seconds": round(time.monotonic() - started, 1),
        }


def spread(took: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Count, p50 and p99 in milliseconds of each question."""
    return {name: {"count": len(values)} | percentiles(values) for name, values in took.items()}


def percentiles(values: list[float]) -> dict[str, float]:
    """p50 and p99, milliseconds."""
    ranked = sorted(values)
    return {f"p{p}": round(ranked[min(len(ranked) - 1, len(ranked) * p // 100)] * 1000, 2) for p in (50, 99)}


def main() -> int:
    """0 where the targets of the page are met, 1 where not, 2 where a part is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one window")
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that nothing is left running
    try:
        result = run(min(20.0, max(3.0, chosen.seconds)))
    except PartMissing as error:
        print(f"bench.calls: {error}", file=sys.stderr)
        return 2
    result["targets"] = page.targets(result)
    print(page.table(result), file=sys.stderr)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if chosen.write:
        page.write(result)
    return 0 if all(t["met"] for t in result["targets"]) else 1


if __name__ == "__main__":
    sys.exit(main())
