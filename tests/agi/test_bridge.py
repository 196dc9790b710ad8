"""The bridge between Asterisk's questions and the call desk, with the test playing Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.bridge import Bridge, assignment, variables
from agi.errors import UnsafeText
from agi.facts import AgentAnswered, AgentLeft
from agi.fastagi import FastAgi
from core.call import Bye, Instruction, Play, Ring, StepResult, TakeMessage, Wait
from core.errors import NotFound
from tests.agi.conftest import FakeDesk, until

pytestmark = pytest.mark.service


class Side:
    """FastAgi + Bridge + FakeDesk; `ask` plays one AGI session and gives the commands it heard."""

    def __init__(self, question_s: float = 10.0, end_s: float = 15.0) -> None:
        self.desk = FakeDesk()
        self.seen: list[tuple[str, str]] = []
        self.bridge = Bridge(
            self.desk, question_s, end_s=end_s, observe=lambda q, o, s: self.seen.append((q, o))
        )
        self.server = FastAgi()
        self.bridge.attach(self.server)
        self.port = 0

    async def open(self, route: str, *args: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = ["agi_network: yes", f"agi_network_script: {route}", "agi_channel: PJSIP/c-1"]
        lines += [f"agi_arg_{i}: {arg}" for i, arg in enumerate(args, 1)]
        writer.write(("\n".join(lines) + "\n\n").encode())
        return reader, writer

    async def ask(self, route: str, *args: str) -> list[str]:
        reader, writer = await self.open(route, *args)
        commands = []
        async with asyncio.timeout(30):
            while line := await reader.readline():
                commands.append(line.decode().strip())
                writer.write(b"200 result=0\n")
        writer.close()
        return commands


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    side = Side()
    side.port = await side.server.start("127.0.0.1", 0)
    yield side
    await side.server.stop()
    await side.bridge.drain(1.0)


async def test_arrival_sets_the_call_and_its_first_step_in_one_command(side: Side) -> None:
    side.desk.first = Play(("greeting", "recording-notice"))
    commands = await side.ask("arrived", "17.1", "", "12345", "13800138000")
    assert commands == [
        'EXEC MSet "__HL_CALL=call-17-1,HL_ACTION=play,HL_PROMPTS=greeting&recording-notice,HL_KEYS=0,HL_SECS=0"'
    ]
    arrival = side.desk.arrivals[0]
    assert (arrival.linkedid, arrival.line, arrival.caller, arrival.channel) == (
        "17.1",
        "12345",
        "13800138000",
        "PJSIP/c-1",
    )
    assert arrival.at.utcoffset() is not None
    assert side.seen == [("arrived", "ok")]


async def test_next_gives_the_result_and_takes_the_instruction(side: Side) -> None:
    side.desk.script = lambda r: Ring("1001", "PJSIP/s1001", 15, "c-1-2")
    commands = await side.ask("next", "17.1", "c-1", "12345", "138", "ring", "NOANSWER", "", "", "15")
    assert commands == [
        'EXEC MSet "HL_ACTION=ring,_HL_SEAT=1001,HL_ENDPOINT=PJSIP/s1001,HL_WEB=s1001-web,HL_BESIDE=,HL_SECS=15,HL_REC=c-1-2,HL_SAYS="'
    ]
    assert side.desk.results == [StepResult("c-1", "PJSIP/c-1", "ring", "NOANSWER", "", 0.0, 15.0)]


async def test_talk_seconds_belong_to_the_ring_step_alone(side: Side) -> None:
    await side.ask("next", "17.1", "c-1", "12345", "138", "play", "DONE", "5", "33", "40")
    assert (side.desk.results[0].answered_s, side.desk.results[0].digits) == (0.0, "5")


async def test_end_is_told_and_acknowledged(side: Side) -> None:
    commands = await side.ask(
        "ended", "17.1", "c-1", "12345", "138", "bye", "DONE", "agent", "33", "16", "", ""
    )
    assert commands == ['EXEC MSet "HL_KEPT=1"']
    assert (side.desk.ends[0].ended_by, side.desk.ends[0].answered_s) == ("agent", 33.0)


@pytest.mark.parametrize("error", [RuntimeError("x"), NotFound("no such call")])
async def test_failing_desk_sets_nothing_so_that_the_dialplan_asks_again(
    side: Side, error: Exception
) -> None:
    def fail(result: StepResult) -> Instruction:
        raise error

    side.desk.script = fail
    assert await side.ask("next", "17.1", "c-1") == []
    assert side.seen == [("next", "failed")]


async def test_failing_end_is_not_acknowledged_so_that_it_is_spooled(side: Side) -> None:
    async def fail(facts: object) -> None:
        raise RuntimeError

    side.desk.ended = fail  # type: ignore[method-assign]
    assert await side.ask("ended", "17.1", "c-1") == []


async def test_an_end_may_take_longer_than_a_caller_would_wait_but_not_for_ever() -> None:
    side = Side(question_s=0.05, end_s=2.0)
    side.port = await side.server.start("127.0.0.1", 0)

    async def slow(seconds: float) -> None:
        await asyncio.sleep(seconds)

    try:
        side.desk.ended = lambda facts: slow(0.2)  # type: ignore[method-assign]
        assert await side.ask("ended", "17.1", "c-1") == ['EXEC MSet "HL_KEPT=1"']
        side.desk.ended = lambda facts: slow(60)  # type: ignore[method-assign]
        assert await side.ask("ended", "17.2", "c-2") == []
    finally:
        await side.server.stop()


async def test_late_desk_is_bounded(side: Side) -> None:
    side.bridge._question_s = 0.2
    side.desk.delay_s = 30
    assert await side.ask("next", "17.1", "c-1") == []
    assert side.seen == [("next", "late")]


async def test_caller_who_hangs_up_frees_the_question_at_once(side: Side) -> None:
    stopped = asyncio.Event()

    async def wait(result: StepResult) -> Instruction:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()
        return Bye()

    side.desk.next = wait  # type: ignore[method-assign]
    _, writer = await side.open("next", "17.1", "c-1")
    await until(lambda: side.server.sessions == 1)
    writer.write(b"HANGUP\n")
    async with asyncio.timeout(5):  # half of what the question may take
        await stopped.wait()
    writer.close()


async def test_arrival_is_written_even_if_the_caller_is_gone_and_the_end_comes_after_it(side: Side) -> None:
    order: list[str] = []

    async def arrive(arrival: object) -> tuple[str, Instruction]:
        await asyncio.sleep(0.15)
        order.append("arrived")
        return "c-1", Bye()

    async def end(facts: object) -> None:
        order.append("ended")

    side.desk.arrived, side.desk.ended = arrive, end  # type: ignore[method-assign]
    _, writer = await side.open("arrived", "17.1", "", "12345", "138")
    await until(lambda: side.server.sessions == 1)
    writer.write(b"HANGUP\n")
    assert await side.ask("ended", "17.1") == ['EXEC MSet "HL_KEPT=1"']
    assert order == ["arrived", "ended"]
    writer.close()


async def test_end_is_written_even_if_asterisk_dies_meanwhile(side: Side) -> None:
    done = asyncio.Event()

    async def end(facts: object) -> None:
        await asyncio.sleep(0.15)
        done.set()

    side.desk.ended = end  # type: ignore[method-assign]
    _, writer = await side.open("ended", "17.1", "c-1")
    await until(lambda: side.server.sessions == 1)
    writer.transport.abort()
    async with asyncio.timeout(30):
        await done.wait()


async def test_what_ami_saw_of_agents_reaches_the_desk(side: Side) -> None:
    at = side.bridge._clock()
    await side.bridge.on_fact(AgentAnswered("c-1", "1001", "PJSIP/c-1", "PJSIP/a-2", at))
    await side.bridge.on_fact(AgentLeft("c-1", "1001", "PJSIP/a-2", at))
    assert side.desk.answered == [("c-1", "1001", "PJSIP/c-1", "PJSIP/a-2")]
    assert side.desk.left == [("c-1", "1001")]


IMPOSSIBLE: list[Instruction] = [
    Play(()), Play(("a,HL_ENDPOINT=x",)), Play(("../../etc/passwd",)), Play(("Greeting",)), Play(("a&b",) * 41), Play(("a",), keys=-1),
    Ring("1001", "PJSIP/x&Local/y", 10, "r"), Ring("1001", "Local/1@hl-in", 10, "r"), Ring("1,2", "PJSIP/x", 10, "r"),
    Ring("1001", "PJSIP/x", 10, "../r"), Ring("1001", "PJSIP/x", 10, "r,HL_ACTION=bye"), Ring("1001", 'PJSIP/x"', 10, "r"),
    Wait(10**6), TakeMessage((), "a/b", 60), TakeMessage(("x y",), "r", 60), Bye(("${SHELL(id)}",)),
]  # fmt: skip


@pytest.mark.parametrize("instruction", IMPOSSIBLE, ids=str)
async def test_impossible_instruction_is_never_sent(side: Side, instruction: Instruction) -> None:
    side.desk.script = lambda r: instruction
    assert await side.ask("next", "17.1", "c-1") == []


@given(prompt=st.text(max_size=70), seat=st.text(max_size=50), recording=st.text(max_size=120))
def test_whatever_the_desk_says_stays_one_assignment(prompt: str, seat: str, recording: str) -> None:
    made: list[Callable[[], Instruction]] = [
        lambda: Play((prompt,)), lambda: Ring(seat, "PJSIP/x", 9, recording), lambda: TakeMessage((prompt,), recording, 9)
    ]  # fmt: skip
    for make in made:
        instruction = make()
        try:
            command = assignment(variables(instruction))
        except UnsafeText:
            continue
        assert command.count('"') == 2
        assert command.count("=") == len(variables(instruction))
        assert not set(command) & set("\r\n$\\`;|")
