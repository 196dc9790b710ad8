"""Asterisk's questions to the call desk and back: bounded, checked, and never the reason a caller is dropped.

A question that fails in any way sets no instruction; the dialplan then apologises, asks again, and after the third
failure takes a message through agi/fallback.py.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from agi.errors import UnsafeText
from agi.facts import AgentAnswered, AgentLeft, Fact, ThirdAnswered, end_facts, staff_end, staff_result, whole
from agi.fastagi import FastAgi, Session
from agi.plan import web_of
from core.call import (
    Arrival,
    Bye,
    CallDesk,
    EndFacts,
    Hold,
    Instruction,
    Play,
    Reach,
    Ring,
    Room,
    StaffEnd,
    StepResult,
    TakeMessage,
    Wait,
)
from core.errors import HotlineError
from core.masking import pii

log = structlog.get_logger(__name__)
T = TypeVar("T")

ASK_FIELDS = (
    "linkedid", "call_id", "line", "caller", "step", "status", "digits", "talk_s", "dial_s", "cause", "rang_s",
)  # fmt: skip

_PHONE = r"(PJSIP/(\+?[0-9]{1,20}@)?[A-Za-z0-9_.-]{1,40}|Local/\+?[0-9]{1,20}@hl-out/n)"
_SHAPES = {
    "HL_CALL": r"[A-Za-z0-9_-]{1,64}",
    "HL_SEAT": r"[A-Za-z0-9_.-]{1,40}",
    "HL_PROMPTS": r"([a-z0-9][a-z0-9-]{0,60}(&[a-z0-9][a-z0-9-]{0,60}){0,39})?",
    "HL_ENDPOINT": rf"{_PHONE}(&{_PHONE}){{0,3}}",
    "HL_WEB": r"([A-Za-z0-9_.-]{1,44})?",
    "HL_BESIDE": rf"(&{_PHONE}){{0,3}}",
    "HL_SAYS": r"(A\([a-z0-9][a-z0-9-]{0,60}:[a-z0-9][a-z0-9-]{0,60}\))?",
    "HL_REC": r"([A-Za-z0-9][A-Za-z0-9_.-]{0,100})?",
    "HL_SECS": r"[0-9]{1,5}(\.[0-9]{1,3})?",
    "HL_KEYS": r"[0-9]{1,2}",
    "HL_THIRD": r"[A-Za-z0-9_-]{1,64}",
    "HL_THIRD_SEAT": r"[A-Za-z0-9_.-]{0,40}",
    "HL_THEIRS": r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}",
    "HL_ROLE": r"[a-z_]{1,20}",
    "HL_ROOM": r"[A-Za-z0-9]{2,80}",
    "HL_PEER": r"([A-Za-z0-9_.@+-]+/[A-Za-z0-9_.@+;/-]{1,100})?",
}


def variables(instruction: Instruction) -> dict[str, str]:
    """The dialplan variables that make Asterisk carry out `instruction`. Raises UnsafeText on an impossible one."""
    match instruction:
        case Play(prompts, keys, timeout_s):
            if not prompts and not keys:
                raise UnsafeText("a play step without prompts or keys would spin")
            return {
                "HL_ACTION": "play",
                "HL_PROMPTS": "&".join(prompts),
                "HL_KEYS": str(keys),
                "HL_SECS": f"{timeout_s:g}",
            }
        case Ring(seat, endpoint, timeout_s, recording, announce):
            return {
                "HL_ACTION": "ring",
                "_HL_SEAT": seat,
                "HL_ENDPOINT": endpoint,
                **_page_of(endpoint),
                "HL_SECS": str(max(1, timeout_s)),
                "HL_REC": recording,
                "HL_SAYS": f"A({announce}:{announce})" if announce else "",
            }
        case Wait(seconds, prompts):
            return {"HL_ACTION": "wait", "HL_PROMPTS": "&".join(prompts), "HL_SECS": str(max(1, seconds))}
        case TakeMessage(prompts, recording, max_s):
            return {
                "HL_ACTION": "message",
                "HL_PROMPTS": "&".join(prompts),
                "HL_REC": recording,
                "HL_SECS": str(max(1, max_s)),
            }
        case Bye(prompts):
            return {"HL_ACTION": "bye", "HL_PROMPTS": "&".join(prompts)}
        case Reach():
            return _reach(instruction)
        case Hold(seconds, peer, recording):
            told = {"HL_ACTION": "hold", "HL_SECS": str(max(1, seconds)), "HL_REC": recording}
            return told | ({"HL_PEER": peer} if peer else {})
        case Room(room, recording, fetch):
            return {
                "HL_ACTION": "room",
                "HL_ROOM": room,
                "HL_REC": recording,
                "HL_FETCH": "1" if fetch else "0",
            }


def _page_of(endpoint: str) -> dict[str, str]:
    """The account of the phone in the page of the seat that is to ring first, and what rings beside it; empty for others' phones."""
    seat, beside, rest = endpoint.partition("&")
    user = seat.removeprefix("PJSIP/")
    web = web_of(user) if user != seat and "@" not in user else ""
    return {"HL_WEB": web, "HL_BESIDE": beside + rest if web else ""}


def _reach(told: Reach) -> dict[str, str]:
    return {
        "HL_ACTION": "reach",
        "HL_THIRD": told.transfer_id,
        "HL_ROLE": told.role,
        "HL_THIRD_SEAT": told.seat,
        "HL_ENDPOINT": told.endpoint,
        **_page_of(told.endpoint),
        "HL_SECS": str(max(1, told.timeout_s)),
        "HL_REC": told.recording,
        "HL_THEIRS": told.theirs,
    }


def assignment(values: dict[str, str]) -> str:
    """One `EXEC MSet` for all: one round trip. Raises UnsafeText where a value isn't of its expected shape."""
    for name, value in values.items():
        shape = _SHAPES.get(name.lstrip("_"))
        if shape and not re.fullmatch(shape, value):
            raise UnsafeText(f"{name} has an impossible value")
    return 'EXEC MSet "' + ",".join(f"{name}={value}" for name, value in values.items()) + '"'


def _now() -> datetime:
    return datetime.now(UTC)


class Bridge:
    """Routes the questions of citizens' and other legs to a CallDesk.

    question_s: bound on the desk, below the dialplan's own (SwitchSettings.question_s). end_s: bound on noting an end, for
    which no caller waits: giving up early would start a fallback process for each call. observe: called with the question's
    name, its outcome (`ok`, `late`, `failed`) and seconds taken, for metrics.
    """

    def __init__(
        self,
        desk: CallDesk,
        question_s: float = 4.0,
        end_s: float = 15.0,
        clock: Callable[[], datetime] = _now,
        observe: Callable[[str, str, float], None] = lambda question, outcome, seconds: None,
    ) -> None:
        self._desk = desk
        self._question_s = question_s
        self._end_s = end_s
        self._clock = clock
        self._observe = observe
        self._arriving: dict[str, asyncio.Task[tuple[str, Instruction] | None]] = {}
        self._ending: set[asyncio.Task[bool | None]] = set()

    def attach(self, server: FastAgi) -> None:
        """Add the routes."""
        for route in (self.arrived, self.next, self.ended, self.staff_next, self.staff_ended):
            server.add_route(route.__name__, route)

    async def arrived(self, session: Session) -> None:
        """A new call. Runs to its end even if the caller hangs up meanwhile: a call that reached us has a record."""
        said = _said(session)
        arrival = Arrival(
            said["linkedid"],
            session.headers.get("agi_channel", ""),
            said["line"],
            said["caller"],
            self._clock(),
        )
        task = asyncio.ensure_future(self._bounded("arrived", self._desk.arrived(arrival)))
        self._arriving[arrival.linkedid] = task
        task.add_done_callback(lambda _: self._arriving.pop(arrival.linkedid, None))
        answer = await asyncio.shield(task)
        if answer is not None:
            call_id, instruction = answer
            await self._instruct(session, instruction, {"__HL_CALL": call_id})
            log.info("call arrived", call=call_id, line=arrival.line, **pii(caller=arrival.caller))

    async def next(self, session: Session) -> None:
        """A step is done; what now? Ends at once when the caller hangs up."""
        said = _said(session)
        talked = said["step"] in (
            "ring",
            "reach",
            "room",
        )  # the last talk's seconds are kept for the call's end
        result = StepResult(
            call_id=said["call_id"],
            channel=session.headers.get("agi_channel", ""),
            step=said["step"],
            status=said["status"],
            digits=said["digits"],
            answered_s=float(whole(said["talk_s"])) if talked else 0.0,
            dialled_s=float(whole(said["dial_s"])) if talked else 0.0,
            cause=whole(said["cause"]) if talked else 0,
            rang=said["rang_s"] != "",
        )
        instruction = await self._bounded("next", self._desk.next(result))
        if instruction is not None:
            await self._instruct(session, instruction, {})

    async def ended(self, session: Session) -> None:
        """The citizen's channel is gone. Told to the desk after any question of the same call still under way."""
        facts = end_facts(session.args(), self._clock())
        task = asyncio.ensure_future(self._bounded("ended", self._end(facts), self._end_s))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        if await asyncio.shield(task):
            await session.send_command('EXEC MSet "HL_KEPT=1"')

    async def staff_next(self, session: Session) -> None:
        """A leg that was taken out of its talk; what now?"""
        result = staff_result(session.args(), session.headers.get("agi_channel", ""))
        instruction = await self._bounded("staff_next", self._desk.staff_next(result))
        if instruction is not None:
            await self._instruct(session, instruction, {})

    async def staff_ended(self, session: Session) -> None:
        """Such a leg is gone; nobody waits for us."""
        end = staff_end(session.args(), session.headers.get("agi_channel", ""), self._clock())
        task = asyncio.ensure_future(self._bounded("staff_ended", self._staff_gone(end), self._end_s))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        await asyncio.shield(task)

    async def _staff_gone(self, end: StaffEnd) -> bool:
        await self._desk.staff_ended(end)
        return True

    async def _end(self, facts: EndFacts) -> bool:
        arriving = self._arriving.get(facts.linkedid)
        if arriving is not None:
            await asyncio.wait({arriving}, timeout=self._question_s / 2)
        await self._desk.ended(facts)
        return True

    async def on_fact(self, fact: Fact) -> None:
        """Pass on what AMI saw of agents; other facts are for the composition root."""
        match fact:
            case AgentAnswered(call_id, seat, citizen_channel, agent_channel, at):
                await self._bounded(
                    "agent_answered",
                    self._desk.agent_answered(call_id, seat, citizen_channel, agent_channel, at),
                )
            case ThirdAnswered(call_id, transfer_id, channel, at):
                await self._bounded(
                    "third_answered", self._desk.third_answered(call_id, transfer_id, channel, at)
                )
            case AgentLeft(call_id, seat, _, at):
                await self._bounded("agent_left", self._desk.agent_left(call_id, seat, at))

    async def drain(self, timeout: float = 5.0) -> None:
        """Wait for arrivals and endings still being written, at most `timeout` seconds."""
        pending = {*self._arriving.values(), *self._ending}
        if pending:
            await asyncio.wait(pending, timeout=timeout)

    async def _instruct(self, session: Session, instruction: Instruction, also: dict[str, str]) -> None:
        try:
            command = assignment(also | variables(instruction))
        except UnsafeText as error:
            log.error("impossible instruction", instruction=type(instruction).__name__, error=str(error))
            return
        await session.send_command(command)

    async def _bounded(self, question: str, answer: Awaitable[T], bound_s: float | None = None) -> T | None:
        """What the desk says within its bound; None where it is late or fails, which is logged and counted."""
        start, bound_s = time.monotonic(), bound_s or self._question_s
        outcome = "failed"
        try:
            async with asyncio.timeout(bound_s):
                value = await answer
            outcome = "ok"
            return value
        except TimeoutError:
            outcome = "late"
            log.error("the desk is late", question=question, bound_s=bound_s)
        except HotlineError as error:
            log.error("the desk refused", question=question, error=error.code)
        except Exception as error:
            log.error("the desk failed", question=question, error=type(error).__name__, exc_info=error)
        finally:
            self._observe(question, outcome, time.monotonic() - start)
        return None


def _said(session: Session) -> dict[str, str]:
    return dict(zip(ASK_FIELDS, [*session.args(), *[""] * len(ASK_FIELDS)], strict=False))
