"""FastAGI against every kind of peer; each test names the panoramisk defect it guards against."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from agi.errors import CallerGone, CommandRefused, CommandTimeout, UnsafeText
from agi.fastagi import FastAgi, Limits, Session
from tests.agi.conftest import until

pytestmark = pytest.mark.service

HEADER = (
    b"agi_network: yes\nagi_network_script: ask\nagi_channel: PJSIP/c-1\nagi_arg_1: one\nagi_arg_2: two\n\n"
)
SHORT = Limits(header_s=0.3, command_s=0.4, session_s=2.0, close_s=0.3, bytes=4096, sessions=600)


class Server:
    """A FastAgi whose one route runs what the test puts into `talk`; outcomes are kept."""

    def __init__(self) -> None:
        self.talk: Callable[[Session], Awaitable[object]] = self.noop
        self.outcomes: list[object] = []
        self.agi = FastAgi(SHORT)
        self.agi.add_route("ask", self.ask)
        self.port = 0

    async def noop(self, session: Session) -> object:
        return await session.send_command("NOOP")

    async def ask(self, session: Session) -> None:
        try:
            self.outcomes.append(await self.talk(session))
        except BaseException as error:
            self.outcomes.append(error)
            raise

    async def client(self, first: bytes = HEADER) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(first)
        return reader, writer

    async def outcome(self) -> object:
        await until(lambda: self.outcomes, 30)
        return self.outcomes[0]

    async def answers(self, *replies: bytes) -> object:
        """Play Asterisk: one reply per command, then see how the endpoint ended."""
        reader, writer = await self.client()
        for reply in replies:
            await reader.readline()
            writer.write(reply)
        outcome = await self.outcome()
        writer.close()
        return outcome

    async def healthy(self) -> bool:
        """A whole conversation still works, soon."""
        self.outcomes.clear()
        self.talk = self.noop
        async with asyncio.timeout(10):
            outcome = await self.answers(b"200 result=0\n")
        return isinstance(outcome, dict)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    server.port = await server.agi.start("127.0.0.1", 0)
    yield server
    await server.agi.stop()
    assert server.agi.sessions == 0


async def closed(reader: asyncio.StreamReader) -> bool:
    """Did the server close its side soon?"""
    try:
        async with asyncio.timeout(10):
            while await reader.read(1000):
                pass
    except ConnectionError:
        pass
    return True


async def test_whole_conversation_with_arguments(server: Server) -> None:
    async def talk(session: Session) -> object:
        return session.args(), await session.send_command("SET VARIABLE A B")

    server.talk = talk
    outcome = await server.answers(b"200 result=1\n")
    assert isinstance(outcome, tuple)
    args, reply = outcome
    assert args == ["one", "two"]
    assert reply["result"] == ("1", "")


async def test_connect_and_close_freezes_nothing(server: Server) -> None:
    """panoramisk: endless loop at end of file, the whole event loop stands still."""
    for _ in range(20):
        _, writer = await server.client(b"")
        writer.close()
    assert await server.healthy()
    await until(lambda: server.agi.sessions == 0)


@pytest.mark.parametrize(
    "first",
    [b"agi_network: yes\n", HEADER[:-1], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n", b"\n", b"x" * 10_000, b"agi_a: b\n" * 500],
    ids=["half", "no blank line", "tls", "http", "empty header", "one endless line", "endless header"],
)  # fmt: skip
async def test_what_is_no_agi_header_is_closed(server: Server, first: bytes) -> None:
    """panoramisk: waits for ever for the rest, keeps all of it."""
    reader, writer = await server.client(first)
    assert await closed(reader)
    writer.close()
    assert server.outcomes == []
    assert await server.healthy()


async def test_slow_peer_is_given_up(server: Server) -> None:
    """panoramisk: no bound on the header, a byte now and then holds a session for ever."""
    reader, writer = await server.client(b"agi_network: yes\n")

    async def drip() -> None:
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert await closed(reader)
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(30):
            await dripping
    writer.close()
    assert await server.healthy()


async def test_hangup_while_a_command_waits_raises_at_once(server: Server) -> None:
    """panoramisk: HANGUP is taken for the command's answer, every later one is off by one."""
    assert isinstance(await server.answers(b"HANGUP\n"), CallerGone)


async def test_hangup_before_the_answer_is_not_the_answer(server: Server) -> None:
    async def talk(session: Session) -> object:
        first = await session.send_command("NOOP 1")
        with pytest.raises(CallerGone):
            await session.send_command("NOOP 2")
        return first

    server.talk = talk
    outcome = await server.answers(b"200 result=11\n", b"HANGUP\n200 result=22\n")
    assert isinstance(outcome, dict)
    assert outcome["result"] == ("11", "")


async def test_hangup_ends_a_handler_that_waits_for_something_else(server: Server) -> None:
    async def talk(session: Session) -> object:
        await asyncio.sleep(60)
        return None

    server.talk = talk
    reader, writer = await server.client()
    await until(lambda: server.agi.sessions == 1)
    writer.write(b"HANGUP\n")
    assert isinstance(await server.outcome(), asyncio.CancelledError)
    assert await closed(reader)
    await until(lambda: server.agi.sessions == 0)
    writer.close()


async def test_hangup_shown_as_minus_one_is_a_hangup(server: Server) -> None:
    """panoramisk: a hangup in STREAM FILE is reported as an application error."""
    assert isinstance(await server.answers(b"200 result=-1 endpos=800\nHANGUP\n"), CallerGone)


async def test_minus_one_without_hangup_is_a_refusal(server: Server) -> None:
    assert isinstance(await server.answers(b"200 result=-1\n"), CommandRefused)


async def test_exec_of_a_missing_application_is_a_refusal(server: Server) -> None:
    """panoramisk: result -2 looks like success."""
    assert isinstance(await server.answers(b"200 result=-2\n"), CommandRefused)


async def test_command_on_a_dead_channel_is_a_hangup(server: Server) -> None:
    assert isinstance(
        await server.answers(b"511 Command Not Permitted on a dead channel or intercept routine\n"),
        CallerGone,
    )


async def test_usage_text_of_many_lines_is_one_answer(server: Server) -> None:
    """panoramisk: reads one line too few or too many, the next command gets the wrong answer."""

    async def talk(session: Session) -> object:
        with pytest.raises(CommandRefused, match="Proper usage"):
            await session.send_command("STREAM FILE")
        return await session.send_command("NOOP")

    server.talk = talk
    usage = b"520-Invalid command syntax.  Proper usage follows:\nUsage: STREAM FILE <a> <b>\nMore.\n520 End of proper usage.\n"
    outcome = await server.answers(usage, b"200 result=7\n")
    assert isinstance(outcome, dict)
    assert outcome["result"] == ("7", "")


async def test_trying_is_not_the_answer(server: Server) -> None:
    outcome = await server.answers(b"100 Trying...\n200 result=5\n")
    assert isinstance(outcome, dict)
    assert outcome["result"] == ("5", "")


async def test_end_of_file_instead_of_an_answer_is_a_hangup(server: Server) -> None:
    """panoramisk: int('') ValueError."""
    reader, writer = await server.client()
    await reader.readline()
    writer.close()
    assert isinstance(await server.outcome(), CallerGone)


async def test_silence_instead_of_an_answer_is_bounded(server: Server) -> None:
    """panoramisk: no command timeout."""
    reader, writer = await server.client()
    assert isinstance(await server.outcome(), CommandTimeout)
    assert await closed(reader)
    writer.close()


@pytest.mark.parametrize("command", ["NOOP\nHANGUP", "NOOP\r\nEXEC System x", "NOOP \x00", "NOOP \x7f"])
async def test_a_second_command_in_a_value_is_refused(server: Server, command: str) -> None:
    """panoramisk: CR and LF go through, a caller's name could become a command."""

    async def talk(session: Session) -> object:
        with pytest.raises(UnsafeText):
            await session.send_command(command)
        return await session.send_command("NOOP")

    server.talk = talk
    assert isinstance(await server.answers(b"200 result=0\n"), dict)


async def test_bytes_that_are_no_utf8_cost_characters_not_the_call(server: Server) -> None:
    """panoramisk: strict decoding drops the session."""

    async def talk(session: Session) -> object:
        return session.headers["agi_calleridname"], await session.send_command("GET VARIABLE X")

    server.talk = talk
    reader, writer = await server.client(HEADER[:-1] + "agi_calleridname: 张三".encode("gbk") + b"\n\n")
    await reader.readline()
    writer.write(b"200 result=1 (\xd5\xc5)\n")
    outcome = await server.outcome()
    assert isinstance(outcome, tuple)
    name, reply = outcome
    assert "�" in name
    assert reply["result"][0] == "1"
    writer.close()


@pytest.mark.parametrize("reply", [b"nonsense\n", b"y" * 9000 + b"\n", b"200 result=0\n200 result=0\n"])
async def test_nonsense_instead_of_an_answer_ends_the_session(server: Server, reply: bytes) -> None:
    async def talk(session: Session) -> object:
        await session.send_command("NOOP")
        await asyncio.sleep(60)
        return None

    server.talk = talk
    reader, writer = await server.client()
    await reader.readline()
    writer.write(reply)
    assert await closed(reader)
    assert isinstance(await server.outcome(), CallerGone | asyncio.CancelledError)
    writer.close()


async def test_endpoint_that_fails_frees_the_channel(server: Server) -> None:
    async def talk(session: Session) -> object:
        raise ZeroDivisionError

    server.talk = talk
    reader, writer = await server.client()
    assert await closed(reader)
    writer.close()
    assert await server.healthy()


async def test_unknown_route_is_closed(server: Server) -> None:
    reader, writer = await server.client(HEADER.replace(b"script: ask", b"script: other"))
    assert await closed(reader)
    writer.close()


async def test_plain_function_is_no_endpoint(server: Server) -> None:
    """panoramisk: asyncio.coroutine is gone since Python 3.11, it fails when the call comes."""
    with pytest.raises(TypeError):
        server.agi.add_route("plain", lambda session: None)  # type: ignore[arg-type,return-value]


async def test_cancelled_handler_stays_cancelled(server: Server) -> None:
    """panoramisk: swallows CancelledError, a stopping service hangs."""
    held = [await server.client() for _ in range(5)]
    await until(lambda: server.agi.sessions == 5)
    async with asyncio.timeout(10):
        await server.agi.stop()
    assert server.agi.sessions == 0
    for _, writer in held:
        writer.close()


async def test_five_hundred_sessions_at_once(server: Server) -> None:
    server.agi.limits = Limits()
    gate = asyncio.Event()

    async def talk(session: Session) -> object:
        await gate.wait()
        return await session.send_command("NOOP")

    server.talk = talk
    clients = [await server.client() for _ in range(500)]
    await until(lambda: server.agi.sessions == 500)
    gate.set()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        command = await reader.readline()
        writer.write(b"200 result=0\n")
        await closed(reader)
        writer.close()
        return command

    async with asyncio.timeout(20):
        commands = await asyncio.gather(*(play(r, w) for r, w in clients))
    assert commands == [b"NOOP\n"] * 500
    assert all(isinstance(o, dict) for o in server.outcomes)
    await until(lambda: server.agi.sessions == 0)


async def test_more_sessions_than_allowed_are_turned_away(server: Server) -> None:
    server.agi.limits = Limits(sessions=3)
    held = [await server.client() for _ in range(3)]
    await until(lambda: server.agi.sessions == 3)
    reader, writer = await server.client()
    assert await closed(reader)
    for _, w in [*held, (reader, writer)]:
        w.close()
