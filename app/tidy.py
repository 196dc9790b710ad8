"""Sound nobody expects: what was recorded of a leg whose answer we never learnt is taken up, empty files go.

Asterisk opens a file for every leg it rings, so one that wasn't answered leaves it empty. A file is named after its call or
its transfer (`call_…-2.raw`, `tr_….raw`).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from app.floor import Floor
from store import calls, recordings, transfers

log = structlog.get_logger(__name__)

KINDS = (".raw", ".sln")
MOST = 500
RESTED_S = 30.0  # an end that is being told just now comes with its recordings


async def tidy(floor: Floor, folder: Path, rested_s: float = RESTED_S) -> int:
    """Files of calls that have ended and that no row knows: sound becomes a recording, nothing is removed. Gives how many.

    At most MOST at once.
    """
    found = await asyncio.to_thread(_rested, folder, rested_s)
    if not found:
        return 0
    at, done = floor.clock(), 0
    async with floor.database.session() as session:
        sides = await transfers.legs_of(session, [name for name in found if name.startswith("tr_")])
        of_call = {name: sides[name][0] if name in sides else name.partition("-")[0] for name in found}
        over = await calls.ended_of(session, sorted(set(of_call.values())))
        known = await recordings.known_stems(session, sorted(found))
        for name, paths in found.items():
            if of_call[name] not in over or name in known:
                continue
            if any(path.stat().st_size for path in paths):
                log.warning("sound that nobody expected is kept", recording=name)
                await recordings.expect(session, of_call[name], name, at, *sides.get(name, ())[1:])
            else:
                for path in paths:
                    path.unlink(missing_ok=True)
            done += 1
    return done


def _rested(folder: Path, rested_s: float) -> Mapping[str, Sequence[Path]]:
    """Raw files nobody wrote to for a while, by stem."""
    before, found = time.time() - rested_s, dict[str, list[Path]]()
    for path in folder.iterdir():
        if path.suffix in KINDS and path.stat().st_mtime <= before and len(found) < MOST:
            found.setdefault(path.name.partition(".")[0], []).append(path)
    return found
