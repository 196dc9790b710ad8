"""`./hotline COMMAND …`: bring what the command needs, then hand over to it. Exit 2 with one line when that can't be."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from app.setup.failure import SetupFailed
from app.setup.files import need_room, only_one
from app.setup.folders import Folders, folders
from app.setup.lanes import side_by_side
from app.setup.parts import AFTER, NEEDS, PARTS, Part, missing, needs
from app.setup.say import say

COMPLETING = "_HOTLINE_COMPLETE"  # set by the shell's completion function
USAGE = """\
./hotline setup [--list] [COMMAND|PART …]   准备运行所需的部件，缺省为 up 所需
                                            bring the parts a command needs (default: up), or parts by name"""


def main(arguments: Sequence[str]) -> int:
    """Exit status; on success it never returns but becomes the command."""
    where = folders()
    if COMPLETING in os.environ and missing(needs(()), where):
        return 0  # the Tab key is no order to fetch anything
    try:
        if arguments[:1] == ["setup"]:
            return _setup(arguments[1:], where)
        ensure(needs(arguments), where)
    except SetupFailed as failed:
        say(f"hotline: {failed}")
        return 2
    except KeyboardInterrupt:
        say("hotline: 已中断，已下载的会保留 (interrupted; what has arrived is kept)")
        return 130
    _hand_over(arguments, where)


def ensure(names: Sequence[str], where: Folders) -> None:
    """Bring the parts of `names` that are missing. Raises SetupFailed."""
    if not missing(names, where):
        return
    with only_one(where.parts), only_one(where.cache):
        lacking = missing(names, where)  # another run may have brought them while we waited
        _announce(lacking, where)
        side_by_side({part.name: partial(_bring, part, where) for part in lacking}, AFTER)
        if lacking:
            say("部件已齐 (all parts are here)")


def _bring(part: Part, where: Folders) -> None:
    say(f"→ {part.what}")
    part.bring(where)
    say(f"✓ {part.what}")


def _announce(lacking: Sequence[Part], where: Folders) -> None:
    if not lacking:
        return
    fetching = {part.name: round(part.absent(where) * part.fetch_mb) for part in lacking}
    say(
        f"需要准备以下部件，约下载 {sum(fetching.values())} MB (parts to be brought, about that much to fetch)"
    )
    for part in lacking:
        size = f"{fetching[part.name]:4} MB" if fetching[part.name] else "   —   "
        say(f"  {part.name:14} {size}  {part.what}")
    say(f"  下载缓存 (cache): {where.cache}    安装到 (into): {where.parts}")
    need_room(where.cache, sum(fetching.values()))
    need_room(where.parts, sum(part.disk_mb for part in lacking))


def _setup(words: Sequence[str], where: Folders) -> int:
    if "--list" in words:
        for part in PARTS:
            print(f"{'●' if part.has(where) else '○'} {part.name:14} {part.fetch_mb:4} MB  {part.what}")
        return 0
    known = {part.name: (part.name,) for part in PARTS} | NEEDS
    unknown = [word for word in words if word not in known]
    if unknown:
        say(f"hotline: 没有这样的部件 (no such part): {unknown[0]}\n{USAGE}")
        return 2
    ensure([name for word in words or ["up"] for name in known[word]], where)
    return 0


def _hand_over(arguments: Sequence[str], where: Folders) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    python = str(where.python)
    os.execv(python, [python, "-m", "app", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
