"""2,000 desks on one API process: how long after a call's facts are committed the last of them has heard, and what a desk costs.

`python -m bench.desks [--desks N] [--calls N] [--write]`. See bench/README.md. Exit 0 where the target is met, 1 where not.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from app.instance import environment, private
from app.settings import PROJECT
from bench import machine
from bench.desk_sockets import Desk, Way, open_all
from bench.page import PAGE

BEGIN, END = "<!-- desks figures begin -->", "<!-- desks figures end -->"
TARGET_MS = 200.0
TOPICS = (
    "seat.{seat},knowledge,floor"  # an agent's page, and the floor on top: every call is told to every desk
)
START_S, OPEN_S, HEAR_S, PAUSE_S = 300.0, 600.0, 20.0, 0.3
LONGEST_LINE = 1 << 26
WARM_UP = 3
COMPARED = {"p99_ms": "p99", "cpu_us_per_message": "CPU", "kb_per_desk": "memory"}


@dataclass
class Side:
    """A server in a process of its own with all its desks; `took`: seconds of every desk and call."""

    name: str
    process: asyncio.subprocess.Process
    told: dict[str, Any]
    desks: list[Desk] = field(default_factory=list)
    heard: list[tuple[int, float]] = field(default_factory=list)
    last: str = ""
    took: list[float] = field(default_factory=list)
    missed: int = 0
    cpu_s: float = 0.0
    bare_kb: int = 0
    full_kb: int = 0

    async def open(self, ways: Sequence[Way]) -> None:
        """Let the desks in."""
        self.bare_kb = memory_kb(self.process.pid)
        async with asyncio.timeout(OPEN_S):
            self.desks = await open_all(self.told["port"], ways, self._hear)
        await asyncio.sleep(1.0)
        self.full_kb = memory_kb(self.process.pid)

    def _hear(self, number: int, text: bytes) -> None:
        at = time.monotonic()
        if b"call.arrived" in text:
            self.heard.append((number, at))
            self.last = self.last or text.decode()

    async def call(self, line: str, *, counts: bool = True) -> None:
        """One message to all; waits until everybody has heard it, for HEAR_S at most."""
        self.heard.clear()
        before = machine.cpu_seconds(self.process.pid)
        self.process.stdin.write(f"{line}\n".encode())  # type: ignore[union-attr]
        at = (await answer(self.process))["at"]
        deadline = time.monotonic() + HEAR_S
        while len(self.heard) < len(self.desks) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if counts:
            self.took += [moment - at for _, moment in self.heard]
            self.missed += len(self.desks) - len({number for number, _ in self.heard})
            self.cpu_s += machine.cpu_seconds(self.process.pid) - before

    def figures(self, calls: int) -> dict[str, Any]:
        ms = sorted(1000 * one for one in self.took)
        each = len(self.desks)
        return {
            "side": self.name, "desks": each, "calls": calls, "missed": self.missed, "p50_ms": round(statistics.median(ms), 1),
            "p99_ms": round(ms[int(0.99 * (len(ms) - 1))], 1), "worst_ms": round(ms[-1], 1),
            "kb_per_desk": round((self.full_kb - self.bare_kb) / each, 1), "cpu_us_per_message": round(1e6 * self.cpu_s / (calls * each), 1),
            "lost": sum(desk.closed for desk in self.desks),
        }  # fmt: skip


async def answer(process: asyncio.subprocess.Process, seconds: float = HEAR_S) -> dict[str, Any]:
    """The next line the server tells. Raises TimeoutError, ValueError where it ended."""
    async with asyncio.timeout(seconds):
        found: dict[str, Any] = json.loads(await process.stdout.readline())  # type: ignore[union-attr]
    return found


def memory_kb(pid: int) -> int:
    """Resident memory (VmRSS, proc(5))."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


@asynccontextmanager
async def side(name: str, home: Path, *command: str) -> AsyncIterator[Side]:
    """A server with its settings, told when it listens; ended with the block."""
    settings = private(home, recognise_live="off", recognise_after="off", seats=1, ws_port=0)
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "HOTLINE_EMBEDDING": "off", **environment(settings)}
    with (home.parent / f"{home.name}.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, env=env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            limit=LONGEST_LINE,
        )  # fmt: skip
    try:
        yield Side(name, process, await answer(process, START_S))
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def measure(home: Path, desks: int, calls: int) -> tuple[list[dict[str, Any]], float]:
    """The product and the bare server, a call by turns, so that a change of the machine's load meets both.

    Gives both sides' figures and the share of the machine's time that other programs had meanwhile.
    """
    async with (
        side("product", home / "product", "bench.desks_house", str(desks)) as product,
        side("bare", home / "bare", "bench.desks_bare") as bare,
    ):
        ways = [
            Way(f"/api/v1/live?topics={TOPICS.format(seat=seat)}", f"hotline.v1, bearer.{token}", greets=True)
            for seat, token in zip(product.told["seats"], product.told["tokens"], strict=True)
        ]
        await product.open(ways)
        await bare.open([Way("/")] * desks)
        pids, was = (os.getpid(), product.process.pid, bare.process.pid), machine.load()
        ours = -sum(map(machine.cpu_seconds, pids))
        for number in range(-WARM_UP, calls):
            await product.call("call", counts=number >= 0)
            await asyncio.sleep(PAUSE_S)
            await bare.call(product.last, counts=number >= 0)
            await asyncio.sleep(PAUSE_S)
        now = machine.load()
        ours += sum(map(machine.cpu_seconds, pids))
        busy, idle = now.busy_s - was.busy_s, now.idle_s - was.idle_s
        others = max(0.0, busy - ours) / (busy + idle)
        return [one.figures(calls) for one in (product, bare)], others


def met(sides: Sequence[dict[str, Any]]) -> bool:
    """Everybody heard every call, 99 of 100 times in time."""
    product = sides[0]
    return bool(product["missed"] == product["lost"] == 0 and product["p99_ms"] <= TARGET_MS)


def table(result: dict[str, Any]) -> str:
    """Markdown: machine, both sides, ratio, target."""
    product, bare = result["sides"]
    about = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    rows = [
        "| side | desks | calls | not heard | lost | p50 ms | p99 ms | worst ms | KiB a desk | CPU µs a message |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {s['side']} | {s['desks']} | {s['calls']} | {s['missed']} | {s['lost']} | {s['p50_ms']} | {s['p99_ms']} | {s['worst_ms']} "
        f"| {s['kb_per_desk']} | {s['cpu_us_per_message']} |"
        for s in result["sides"]
    ]
    ratios = ", ".join(f"{_ratio(product[key], bare[key])} by {what}" for key, what in COMPARED.items())
    target = (
        f"Target: p99 under {TARGET_MS:g} ms at {product['desks']} desks: {'met' if result['met'] else '**not met**'}; "
        f"other programs had {result['others']:.0%} of the machine."
    )
    return "\n".join([about, "", *rows, "", f"Product ÷ bare: {ratios}.", "", target])


def _ratio(product: float, bare: float) -> str:
    return f"{product / bare:.1f}" if bare else "–"


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")


async def run(desks: int, calls: int) -> dict[str, Any]:
    """Measure on this machine as it is now."""
    about = machine.describe()
    with tempfile.TemporaryDirectory() as folder:
        sides, others = await measure(Path(folder), desks, calls)
    return {"machine": about, "sides": sides, "others": others, "met": met(sides)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=2000)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    result = uvloop.run(run(min(5000, max(10, chosen.desks)), min(500, max(3, chosen.calls))))
    print(table(result), file=sys.stderr)
    print(json.dumps(result, ensure_ascii=False, indent=1))
    if chosen.write:
        write(result)
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
