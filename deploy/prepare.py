"""Once per start of a split installation: database, first contents and spoken prompts. Safe to repeat."""

import asyncio
import sys

from app import seeding
from app.settings import Settings, settings
from asr.prompts import render_prompts
from core.errors import HotlineError
from store.database import Database


async def prepare(s: Settings) -> None:
    """Bring the schema up to date, fill an empty database, and render the prompts that changed. Raises HotlineError."""
    s.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(s.database, seeding.keyring(s))
    try:
        await database.create_or_upgrade()
        await seeding.first_start(database, s)
    finally:
        await database.close()
    await asyncio.to_thread(render_prompts, s.sounds, own=s.prompts, models_dir=s.models)


if __name__ == "__main__":
    try:
        asyncio.run(prepare(settings()))
    except HotlineError as error:
        sys.exit(f"prepare: {error}")
