"""What the person at the terminal sees. All of it goes to stderr: stdout belongs to the command."""

import shutil
import sys
import threading

_line = threading.RLock()  # parts are brought side by side, and all of them speak
_bars: list["Progress"] = []  # those on the terminal's last line just now


def say(text: str) -> None:
    """One plain line."""
    with _line:
        _wipe()
        print(text, file=sys.stderr, flush=True)
        _draw()


class Progress:
    """A bar on a terminal, beside those of other work; a line per tenth elsewhere. Use as a context manager."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._shown = 0
        self._tty = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        if self._tty:
            with _line:
                _bars.append(self)
                _draw()
        return self

    def __exit__(self, *_: object) -> None:
        if self._tty:
            with _line:
                _bars.remove(self)
                say(self.bar(40))

    def advance(self, count: int = 1) -> None:
        """`count` more of the total are done."""
        self.reach(self._done + count)

    def reach(self, done: int) -> None:
        """`done` of the total are done."""
        self._done = min(done, self._total)
        if self._tty:
            with _line:
                _draw()
        elif self._done and (self._done - self._shown) * 10 >= self._total:
            self._shown = self._done
            say(f"  {self._label} {self._done}/{self._total}")

    def bar(self, room: int) -> str:
        """The bar as it is now, `room` columns long where its words leave it that much."""
        width = max(5, min(40, room))
        filled = width * self._done // self._total
        return f"  {self._label} {'█' * filled}{'░' * (width - filled)} {self._done}/{self._total}"

    @property
    def words(self) -> int:
        """Columns that its words take: Chinese ones take two each."""
        return 2 * len(self._label) + 16


def _wipe() -> None:
    if _bars:
        print("\r\x1b[K", end="", file=sys.stderr)


def _draw() -> None:
    if _bars:
        room = (shutil.get_terminal_size().columns - sum(bar.words for bar in _bars)) // len(_bars)
        print("\r\x1b[K" + "".join(bar.bar(room) for bar in _bars), end="", file=sys.stderr, flush=True)
