"""A floor as it is at ten in the morning, put into the database of the hotline under the pages."""

import asyncio
import math
import struct
import wave
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import update

from core.call import Arrival
from core.ports import Utterance
from routing import CallView, RoutingPolicy, Snapshot, decide
from store import calls, decisions, messages, proposals, recordings, utterances
from store.tables import Seat
from tests.desk.house import Standing

T = TypeVar("T")
RATE, SECONDS = 8000, 6
CITIZEN = "13812345678"
TALK = (
    ("agent", "您好，12345热线，请问有什么可以帮您？", 0.5, 2.2),
    ("citizen", "我们小区停水两天了，打物业电话没人接。", 2.4, 4.6),
    ("agent", "请问您在哪个小区？", 4.7, 5.8),
)


def on(house: Standing, work: Coroutine[Any, Any, T]) -> T:
    """What must happen on the hotline's own loop."""
    return asyncio.run_coroutine_threadsafe(work, house.loop).result(30)


@dataclass(frozen=True)
class Morning:
    """`talked`: a call that is over, with its sound; `waits`: one in the queue; `talks`: one at seat 8001."""

    talked: str
    waits: str
    talks: str


async def morning(house: Standing, agent: str) -> Morning:
    """agent: id of the user who sits at 8001."""
    at = datetime.now(UTC)
    async with house.database.session() as session:
        view, floor = CallView("x", 0.0), Snapshot(())
        talked, _ = await calls.add_call(
            session,
            Arrival("desk.1", "PJSIP/t-1", "12345", CITIZEN, at - timedelta(minutes=9)),
            answered_at=at - timedelta(minutes=9),
        )
        began = at - timedelta(minutes=9) + timedelta(seconds=12)
        await calls.change(
            session,
            talked,
            prompts_ended_at=began - timedelta(seconds=4),
            agent_answered_at=began,
            seat_id="8001",
            user_id=agent,
            talk_seconds=SECONDS,
        )
        await calls.ended(session, talked, began + timedelta(seconds=SECONDS), "citizen")
        seen = CallView(talked, 0.0)
        await decisions.add(session, "gone", [(at, seen, floor, decide(view, floor, RoutingPolicy()), True)])
        for who, words, since, until in TALK:
            await utterances.add_live(
                session, talked, who, [Utterance(words, since, until, True)], "test", began
            )  # type: ignore[arg-type]
        await proposals.add_round(
            session, talked, [proposals.Proposed("unit", "chenzhou.slj", "市水利局", 0.91, True, [])], began
        )
        sound = await recordings.add(session, talked, "desk-1", began)
        name = "desk-1.wav"
        _tones(house, name)
        await recordings.settle(
            session,
            [recordings.Outcome(sound, talked, "ready", None, name, 2, RATE, float(SECONDS), "ab" * 32)],
        )
        waits, _ = await calls.add_call(
            session,
            Arrival("desk.2", "PJSIP/t-2", "12345", "13900001111", at - timedelta(seconds=95)),
            answered_at=at,
        )
        await calls.change(
            session,
            waits,
            state="queued",
            prompts_ended_at=at - timedelta(seconds=80),
            queued_at=at - timedelta(seconds=80),
        )
        talks, _ = await calls.add_call(
            session,
            Arrival("desk.3", "PJSIP/t-3", "12333", "13700002222", at - timedelta(seconds=200)),
            answered_at=at,
        )
        await calls.change(
            session,
            talks,
            state="talking",
            agent_answered_at=at - timedelta(seconds=190),
            seat_id="8001",
            user_id=agent,
        )
        taken = {
            "state": "talking",
            "updated_at": at - timedelta(seconds=190),
            "call_id": talks,
            "user_id": agent,
        }
        await session.execute(update(Seat).where(Seat.id == "8001").values(**taken))
        spoke, _ = await calls.add_call(
            session,
            Arrival("desk.4", "PJSIP/t-4", "12345", "13600003333", at - timedelta(minutes=30)),
            answered_at=at,
        )
        voice = await recordings.add(session, spoke, "desk-message", began)
        _tones(house, "desk-message.wav")
        await recordings.settle(
            session,
            [
                recordings.Outcome(
                    voice, spoke, "ready", None, "desk-message.wav", 2, RATE, float(SECONDS), "cd" * 32
                )
            ],
        )
        await calls.ended(session, spoke, at - timedelta(minutes=29), "citizen")
        left, words = at - timedelta(minutes=30), "请给我回电话，路灯不亮"
        await messages.add(
            session, "voicemail", "13600003333", left, call_id=spoke, recording="desk-message", text=words
        )
    return Morning(talked, waits, talks)


def _tones(house: Standing, name: str) -> None:
    """The citizen's tone in the first half, the agent's in the second."""
    house.settings.recordings.mkdir(parents=True, exist_ok=True)
    with wave.open(str(house.settings.recordings / name), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        half = RATE * SECONDS // 2
        for n in range(2 * half):
            loud = round(12_000 * math.sin(n * 0.3) * abs(math.sin(n / 1500)))
            file.writeframesraw(struct.pack("<hh", loud if n < half else 0, loud if n >= half else 0))
