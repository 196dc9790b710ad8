"""The AMI link against an Asterisk that misbehaves; each test names the panoramisk defect it guards against."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from agi.ami import TAP, Ami
from agi.ami_link import AmiSettings
from agi.errors import ActionRefused, UnsafeText
from agi.facts import AgentAnswered, AgentLeft, ChannelGone, Fact, LinkDown, LinkUp, TapGone
from core.errors import SwitchSilent
from tests.agi.conftest import until
from tests.agi.fake_ami import FakeAmi, channel, dial_end, hangup, message

pytestmark = pytest.mark.service


class Side:
    """One Ami against one FakeAmi, with short bounds."""

    def __init__(self) -> None:
        self.fake = FakeAmi()
        self.facts: list[Fact] = []
        self.raising = False

    async def listen(self, fact: Fact) -> None:
        self.facts.append(fact)
        if self.raising:
            raise ZeroDivisionError

    def of(self, kind: type[Fact]) -> list[Fact]:
        return [f for f in self.facts if isinstance(f, kind)]

    async def connect(self, secret: str = "right-one", facts: int = 100) -> Ami:
        await self.fake.start()
        settings = AmiSettings(
            self.fake.port, secret, connect_s=0.5, action_s=0.4, boot_s=0.5, ping_every_s=0.2, ping_s=0.3,
            retry_first_s=0.05, retry_most_s=0.2,
        )  # fmt: skip
        self.ami = Ami(settings, self.listen, facts)
        await self.ami.start()
        return self.ami

    async def up(self) -> Ami:
        ami = await self.connect()
        await until(lambda: self.of(LinkUp), 30)
        return ami


@pytest.fixture
async def side() -> AsyncIterator[Side]:
    side = Side()
    yield side
    await side.ami.stop()
    await side.fake.stop()


async def test_wrong_password_is_told_by_name_and_tried_again(side: Side) -> None:
    """panoramisk: silent, stays connected, `authenticated` is False."""
    ami = await side.connect(secret="wrong-one")
    await until(lambda: len(side.of(LinkDown)) >= 2, 30)
    assert "refused" in ami.reason
    assert not ami.connected
    side.fake.secret = "wrong-one"
    await until(lambda: ami.connected, 30)


async def test_port_that_says_nothing_is_noticed(side: Side) -> None:
    side.fake.banner, side.fake.mute = b"", {"Login"}
    ami = await side.connect()
    await until(lambda: side.of(LinkDown), 30)
    assert "log-in" in ami.reason


@pytest.mark.parametrize("banner", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"x" * 1_100_000])
async def test_port_that_is_not_ami_is_noticed(side: Side, banner: bytes) -> None:
    side.fake.banner, side.fake.mute = banner, {"Login"}
    await side.connect()
    await until(lambda: side.of(LinkDown), 30)


async def test_asterisk_that_stops_answering_is_noticed(side: Side) -> None:
    """panoramisk: never checks Pong, a stopped Asterisk counts as connected."""
    ami = await side.up()
    side.fake.mute = {"Ping"}
    await until(lambda: side.of(LinkDown), 30)
    assert "Ping" in ami.reason
    side.fake.mute = set()
    await until(lambda: ami.connected, 30)


async def test_channels_are_read_again_before_the_link_counts_as_up(side: Side) -> None:
    ami = await side.up()
    side.fake.channels = [channel("PJSIP/c-9", leg="citizen")]
    side.fake.cut()
    await until(lambda: len(side.of(LinkUp)) == 2, 30)
    second = side.of(LinkUp)[1]
    assert isinstance(second, LinkUp)
    assert [(c.channel, c.leg, c.call_id) for c in second.channels] == [("PJSIP/c-9", "citizen", "call-1")]
    assert ami.connected


async def test_what_happened_without_us_is_told_after_reconnection(side: Side) -> None:
    await side.up()
    side.fake.send(dial_end(agent="PJSIP/a-2", seat="1001"))
    await until(lambda: side.of(AgentAnswered), 30)
    side.fake.channels = [
        channel("PJSIP/c-5", "call-5", "1005", "citizen", "b5"), channel("PJSIP/a-6", "call-5", "1005", "", "b5"),
        channel("PJSIP/a-7", "call-7", "1007", "", ""),
    ]  # fmt: skip
    side.fake.cut()
    await until(lambda: len(side.of(LinkUp)) == 2, 30)
    assert [f.seat for f in side.facts if isinstance(f, AgentLeft)] == ["1001"]
    answered = [f for f in side.facts if isinstance(f, AgentAnswered)]
    assert [(f.seat, f.citizen_channel) for f in answered] == [("1001", "PJSIP/c-1"), ("1005", "PJSIP/c-5")]


@pytest.mark.parametrize("action", ["Redirect", "Originate"])
async def test_pending_orders_are_never_replayed(side: Side, action: str) -> None:
    """panoramisk: actions without an answer are sent again after a reconnection, to whatever channel has that name then."""
    ami = await side.up()
    side.fake.mute = {action}
    order = (
        ami.redirect("PJSIP/c-1", "hl-ask")
        if action == "Redirect"
        else ami.tap("PJSIP/c-1", "id", "127.0.0.1", 1)
    )
    waiting = asyncio.ensure_future(order)
    await until(lambda: side.fake.sent(action), 30)
    side.fake.cut()
    with pytest.raises(SwitchSilent):
        await waiting
    side.fake.mute = set()
    await until(lambda: len(side.of(LinkUp)) == 2, 30)
    await ami.channels()
    assert len(side.fake.sent(action)) == 1


async def test_order_without_answer_is_bounded(side: Side) -> None:
    """panoramisk: no action timeout."""
    ami = await side.up()
    side.fake.mute = {"Redirect"}
    with pytest.raises(SwitchSilent, match="Redirect"):
        await ami.redirect("PJSIP/c-1", "hl-ask")


async def test_order_without_link_says_so(side: Side) -> None:
    side.fake.mute = {"Login"}
    ami = await side.connect()
    with pytest.raises(SwitchSilent):
        await ami.hangup("PJSIP/c-1")


async def test_refused_order_says_why(side: Side) -> None:
    ami = await side.up()
    side.fake.override["Redirect"] = lambda f: message(
        "Response: Error", "ActionID: {id}", "Message: Channel does not exist: x"
    )
    with pytest.raises(ActionRefused, match="does not exist"):
        await ami.redirect("x", "hl-ask")


async def test_a_tap_that_ends_is_told_by_its_stream_and_the_others_are_listed(side: Side) -> None:
    await side.up()
    side.fake.channels = [
        message(
            "Event: CoreShowChannel", "ActionID: {id}", "Channel: AudioSocket/127.0.0.1:1-9", f"Uniqueid: {TAP}still-there",
        ),
        channel("PJSIP/c-9", leg="citizen"),
    ]  # fmt: skip
    side.fake.cut()
    await until(lambda: len(side.of(LinkUp)) == 2, 30)
    second = side.of(LinkUp)[1]
    assert isinstance(second, LinkUp)
    assert second.taps == {"still-there"}
    side.fake.send(
        message("Event: Hangup", "Channel: AudioSocket/127.0.0.1:1-9", f"Uniqueid: {TAP}still-there")
    )
    await until(lambda: side.of(TapGone), 30)
    (gone,) = side.of(TapGone)
    assert isinstance(gone, TapGone)
    assert gone.stream == "still-there"


async def test_a_channel_that_is_gone_does_not_exist(side: Side) -> None:
    ami = await side.up()
    side.fake.override["Getvar"] = lambda asked: message("Response: Error", f"ActionID: {asked['actionid']}", "Message: No such channel")  # fmt: skip
    assert not await ami.exists("PJSIP/c-1")
    side.fake.override["Getvar"] = lambda asked: message("Response: Success", f"ActionID: {asked['actionid']}", "Value: Up")  # fmt: skip
    assert await ami.exists("PJSIP/c-1")


async def test_refused_tap_says_so(side: Side) -> None:
    ami = await side.up()
    side.fake.override["Originate"] = lambda f: (
        message("Response: Success", "ActionID: {id}", "Message: Originate successfully queued")
        + message("Event: OriginateResponse", "ActionID: {id}", "Response: Failure", "Reason: 0")
    )
    with pytest.raises(ActionRefused):
        await ami.tap("PJSIP/c-1", "id", "127.0.0.1", 1)


async def test_originate_is_always_async(side: Side) -> None:
    """panoramisk: KeyError 'async' kills the connection, the future never resolves."""
    ami = await side.up()
    assert ami._link is not None
    await ami._link.ask({"Action": "Originate", "Channel": "x", "Application": "y"})
    assert side.fake.sent("Originate")[0]["async"] == "true"
    assert ami.connected


@pytest.mark.parametrize("text", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\x00"])
async def test_a_second_action_in_a_value_is_refused(side: Side, text: str) -> None:
    """panoramisk: CR and LF go through: AMI injection."""
    ami = await side.up()
    before = len(side.fake.actions)
    with pytest.raises(UnsafeText):
        await ami.redirect(text, "hl-ask")
    with pytest.raises(UnsafeText):
        await ami.hangup(text)
    assert [f for f in side.fake.actions[before:] if f["action"] != "Ping"] == []


async def test_failing_listener_costs_one_fact_not_the_link(side: Side) -> None:
    """panoramisk: an exception in a callback kills the connection."""
    ami = await side.up()
    side.raising = True
    side.fake.send(hangup("PJSIP/c-1", leg="citizen"))
    await until(lambda: side.of(ChannelGone), 30)
    side.raising = False
    side.fake.send(hangup("PJSIP/c-2", leg="citizen"))
    await until(lambda: len(side.of(ChannelGone)) == 2, 30)
    assert ami.connected
    assert side.of(LinkDown) == []


async def silent(asked: Awaitable[object]) -> bool:
    """Whether a machine with much else to do let the answer come too late."""
    try:
        await asked
    except SwitchSilent:
        return True
    return False


async def test_fault_of_our_own_in_an_event_costs_that_event_not_the_link(side: Side) -> None:
    """panoramisk: an exception while an event is handled kills the connection."""
    ami = await side.up()
    talking, ami._talking = ami._talking, None  # type: ignore[assignment]
    side.fake.send(hangup("PJSIP/c-1", leg="citizen"))
    async with asyncio.timeout(10):
        while await silent(ami.channels()):  # answered after the event was read
            pass
    ami._talking = talking
    side.fake.send(hangup("PJSIP/c-2", leg="citizen"))
    await until(lambda: side.of(ChannelGone), 30)
    assert ami.connected
    assert side.of(LinkDown) == []


async def test_event_that_makes_no_sense_costs_itself_only(side: Side) -> None:
    ami = await side.up()
    side.fake.send(
        message("Event: DialEnd", "DialStatus: ANSWER")
        + message("Event: Hangup", "Cause: many")
        + "\r\n\r\n: :\r\n\r\n"
    )
    side.fake.send(hangup("PJSIP/c-2", leg="citizen"))
    await until(lambda: side.of(ChannelGone), 30)
    assert ami.connected


async def test_character_split_over_two_reads_stays_whole(side: Side) -> None:
    """panoramisk: decodes each read by itself, 张三丰 becomes 张丰."""
    await side.up()
    assert side.ami._link is not None
    for byte in dial_end(seat="张三丰").encode():  # the worst that TCP may do
        side.ami._link.protocol.data_received(bytes([byte]))
    await until(lambda: side.of(AgentAnswered), 30)
    fact = side.of(AgentAnswered)[0]
    assert isinstance(fact, AgentAnswered)
    assert fact.seat == "张三丰"


async def test_events_become_typed_facts_in_order(side: Side) -> None:
    await side.up()
    side.fake.send(
        dial_end() + hangup("PJSIP/a-2") + hangup("PJSIP/c-1", leg="citizen") + hangup("PJSIP/a-9")
    )
    await until(lambda: side.of(ChannelGone), 30)
    kinds = [type(f) for f in side.facts if not isinstance(f, LinkUp)]
    assert kinds == [AgentAnswered, AgentLeft, ChannelGone]


async def test_reply_of_a_given_up_order_disturbs_nothing(side: Side) -> None:
    ami = await side.up()
    side.fake.mute = {"Redirect"}
    with pytest.raises(SwitchSilent):
        await ami.redirect("PJSIP/c-1", "hl-ask")
    side.fake.send(
        message(
            "Response: Success", f"ActionID: {side.fake.sent('Redirect')[0]['actionid']}", "Message: late"
        )
    )
    assert await ami.channels() == ()


async def test_facts_nobody_takes_are_dropped_oldest_first_and_counted(side: Side) -> None:
    gate = asyncio.Event()

    async def slow(fact: Fact) -> None:
        await gate.wait()
        side.facts.append(fact)

    side.listen = slow  # type: ignore[method-assign]
    ami = await side.connect(facts=3)
    await until(lambda: ami.connected, 30)
    side.fake.send("".join(hangup(f"PJSIP/c-{i}", leg="citizen") for i in range(10)))
    await until(lambda: ami.dropped >= 6, 30)
    gate.set()
    await until(lambda: any(isinstance(f, ChannelGone) and f.channel == "PJSIP/c-9" for f in side.facts), 30)


async def test_the_telephone_that_rings_is_asked_to_pick_up_and_no_other(side: Side) -> None:
    ami = await side.up()
    up, web = "PJSIP/8001-00000001", "PJSIP/8001-web-00000003"
    side.fake.channels = [channel(up, seat="8001"), channel(web, seat="8001").replace(": Up", ": Ringing")]
    assert not await ami.pick_up("8001")
    side.fake.channels.append(channel("PJSIP/8001-00000002", seat="8001").replace(": Up", ": Ringing"))
    assert await ami.pick_up("8001")
    (asked,) = side.fake.sent("PJSIPNotify")
    assert (asked["channel"], asked["variable"]) == ("PJSIP/8001-00000002", "Event=talk")
