"""What the person at the terminal sees. All of it goes to stderr: stdout belongs to the command."""

import shutil
import sys


def say(text: str) -> None:
    """One plain line."""
    print(text, file=sys.stderr, flush=True)


class Progress:
    """A bar on a terminal, a line per tenth elsewhere. Use as a context manager."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._shown = 0
        self._tty = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        if self._tty:
            print(file=sys.stderr, flush=True)

    def advance(self, count: int = 1) -> None:
        """`count` more of the total are done."""
        self.reach(self._done + count)

    def reach(self, done: int) -> None:
        """`done` of the total are done."""
        self._done = min(done, self._total)
        self._draw()

    def _draw(self) -> None:
        if self._tty:
            self._bar()
        elif self._done and (self._done - self._shown) * 10 >= self._total:
            self._shown = self._done
            say(f"  {self._label} {self._done}/{self._total}")

    def _bar(self) -> None:
        width = max(10, min(40, shutil.get_terminal_size().columns - len(self._label) * 2 - 20))
        filled = width * self._done // self._total
        bar = "█" * filled + "░" * (width - filled)
        print(f"\r  {self._label} {bar} {self._done}/{self._total} ", end="", file=sys.stderr, flush=True)
