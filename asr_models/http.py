"""Downloads that survive cuts: range requests, retries, a checksum at the end."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from asr_models.errors import ChecksumWrong, FetchFailed
from asr_models.places import sha256_of

Tick = Callable[[int], None]  # bytes on disk so far, of the file under way

_TRIES = 6
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_CUT = (httpx.TransportError, httpx.StreamError)


def download(
    url: str, to: Path, *, sha256: str = "", limit: int = 0, tick: Tick = lambda n: None, pause: float = 0.5
) -> Path:
    """Fetch `url` into file `to`, going on where an earlier try was cut (`to` + `.part`).

    limit: most bytes accepted (0: no limit). pause: seconds before the first retry, doubled each time.
    Raises FetchFailed after the last try, ChecksumWrong (and keeps nothing) when the content is another.
    """
    part = to.with_name(to.name + ".part")
    to.parent.mkdir(parents=True, exist_ok=True)
    resumed = part.exists()
    _fetch(url, part, limit, tick, pause)
    if sha256 and resumed and sha256_of(part) != sha256:  # the earlier part may have been of another file
        part.unlink()
        _fetch(url, part, limit, tick, pause)
    if sha256 and sha256_of(part) != sha256:
        part.unlink()
        raise ChecksumWrong(f"{url}: sha256 differs from the manifest")
    part.replace(to)
    return to


def _fetch(url: str, part: Path, limit: int, tick: Tick, pause: float) -> None:
    last = ""
    for turn in range(_TRIES):
        if turn:
            time.sleep(min(pause * 2 ** (turn - 1), 15.0))
        try:
            if _attempt(url, part, limit, tick):
                return
            last = "the connection was cut"
        except _CUT as error:
            last = f"{type(error).__name__}: {error}"
        except httpx.HTTPStatusError as error:
            last = f"HTTP {error.response.status_code}"
            if error.response.status_code < 500 and error.response.status_code not in (408, 416, 425, 429):
                break
        if "Name or service not known" in last or "Temporary failure in name" in last:
            break  # no such host from here: waiting does not help
    raise FetchFailed(f"{url}: {last}")


def _attempt(url: str, part: Path, limit: int, tick: Tick) -> bool:
    """One request; True when the file is whole, False when bytes are missing still."""
    have = part.stat().st_size if part.exists() else 0
    headers = (
        {"Range": f"bytes={have}-", "Accept-Encoding": "identity"}
        if have
        else {"Accept-Encoding": "identity"}
    )
    with httpx.stream("GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as answer:
        if answer.status_code == 416:
            return _past_the_end(answer, part, have)
        answer.raise_for_status()
        whole, start = _extent(answer, have)
        with part.open("ab" if start else "wb") as file:
            for size in _write(answer, file.write, start):
                if limit and size > limit:
                    raise ChecksumWrong(f"{url}: longer than the {limit} bytes the manifest names")
                tick(size)
                start = size
    return whole is None or start >= whole


def _write(answer: httpx.Response, write: Callable[[bytes], object], start: int) -> Iterator[int]:
    for block in answer.iter_raw():  # unbuffered: what came before a cut is kept
        write(block)
        start += len(block)
        yield start


def _extent(answer: httpx.Response, have: int) -> tuple[int | None, int]:
    """Length of the whole file (None: not told) and where this answer starts in it."""
    told = answer.headers.get("Content-Range", "")
    if answer.status_code == 206 and told.startswith(f"bytes {have}-"):
        total = told.rpartition("/")[2]
        return (int(total) if total.isdigit() else None), have
    length = answer.headers.get("Content-Length", "")
    return (int(length) if length.isdigit() else None), 0


def _past_the_end(answer: httpx.Response, part: Path, have: int) -> bool:
    """416: either all of it lies here already, or what lies here is of another file and goes."""
    total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if total.isdigit() and int(total) == have:
        return True
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    return False
