"""Plays a scenario on a running instance: two phones, two voices, one desk; gives back what really happened."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app.demo.audio import load_wav
from app.demo.desk import Desk
from app.demo.leg import Leg
from app.demo.phone import Phone, answer_after
from app.demo.scenario import Scenario, Turn
from app.demo.voices import spoken
from app.instance import Instance
from app.seeding import kept_accounts
from core.errors import HotlineError
from core.masking import mask_number
from store import seats
from store.database import Database
from store.sealed import Keyring
from tickets.clock import local, words

CAPTION_S = 25.0
AFTER_CALL_S = 90.0
HOTLINE_UNIT = "chenzhou.hotline"
Say = Callable[[str, str], None]


@dataclass(slots=True)
class Clock:
    """Milliseconds since the citizen dialled, by name."""

    began: float = field(default_factory=time.monotonic)
    marks: dict[str, int] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.marks.setdefault(name, round((time.monotonic() - self.began) * 1000))


@dataclass(slots=True)
class Heard:
    """Live events as the desk gets them, and a bell for each."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bell: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, found: Callable[[dict[str, Any]], bool], timeout: float) -> dict[str, Any] | None:
        """The first event that fits, past ones included; None where none came in time."""
        try:
            async with asyncio.timeout(timeout), self.bell:
                while True:
                    hit = next((event for _, event in self.events if found(event)), None)
                    if hit is not None:
                        return hit
                    await self.bell.wait()
        except TimeoutError:
            return None


class Play:
    """One scenario on one instance. `say(who, what)` is told what happens as it happens."""

    def __init__(
        self, instance: Instance, scenario: Scenario, say: Say, citizen_wav: Path | None = None
    ) -> None:
        self._instance = instance
        self._scenario = scenario
        self._say = say
        self._wav = citizen_wav
        self._heard = Heard()
        self._rings: set[asyncio.Task[None]] = set()
        self.clock = Clock()

    async def run(self) -> dict[str, Any]:
        """The call, the ticket and the after-call text, as the API tells them. Raises HotlineError where a step fails."""
        settings = self._instance.settings
        account = next(one for one in kept_accounts(settings) if one.role == "agent")
        speech = await self.rehearse()
        server = (settings.sip_host, settings.sip_port)
        async with AsyncExitStack() as stack:
            secret = await _seat_secret(settings.database, settings.home, account.seat)
            agent = await stack.enter_async_context(
                Phone(account.seat, server, account.seat, secret, on_ring=answer_after(0.6))
            )
            citizen = await stack.enter_async_context(Phone(self._scenario.caller, server))
            await agent.register()
            desk = await stack.enter_async_context(Desk(self._instance.url, account, self._event))
            await desk.sit_down(account.seat)
            self._say("agent", f"座席 {account.seat} 已签入并示闲")
            self.clock = Clock()
            call_id = await self._talk(citizen, agent, desk, speech)
            ticket = await self._file(desk, call_id)
            return await self._result(desk, call_id, ticket)

    # --- the talk ----------------------------------------------------------------------------------------------------

    async def _talk(self, citizen: Phone, agent: Phone, desk: Desk, speech: dict[str, Any]) -> str:
        scenario = self._scenario
        self._say("citizen", f"{_masked(scenario.caller)} 拨打 {scenario.line}")
        leg = await citizen.call(scenario.line, from_number=scenario.caller, timeout=20)
        self.clock.mark("citizen_answered")
        theirs = await agent.wait_leg(60)
        self.clock.mark("agent_answered")
        self._say("agent", "话务员接听")
        pop = await self._heard.until(lambda e: e.get("event") == "call.ringing", 10)
        if pop is None:
            raise HotlineError("the seat's screen did not pop")
        call_id = str(pop["call_id"])
        await self._heard.until(lambda e: e.get("event") == "call.answered", 10)
        await desk.follow(f"call.{call_id}")
        legs = {"citizen": leg, "agent": theirs}
        for turn in scenario.turns if self._wav is None else _around(scenario.turns):
            await self._turn(turn, legs[turn.who], speech)
        await leg.hangup()
        self.clock.mark("hung_up")
        self._say("citizen", "市民挂机")
        await theirs.wait_end(15)
        return call_id

    async def _turn(self, turn: Turn, leg: Leg, speech: dict[str, Any]) -> None:
        before = self._captions(turn.who)
        leg.say(speech[turn.say])
        await leg.said(120)
        self.clock.mark("first_words")
        if turn.listen:
            await self._heard.until(lambda e: self._captions(turn.who) > before, CAPTION_S)
            self.clock.mark("first_caption")
        else:
            await asyncio.sleep(0.4)

    def _captions(self, who: str) -> int:
        return sum(
            1 for _, e in self._heard.events
            if e.get("event") == "call.utterance" and e.get("speaker") == who and e.get("final")
        )  # fmt: skip

    # --- the ticket --------------------------------------------------------------------------------------------------

    async def _file(self, desk: Desk, call_id: str) -> dict[str, Any]:
        """What the agent does: take the first unit proposed, or keep it at the hotline where we don't know."""
        found = (await desk.get(f"/calls/{call_id}/proposals"))["items"]
        unit = next((p for p in found if p["kind"] == "unit"), None)
        if unit is not None:
            await desk.accept(call_id, unit["id"])
            self._say("match", f"采纳承办单位建议：{unit['title']}（{unit['score']:.2f}）")
        draft = await desk.get(f"/calls/{call_id}/draft")
        given = {
            "type": draft["type"]["value"] or self._scenario.type,
            "title": draft["title"]["value"] or self._scenario.title,
            "body": draft["body"]["value"] or self._scenario.title,
            "call_id": call_id,
            "unit": unit["ref"] if unit else HOTLINE_UNIT,
        }
        ticket: dict[str, Any] = await desk.file(given)
        self.clock.mark("ticket_filed")
        self._say(
            "ticket", f"工单 {ticket['number']} 已派 {ticket['unit_code']}，办结期限 {ticket['due_at']}"
        )
        return ticket

    # --- what came of it ---------------------------------------------------------------------------------------------

    async def _result(self, desk: Desk, call_id: str, ticket: dict[str, Any]) -> dict[str, Any]:
        recorded = await self._when(lambda: self._recording(desk, call_id))
        self.clock.mark("recording_ready")
        utterances = await self._when(lambda: self._after_call(desk, call_id))
        self.clock.mark("transcribed")
        call = await desk.get(f"/calls/{call_id}")
        proposals = (await desk.get(f"/calls/{call_id}/proposals"))["items"]
        kept = sorted(self._instance.settings.recordings.glob(f"{call_id}-*.wav"))
        for one in utterances or []:
            self._say(one["speaker"], f"「{one['text']}」")
        return {
            "call": _call(call),
            "recording": {
                "path": str(kept[0]) if kept else "",
                "channels": recorded["channels"] if recorded else 0,
                "seconds": recorded["seconds"] if recorded else 0.0,
                "sha256": recorded["sha256"] if recorded else "",
            },
            "utterances": [
                {**{k: one[k] for k in ("speaker", "text", "start_s", "end_s")}, "final": True}
                for one in utterances or []
            ],
            "proposals": {
                name: [_candidate(p) for p in proposals if p["kind"] == kind] for kind, name in KINDS
            },
            "ticket": {
                "id": ticket["id"],
                "number": ticket["number"],
                "type": ticket["type"],
                "unit": ticket["unit_code"],
                "due": _in_china(ticket["due_at"]),
                "policy": ticket["policy"],
                "steps": ticket["steps"],
            },
            "timings_ms": self.clock.marks,
        }

    async def _recording(self, desk: Desk, call_id: str) -> Any:
        found = (await desk.get(f"/calls/{call_id}/recordings"))["items"]
        return next((one for one in found if one["state"] == "ready"), None)

    async def _after_call(self, desk: Desk, call_id: str) -> Any:
        found = (await desk.get(f"/calls/{call_id}/utterances"))["items"]
        return found if any(one["source"] == "after_call" for one in found) else None

    async def _when(self, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + AFTER_CALL_S
        while time.monotonic() < deadline:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.3)
        return None

    # ---

    async def rehearse(self) -> dict[str, Any]:
        """Every sentence in its speaker's voice, and the operator's own recording; once per user, then from the cache."""
        said: dict[str, Any] = {}
        sentences = spoken(self._scenario, self._instance.settings.models)
        while sentence := await asyncio.to_thread(next, sentences, None):  # Ctrl-C waits for one at most
            said[sentence[0]] = load_wav(sentence[1])
        if self._wav is not None:
            said[OWN] = load_wav(self._wav)
        return said

    def _event(self, topic: str, event: dict[str, Any]) -> None:
        self._heard.events.append((topic, event))
        line = _line(event)
        if line:
            self._say(*line)
        if event.get("event") == "call.suggested":
            self.clock.mark("first_proposal")
        ring = asyncio.ensure_future(self._ring_bell())
        self._rings.add(ring)
        ring.add_done_callback(self._rings.discard)

    async def _ring_bell(self) -> None:
        async with self._heard.bell:
            self._heard.bell.notify_all()


OWN = "(own recording)"
KINDS = (("answer", "answers"), ("unit", "units"), ("refusal", "refusals"))


def _around(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The agent's turns stay; the operator's own recording takes the place of all the citizen says."""
    agent = [turn for turn in turns if turn.who == "agent"]
    return (agent[0], Turn(who="citizen", say=OWN, listen=True), *agent[1:])


def _line(event: dict[str, Any]) -> tuple[str, str] | None:
    match event.get("event"):
        case "call.ringing":
            return "seat", f"弹屏：{event['line']} 来电，{event['call_id']}"
        case "call.utterance" if event.get("final"):
            return str(event["speaker"]), f"字幕 {event['start_s']:.1f}s「{event['text']}」"
        case "call.suggested":
            top = [
                f"{c[0]['title']}（{c[0]['score']:.2f}）"
                for c in event["proposals"].values()
                if isinstance(c, list) and c
            ]
            return "match", "建议：" + "；".join(top) if top else "建议：不确定"
        case "call.ended":
            return "call", f"通话结束（{event['ended_by']}）"
    return None


def _call(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": call["id"],
        "linkedid": call["linkedid"],
        "line": call["line"],
        "caller_masked": call["caller"],
        "answered_after_ms": _between(call["answered_at"], call["agent_answered_at"]),
        "answered_after_prompts_ms": _between(call["prompts_ended_at"], call["agent_answered_at"]),
        "ended_by": call["ended_by"],
    }


def _in_china(moment: str | None) -> str | None:
    return local(datetime.fromisoformat(moment)).isoformat() if moment else None


def _words(moment: str | None) -> str:
    return words(datetime.fromisoformat(moment)) if moment else "无"


def _between(start: str | None, end: str | None) -> int | None:
    if not start or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)


def _candidate(proposal: dict[str, Any]) -> dict[str, Any]:
    return {key: proposal[key] for key in ("ref", "title", "score", "confident", "evidence", "decision")}


def _masked(number: str) -> str:
    return mask_number(number)


async def _seat_secret(url: str, home: Path, seat: str) -> str:
    database = Database(url, Keyring.parse((home / "secrets" / "data_key").read_text()))
    try:
        async with database.reading() as session:
            return (await seats.get(session, seat)).sip_secret or ""
    finally:
        await database.close()


def problems(result: dict[str, Any], own_recording: bool) -> list[str]:
    """What is missing or not real in a result; empty means the demo held."""
    found = []
    call, recording, ticket = result["call"], result["recording"], result["ticket"]
    if not (call["id"] and call["linkedid"] and call["answered_after_ms"] is not None and call["ended_by"]):
        found.append("the call's record is not complete")
    if recording["channels"] != 2 or recording["seconds"] < 3 or not Path(recording["path"]).is_file():
        found.append("there is no two-channel recording")
    speakers = {one["speaker"] for one in result["utterances"] if one["text"].strip()}
    if "citizen" not in speakers or ("agent" not in speakers and not own_recording):
        found.append(f"recognised speech of {', '.join(sorted(speakers)) or 'nobody'} only")
    if not own_recording:
        for name, candidates in result["proposals"].items():
            if not all(c["evidence"] for c in candidates) or not candidates:
                found.append(f"no {name} were proposed with evidence")
    if not (ticket["id"] and ticket["unit"] and ticket["due"] and ticket["policy"] and ticket["steps"]):
        found.append("the ticket has no unit, deadline, policy or steps")
    return found
