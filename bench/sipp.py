"""sipp, the load: one bounded run of a scenario and what it counted."""

import csv
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.setup.tools import tool
from core.errors import HotlineError

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
END_S = 30.0


class LoadFailed(HotlineError):
    """sipp did not run as asked; the text is its own last words."""

    code = "load_failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `rate`: calls completed per second in its steady part; `cpu_s`: sipp's own; `repeated`: SIP repetitions."""

    rate: float
    completed: int
    failed: int
    repeated: int
    most_at_once: int
    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Load:
    """What to run: `rate` calls/s offered, `at_once` at most open, for `seconds`; `fields` fill [field0], [field1], ….

    A closed loop (the peer's own pace) is a rate far above what it can take with a limit of calls at once.
    """

    scenario: str
    to: tuple[str, int]
    source: tuple[str, int]
    rate: int
    at_once: int
    seconds: float
    fields: tuple[str, ...]


def command(scenario: Path, arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """argv and environment of a sipp run."""
    found = tool("sipp")
    return [*found.argv, "-sf", str(scenario), "-nostdin", *arguments], dict(os.environ | found.env)


def run(load: Load, folder: Path, sample: Callable[[], None] = lambda: None) -> Run:
    """Run and end gracefully. `sample` is called once a second. Raises LoadFailed, PartMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fields.csv").write_text("SEQUENTIAL\n" + ";".join(load.fields) + "\n")
    scenario = load.scenario if "/" in load.scenario else str(SCENARIOS / f"{load.scenario}.xml")
    argv, env = command(
        Path(scenario),
        [
            *("-i", load.source[0], "-p", str(load.source[1]), "-inf", str(folder / "fields.csv")),
            *("-r", str(load.rate), "-l", str(load.at_once), "-trace_stat", "-stf", str(folder / "stat.csv")),
            *("-fd", "1", "-trace_err", "-error_file", str(folder / "errors.log"), "-timer_resol", "5"),
            *("-trace_logs", "-log_file", str(folder / "calls.log")),
            *("-buff_size", "4194304", f"{load.to[0]}:{load.to[1]}"),
        ],
    )
    with (folder / "out.log").open("wb") as out:
        process = subprocess.Popen(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder
        )
        try:
            cpu = _drive(process, load.seconds, sample)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    rows = _rows(folder / "stat.csv")
    if len(rows) < 3:
        raise LoadFailed(f"sipp counted nothing: {(folder / 'out.log').read_text(errors='replace')[-500:]}")
    return _result(rows, load.seconds, cpu)


def _drive(process: "subprocess.Popen[bytes]", seconds: float, sample: Callable[[], None]) -> float:
    """Let it run, ask it to end, wait; its CPU seconds."""
    before = os.times()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(min(1.0, max(0.0, deadline - time.monotonic())))
        sample()
    process.send_signal(signal.SIGUSR1)  # no new calls, finish those under way (sipp's own way to end)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    after = os.times()
    return (after.children_user + after.children_system) - (before.children_user + before.children_system)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))
    except OSError:
        return []


def _result(rows: list[dict[str, str]], seconds: float, cpu: float) -> Run:
    """Steady part: from the second row to the last one before new calls stopped."""
    steady = [row for row in rows[1:] if _elapsed(row) <= seconds + 0.05]
    first, last, end = steady[0], steady[-1], rows[-1]
    span = _elapsed(last) - _elapsed(first)
    done = int(last["SuccessfulCall(C)"]) - int(first["SuccessfulCall(C)"])
    return Run(
        rate=done / span if span > 0 else 0.0,
        completed=int(end["SuccessfulCall(C)"]),
        failed=int(end["FailedCall(C)"]),
        repeated=int(end["Retransmissions(C)"]),
        most_at_once=max(int(row["CurrentCall"]) for row in rows),
        seconds=_elapsed(end),
        cpu_s=cpu,
    )


def _elapsed(row: dict[str, str]) -> float:
    """Seconds since sipp started; both moments end in their epoch seconds."""
    now, start = (float(row[name].split("\t")[-1]) for name in ("CurrentTime", "StartTime"))
    return now - start
