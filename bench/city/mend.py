"""After a process was killed: what was committed and never acknowledged, because death came in between."""

from collections import Counter
from typing import Any

from bench.city.checks import Story, stories, taken
from bench.city.people import Done, raised
from bench.city.year import Year, added, filed_as
from store.tables import EventRow

_LAW = ("deem_accepted", "file", "answer", "refuse")


async def mended(year: Year) -> list[tuple[str, Done]]:
    """Add to the driver's memory what the database knows beyond it: these deeds, each with its ticket."""
    found: list[tuple[str, Done]] = []
    async for story in stories(year.floor.database):
        done = year.done[story.row.id]
        if not done:
            done.append(_filed(year, story))
            found.append((story.row.id, done[0]))
        said = Counter((one.action, one.at) for one in done)
        for event in taken(story):
            action = event.payload["action"]
            at_filing = action == "dispatch" and event.at == done[0].at
            if action in _LAW or at_filing or said[action, event.at]:
                continue
            done.append(Done(action, event.at, _facts(event)))
            found.append((story.row.id, done[-1]))
        done.sort(key=lambda one: one.at)
    return found


def _filed(year: Year, story: Story) -> Done:
    key = story.row.request_key or ""
    if key.startswith("city/") and key[5:].isdecimal():
        return filed_as(raised(int(key[5:]), year.count, year.seed, year.silent), story.row)
    return added(story.row, {})


def _facts(event: EventRow) -> dict[str, Any]:
    return {"unit": event.payload.get("unit"), **event.payload.get("facts", {})}
