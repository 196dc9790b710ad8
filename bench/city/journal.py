"""A long year in pieces: what the house said yes to is written down, and a year that was stopped, or killed, goes on from there."""

import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.city.people import YEAR, Done
from bench.city.year import Count
from store.sealed import Keyring

FIGURES = "figures.json"


@dataclass(slots=True)
class Past:
    """What was known when the last process ended. `clock`: how far the year had come."""

    done: defaultdict[str, list[Done]] = field(default_factory=lambda: defaultdict(list))
    clock: datetime = YEAR
    counted: Count = field(default_factory=Count)


class Journal:
    """One year's folder: the key its rows are sealed with, and a line per deed and per simulated day."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file, self._key = folder / "deeds.jsonl", folder / "key"
        self._figures = folder / FIGURES
        self.past = self._read()
        self._out = self._file.open("a", encoding="utf-8")
        self._day = self.past.clock.date()

    def keyring(self) -> Keyring:
        """Made once; only its owner reads it."""
        if not self._key.exists():
            descriptor = os.open(self._key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(Keyring.generate().dump())
        return Keyring.parse(self._key.read_text(encoding="utf-8"))

    def told(self, ticket: str, done: Done) -> None:
        """A deed the house said yes to."""
        self._line(ticket=ticket, action=done.action, at=done.at.isoformat(), facts=done.facts)

    def passed(self, at: datetime, counted: Count, seconds: float, cpu_s: float) -> None:
        """Once a simulated day: how far it has come and what was counted."""
        if at.date() > self._day:
            self._day = at.date()
            took = {"seconds": seconds, "cpu_s": cpu_s}
            self._line(clock=at.isoformat(), **took, sweeps=counted.sweeps, refused=counted.refused)
            self._out.flush()

    def finished(self) -> dict[str, Any] | None:
        """What a year gave that is over; None where it is not."""
        return _figures(self._figures) if self._figures.exists() else None

    def finish(self, figures: dict[str, Any]) -> None:
        """The year is over and looked at."""
        self._figures.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")

    def close(self) -> None:
        self._out.close()

    def _line(self, **told: Any) -> None:
        self._out.write(json.dumps(told, ensure_ascii=False) + "\n")

    def _read(self) -> Past:
        past = Past()
        whole = self._file.read_text(encoding="utf-8").rpartition("\n")[0] if self._file.exists() else ""
        if self._file.exists():  # a last line that was cut short is not told
            self._file.write_text(whole + "\n" if whole else "", encoding="utf-8")
        for line in whole.splitlines():
            told = json.loads(line)
            if "clock" in told:
                past.clock = datetime.fromisoformat(told["clock"])
                past.counted.seconds, past.counted.sweeps = told["seconds"], told["sweeps"]
                past.counted.cpu_s = told["cpu_s"]
                past.counted.refused = Counter(told["refused"])
            else:
                done = Done(told["action"], datetime.fromisoformat(told["at"]), told["facts"])
                past.done[told["ticket"]].append(done)
                past.counted.deeds[done.action] += 1
        return past


def finished_in(folder: Path) -> list[dict[str, Any]]:
    """The figures of every year below this folder that is over, by name."""
    return [_figures(one) for one in sorted(folder.glob(f"*/{FIGURES}"))]


def _figures(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
