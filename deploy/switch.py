"""Write Asterisk's configuration from the registers, then become Asterisk, so that its supervisor sees its life and death."""

import asyncio
import os
import sys
from pathlib import Path

from agi.render import render
from app import seeding
from app.instance import install, switch_plan
from app.settings import Settings, settings
from core.errors import HotlineError
from store.database import Database


async def configure(s: Settings) -> Path:
    """The rendered asterisk.conf of this instance. Raises HotlineError; the database must be prepared."""
    database = Database(s.database, seeding.keyring(s))
    try:
        return render(await switch_plan(database, s), install())
    finally:
        await database.close()


def main() -> None:
    """Never returns: the process becomes Asterisk in the foreground."""
    s = settings()
    conf = asyncio.run(configure(s))
    os.umask(0o077)
    os.chdir(conf.parent)
    command = install().command
    os.execv(command[0], [*command, "-C", str(conf), "-f", "-q"])


if __name__ == "__main__":
    try:
        main()
    except HotlineError as error:
        sys.exit(f"switch: {error}")
