"""Empty sound files: Asterisk opens one for every seat it rings, and a seat that doesn't answer leaves it empty."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.floor import Floor
from store import calls
from store.recordings import pending_stems

KINDS = (".raw", ".sln")
MOST = 500


async def empty_recordings(floor: Floor, folder: Path) -> int:
    """Remove empty files of calls that have ended and expect no recording under that name; gives how many, MOST at once."""
    found = await asyncio.to_thread(_empty, folder)
    if not found:
        return 0
    of_call = {path: path.name.partition("-")[0] for path in found}
    async with floor.database.reading() as session:
        over = await calls.ended_of(session, sorted(set(of_call.values())))
        wanted = await pending_stems(session, sorted(over))
    gone = [path for path in found if of_call[path] in over and path.name.partition(".")[0] not in wanted]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _empty(folder: Path) -> Sequence[Path]:
    found = (path for path in folder.iterdir() if path.suffix in KINDS and path.stat().st_size == 0)
    return [path for path, _ in zip(found, range(MOST), strict=False)]
