"""The product's service with every talk tapped for captions as in production, only that the audio goes to a deaf peer.

`python -m bench.tapped FILE` takes its settings from the environment (the deaf peer is at HOTLINE_AUDIO_PORT), prints
`ready`, stops or starts tapping at SIGUSR1, and at SIGTERM writes FILE: {"tapped": legs, "refused": legs}.
"""

import asyncio
import json
import signal
import sys
import uuid
from pathlib import Path

import uvloop

import app.wire
from app.call_desk import FloorDesk
from app.logs import set_up
from app.settings import Settings
from core.errors import HotlineError


class Taps:
    """In place of app.captions.Captions: the same orders to Asterisk, nobody who listens."""

    def __init__(self) -> None:
        self.on, self.tapped, self.refused = True, 0, 0
        self.house: app.wire.House | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, call_id: str, seat: str, citizen: str, agent: str) -> None:
        for channel in (citizen, agent) if self.on else ():
            task = asyncio.create_task(self._tap(channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tap(self, channel: str) -> None:
        assert self.house is not None
        s = self.house.settings
        try:
            await self.house.ami.tap(channel, str(uuid.uuid4()), s.audio_host, s.audio_port)
            self.tapped += 1
        except HotlineError:
            self.refused += 1


async def serve(report: Path) -> None:
    """Until SIGTERM."""
    set_up(json_lines=True)
    taps, over, loop = Taps(), asyncio.Event(), asyncio.get_running_loop()
    house = taps.house = app.wire.House(Settings())
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(taps, "on", not taps.on))

    class TappedDesk(FloorDesk):
        """The product's desk, told of answers as the captions are."""

        def __init__(self, floor, on_answer=None, *more, **named) -> None:  # type: ignore[no-untyped-def]
            super().__init__(floor, taps.begin, *more, **named)

    vars(app.wire)["FloorDesk"] = TappedDesk
    await house.start()
    try:
        print("ready", flush=True)
        waits = [asyncio.create_task(over.wait()), asyncio.create_task(house.failed.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        report.write_text(json.dumps({"tapped": taps.tapped, "refused": taps.refused}))
        for wait in waits:
            wait.cancel()
    finally:
        await house.stop()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
