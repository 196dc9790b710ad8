"""What a recorded and tapped talk costs: 95 two-leg calls at once, beside a dialplan that only dials and records.

`python -m bench.talks [--seconds 30] [--write]` prints a table on standard error and one JSON object on standard output;
`--write` also puts the figures into bench/README.md. One Asterisk, one run, modes interleaved, loopback only, under four
minutes. The taps' audio goes to a peer that throws it away: recognition has its own benchmark.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiortp import get_codec

from app.demo import audio
from app.instance import environment
from bench import machine, records, ring, sipp
from bench.calls import child, first_line
from bench.page import PAGE
from bench.site import CARRIER, FIRST_SEAT, LINE, Site, free_port, make
from core.errors import PartMissing

CALLS, RATE = 95, 12
PEER = "99910"
RAMP_S = CALLS / RATE + 3
SETTLE_S = 20.0
GOAL, TARGET = 1.4, 1.7
BEGIN, END = "<!-- talks begin -->", "<!-- talks end -->"
WHAT = {
    "peer": "Answer, MixMonitor, Dial: the dialplan alone, recording the same way (two channels, raw)",
    "product": "the whole product: prompts, a seat rings, the talk is recorded, both legs tapped, everything in SQL",
    "untapped": "the product without taps",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One batch of calls. CPU in milliseconds: `*_ms` per call from its first to its last packet; `steady_*` per call and
    second while all of them talk. `others`: other programs' share of the machine."""

    mode: str
    completed: int
    failed: int
    at_once: int
    talked_s: float
    recorded: int
    asterisk_ms: float
    python_ms: float
    deaf_ms: float
    steady_asterisk: float
    steady_python: float
    others: float

    @property
    def whole(self) -> bool:
        return self.failed == 0 and self.completed == self.recorded == self.at_once == CALLS


@dataclass(slots=True)
class Bench:
    """Everything that runs."""

    site: Site
    folder: Path
    asterisk: int
    house: int
    deaf: int
    seconds: float
    runs: int = 0

    def measure(self, mode: str) -> Figure:
        """One batch: every call is placed once, all talk together, all end."""
        self.runs += 1
        peer = mode == "peer"
        folder = self.folder / f"run{self.runs}"
        kept = self._recorded(mode)
        before, samples = self._cpu(), [self._stamp()]
        load = sipp.Load(str(self._scenario()), self.site.sip, (CARRIER, free_port(CARRIER)), RATE, CALLS,
                         self.seconds - 4, (PEER if peer else LINE, "9"))  # fmt: skip
        done = sipp.run(load, folder, lambda: samples.append(self._stamp()))
        if not peer:
            records.settled(self.site.settings.home / "hotline.sqlite", SETTLE_S)
        after = self._cpu()
        used = [b - a for a, b in zip(before, after, strict=True)]
        per = 1000 / max(1, done.completed)
        busy, idle = used[3], used[4]
        steady = self._steady(samples)
        return Figure(
            mode, done.completed, done.failed, done.most_at_once, self.seconds, self._recorded(mode) - kept,
            round(used[0] * per, 1), round((0 if peer else used[1]) * per, 1), round(used[2] * per, 1),
            round(steady[0], 2), round(0 if peer else steady[1], 2),
            round(max(0.0, busy - used[0] - used[1] - used[2] - done.cpu_s) / max(0.01, busy + idle), 2),
        )  # fmt: skip

    def _cpu(self) -> tuple[float, ...]:
        load = machine.load()
        return (
            *(machine.cpu_seconds(p) for p in (self.asterisk, self.house, self.deaf)),
            load.busy_s,
            load.idle_s,
        )

    def _stamp(self) -> tuple[float, float, float]:
        return time.monotonic(), machine.cpu_seconds(self.asterisk), machine.cpu_seconds(self.house)

    def _steady(self, samples: list[tuple[float, float, float]]) -> tuple[float, float]:
        """Milliseconds a call and second, once all calls stand."""
        began = samples[0][0]
        inside = [s for s in samples if s[0] - began >= RAMP_S]
        first, last = inside[0], inside[-1]
        span = (last[0] - first[0]) * CALLS / 1000
        return (last[1] - first[1]) / span, (last[2] - first[2]) / span

    def _recorded(self, mode: str) -> int:
        """Recordings with at least half the talk in them."""
        if mode != "peer":
            return records.read(self.site.settings.home / "hotline.sqlite").recorded
        least = self.seconds / 2 * 32_000
        return sum(1 for p in self.site.settings.recordings.glob("peer-*.raw") if p.stat().st_size > least)

    def _scenario(self) -> Path:
        """A citizen who speaks and stays."""
        path = self.folder / "staying_call.xml"
        if not path.exists():
            text = (sipp.SCENARIOS / "leaving_call.xml").read_text(encoding="utf-8")
            voice = '<nop><action><exec rtp_stream="citizen.al,-1,8"/></action></nop>'
            stay = f'{voice}\n  <pause milliseconds="{int(self.seconds * 1000)}"/>'
            text = text.replace('<pause milliseconds="1000"/>', stay)
            path.write_text(
                text.replace("m=audio [field1]", "m=audio [rtpstream_audio_port]"), encoding="utf-8"
            )
        return path


@contextmanager
def running(folder: Path, seconds: float) -> Iterator[tuple[Bench, Any]]:
    """Site, Asterisk, deaf peer, service and phones; the bench and what switches the taps."""
    with ExitStack() as stack:
        deaf = stack.enter_context(child("bench.deaf", folder / "deaf.json", folder / "deaf.log", {}))
        site = asyncio.run(make(folder / "home", free_port("127.0.0.1"), CALLS + 5))
        port = int(first_line(deaf, folder / "deaf.log"))
        site = replace(site, settings=site.settings.model_copy(update={"audio_port": port}))
        _peer(site)
        stack.callback(site.asterisk.stop)
        pid = site.asterisk.start()
        house = stack.enter_context(
            child("bench.tapped", folder / "house.json", folder / "house.log", environment(site.settings))
        )
        first_line(house, folder / "house.log")
        stack.enter_context(ring.phones(site, folder))
        yield (
            Bench(site, folder, pid, house.pid, deaf.pid, seconds),
            lambda: house.send_signal(signal.SIGUSR1),
        )
        for process in (house, deaf):
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _peer(site: Site) -> None:
    """A number that only dials and records, as the product's dialplan records."""
    s = site.settings
    with (s.asterisk / "etc" / "extensions.conf").open("a") as dialplan:
        dialplan.write(
            f"\n[hl-in](+)\nexten => {PEER},1,Answer(,i)\n"
            f"same => n,MixMonitor({s.recordings}/peer-${{UNIQUEID}}.raw,bD)\n"
            f"same => n,Dial(PJSIP/{FIRST_SEAT},20,g)\nsame => n,Hangup(16)\n"
        )


def run(seconds: float) -> dict[str, Any]:
    """Boot, measure, stop; the whole result as one JSON-able object."""
    started, facts = time.monotonic(), machine.describe()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        (folder / "citizen.al").write_bytes(get_codec(8).encode(audio.tone(400, 2.0, level_db=-30).tobytes()))
        with running(folder, seconds) as (bench, switch_taps):
            for number in range(1, 6):  # sipp plays from the folder it runs in
                (folder / f"run{number}").mkdir()
                (folder / f"run{number}" / "citizen.al").symlink_to(folder / "citizen.al")
            figures = [bench.measure(mode) for mode in ("peer", "product", "peer", "product")]
            switch_taps()
            figures.append(bench.measure("untapped"))
        taps = json.loads((folder / "house.json").read_text()) | json.loads(
            (folder / "deaf.json").read_text()
        )
        taps["trouble"] = trouble(folder / "house.log")
    return {
        "machine": facts,
        "figures": [asdict(f) | {"whole": f.whole} for f in figures],
        "taps": taps,
        "ratio": ratios(figures),
        "seconds": round(time.monotonic() - started, 1),
    }


def trouble(log: Path) -> dict[str, int]:
    """What the service warned of, and how often."""
    found: dict[str, int] = {}
    for line in log.read_text(errors="replace").splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("level") in ("warning", "error"):
            what = f"{told.get('event')}: {str(told.get('reason', ''))[:80]}"
            found[what] = found.get(what, 0) + 1
    return found


def ratios(figures: list[Figure]) -> dict[str, float]:
    """The product's CPU by the peer's: of a whole call, and while all talk. Asterisk and our service, not the load."""
    whole = {m: _median([f.asterisk_ms + f.python_ms for f in figures if f.mode == m]) for m in WHAT}
    steady = {m: _median([f.steady_asterisk + f.steady_python for f in figures if f.mode == m]) for m in WHAT}
    found = {}
    for mode in ("product", "untapped"):
        found[f"{mode}_call"] = round(whole[mode] / max(0.01, whole["peer"]), 2)
        found[f"{mode}_steady"] = round(steady[mode] / max(0.01, steady["peer"]), 2)
    return found


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def met(result: dict[str, Any]) -> bool:
    """Every call whole, every leg tapped, and the ratio within the target."""
    return bool(
        all(f["whole"] for f in result["figures"])
        and result["taps"]["tapped"] == 4 * CALLS
        and result["ratio"]["product_call"] <= TARGET
    )


def table(result: dict[str, Any]) -> str:
    """Markdown."""
    r, taps = result["ratio"], result["taps"]
    rows = [
        "| mode | calls at once | failed | recorded | Asterisk ms/call | our Python ms/call | steady: Asterisk ms/s | Python ms/s "
        "| deaf peer ms/call | other programs |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {f['mode']} | {f['at_once']} | {f['failed']} | {f['recorded']} | {f['asterisk_ms']} | {f['python_ms']} "
        f"| {f['steady_asterisk']} | {f['steady_python']} | {f['deaf_ms']} | {f['others']:.0%} |"
        for f in result["figures"]
    ]
    return "\n".join([
        ", ".join(f"{name} {value}" for name, value in result["machine"].items()),
        "",
        f"**CPU of a recorded and tapped call: {r['product_call']} × Dial + MixMonitor alone** (target {TARGET}, goal {GOAL}: "
        f"{'met' if met(result) else '**not met**'}); while all talk {r['product_steady']} ×; without taps "
        f"{r['untapped_call']} ×, while all talk {r['untapped_steady']} ×. {taps['tapped']} legs tapped, {taps['refused']} refused, "
        f"{taps['bytes'] / 1e6:.0f} MB of audio taken.",
        "",
        *(f"- **{mode}**: {what}" for mode, what in WHAT.items()),
        "",
        *rows,
    ])  # fmt: skip


def write(result: dict[str, Any]) -> None:
    """Put the figures between the page's marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    PAGE.write_text(f"{before}{BEGIN}\n\n{day}. {table(result)}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """0 where the target is met, 1 where not, 2 where a part is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a talk")
    parser.add_argument("--write", action="store_true", help="put the figures into bench/README.md")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that nothing is left running
    try:
        result = run(min(45.0, max(20.0, chosen.seconds)))
    except PartMissing as error:
        print(error, file=sys.stderr)
        return 2
    print(table(result), file=sys.stderr)
    print(json.dumps(result))
    if chosen.write:
        write(result)
    return 0 if met(result) else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
