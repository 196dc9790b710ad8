"""A worker's watch over the duty rota: an alarm where a line is left alone, and its end; how it stands, for `status`."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from app.floor import Floor
from core.events import Event, RotaFilled, RotaGap
from routing.rota import LineDuty
from store import events, rota, service_level

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=20)
WORDS = {"absent": "值班人员未签入", "empty": "现在没有排班"}


class RotaWatch:
    """A chore of a worker. How the alarms stand is read from the events, so a restart loses nothing."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._looked: datetime | None = None

    async def watch(self) -> int:
        """Begin or end the alarm of every line with a rota; how many changed."""
        at = self._floor.clock()
        if self._looked is not None and at - self._looked < LOOK_EVERY:
            return 0
        self._looked = at
        if not await self._judge(at, keep=False):
            return 0
        happened = await self._judge(at, keep=True)
        for event in happened:
            await self._tell(event)
        return len(happened)

    async def _judge(self, at: datetime, *, keep: bool) -> list[Event]:
        """What changed since the last event; kept only while no other worker decides."""
        opened = self._floor.database.session if keep else self._floor.database.reading
        async with opened() as session:
            if keep:
                await service_level.alone(session)
            stands = await rota.alarms(session)
            found = changed(await rota.now(session, at, await rota.skills(session)), stands, at)
            if keep:
                await events.append_all(session, found, "clock")
        return found

    async def _tell(self, event: Event) -> None:
        facts = {name: value for name, value in event.payload().items() if name != "at"}
        if isinstance(event, RotaGap):
            log.error("a line with a duty rota is left alone", **facts)
        else:
            log.warning("a line's duty is covered again", **facts)
        await self._floor.tell("floor", event.name, **facts)


def changed(duty: list[LineDuty], stands: dict[str, str], at: datetime) -> list[Event]:
    """The events that bring the alarms (line -> absent or empty) to how things are."""
    found: list[Event] = []
    for line in duty:
        was = stands.get(line.line, "covered")
        now = line.alarm(at, was)
        if now != was:
            found.append(RotaFilled(at, line.line, now) if now == "covered" else RotaGap(at, line.line, now))
    gone = stands.keys() - {line.line for line in duty}
    return [*found, *(RotaFilled(at, line, "none") for line in sorted(gone))]


def rota_part(floor: Floor) -> Callable[[], Awaitable[str]]:
    """Says of every line with a rota whether somebody on duty is there. A gap is the shift's matter, not the program's: no failure."""

    async def ask() -> str:
        async with floor.database.reading() as session:
            return said(await rota.now(session, floor.clock(), await rota.skills(session)))

    return ask


def said(duty: list[LineDuty]) -> str:
    """In one line of Chinese, without names, for anybody may read it: lines left alone, lines short of people, lines covered."""
    if not duty:
        return "没有排班"
    alone = [f"{line.line} {WORDS[line.state]}" for line in duty if line.state != "covered"]
    away = {
        line.line: sum(not one.logged_in for one in line.people) for line in duty if line.state == "covered"
    }
    missing = [f"{number} 缺 {count} 人" for number, count in away.items() if count]
    covered = sum(line.state == "covered" for line in duty)
    return "；".join([*alone, *missing, f"{covered}/{len(duty)} 条线路有人值班"])
