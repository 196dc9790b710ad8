"""Our FastAGI and bridge with a desk that keeps no records: what asking us costs, without what answering costs.

`python -m bench.desk FILE` listens on a free port, writes the port to its standard output, and at SIGTERM writes how
long each question took to FILE: {"arrived": [seconds, …], …}.
"""

import asyncio
import json
import signal
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import uvloop

from agi.bridge import Bridge
from agi.fastagi import FastAgi
from app.logs import set_up
from core.call import Arrival, Bye, EndFacts, Instruction, StaffEnd, StaffResult, StepResult

PROMPT = "bench-short"


class NoRecords:
    """A CallDesk that says one short prompt and goodbye."""

    async def arrived(self, arrival: Arrival) -> tuple[str, Instruction]:
        return arrival.linkedid.replace(".", "-"), Bye((PROMPT,))

    async def next(self, result: StepResult) -> Instruction:
        return Bye()

    async def ended(self, facts: EndFacts) -> None:
        return

    async def agent_answered(
        self, call_id: str, seat: str, citizen_channel: str, agent_channel: str, at: datetime
    ) -> None:
        return

    async def agent_left(self, call_id: str, seat: str, at: datetime) -> None:
        return

    async def staff_next(self, result: StaffResult) -> Instruction:
        return Bye()

    async def staff_ended(self, end: StaffEnd) -> None:
        return

    async def third_answered(self, call_id: str, transfer_id: str, channel: str, at: datetime) -> None:
        return


async def serve(report: Path) -> None:
    """Until SIGTERM."""
    set_up(json_lines=True)
    took: dict[str, list[float]] = defaultdict(list)
    bridge = Bridge(NoRecords(), observe=lambda question, _, seconds: took[question].append(seconds))
    server, over = FastAgi(), asyncio.Event()
    bridge.attach(server)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    print(await server.start("127.0.0.1", 0), flush=True)
    await over.wait()
    await server.stop()
    report.write_text(json.dumps(took))


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
