"""The AMI link as the rest of the house sees it: typed facts out, bounded orders in, a watchdog in between."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime

import structlog
from panoramisk.message import Message

from agi.ami_link import AmiSettings, Link, settle
from agi.errors import ActionRefused, LinkRefused, UnsafeText
from agi.facts import (
    AgentAnswered,
    AgentLeft,
    ChannelGone,
    ChannelSeen,
    Fact,
    LinkDown,
    LinkUp,
    TapGone,
    ThirdAnswered,
    whole,
)
from agi.plan import web_of
from core.errors import HotlineError, SwitchSilent
from core.ports import Place

log = structlog.get_logger(__name__)

_PHONE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_SLACK_S = 2.0
TAP = "hl-tap-"  # so a tap's own channel is named, by its stream
Listener = Callable[[Fact], Awaitable[None]]


def _now() -> datetime:
    return datetime.now(UTC)


class Ami:
    """Keeps one AMI link up. Implements core.ports.Switch.

    listener: awaited for each fact, one at a time and in order; what it raises is logged. facts: how many facts may
    wait for it (the oldest is dropped and counted in `dropped` beyond that).
    """

    def __init__(
        self,
        settings: AmiSettings,
        listener: Listener,
        facts: int = 10_000,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.settings = settings
        self.dropped = 0
        self.reason = "not started"
        self._listener = listener
        self._clock = clock
        self._facts: asyncio.Queue[Fact] = asyncio.Queue(facts)
        self._link: Link | None = None
        self._talking: dict[str, ChannelSeen] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._watched: dict[str, asyncio.Event] = {}

    @property
    def connected(self) -> bool:
        """Logged in, and Asterisk answered the last ping."""
        return self._link is not None

    async def start(self) -> None:
        """Begin to connect in the background; `connected` and LinkUp tell when it stands."""
        self._tasks = [
            asyncio.create_task(self._tell(), name="ami-facts"),
            asyncio.create_task(self._keep(), name="ami-link"),
        ]

    async def stop(self) -> None:
        """Close the link; facts already heard are still told."""
        for task in reversed(self._tasks):
            if task.get_name() == "ami-facts":
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(2.0):
                        await self._facts.join()
            await settle(task)
        self._tasks = []

    # orders

    async def redirect(self, channel: str, context: str, exten: str = "s", priority: int = 1) -> None:
        """Send a channel elsewhere in the dialplan. Raises SwitchSilent, ActionRefused, UnsafeText; never repeated."""
        fields = {
            "Action": "Redirect",
            "Channel": channel,
            "Context": context,
            "Exten": exten,
            "Priority": str(priority),
        }
        await self._ask(fields)

    async def part(self, one: str, place: Place, other: str, other_place: Place) -> None:
        """Send the two ends of a talk elsewhere in one order, so that neither hears the other hang up.

        place: (context, extension). Raises SwitchSilent, ActionRefused (then neither moved), UnsafeText.
        """
        await self._ask({
            "Action": "Redirect", "Channel": one, "Context": place[0], "Exten": place[1], "Priority": "1",
            "ExtraChannel": other, "ExtraContext": other_place[0], "ExtraExten": other_place[1],
            "ExtraPriority": "1",
        })  # fmt: skip

    async def ring_into(
        self,
        phone: str,
        context: str,
        exten: str,
        variables: dict[str, str],
        ring_s: int,
        *,
        leg: str = "",
        name: str = "hotline",
    ) -> str:
        """Ring a seat's telephone, the one in its page where that is registered; picked up it goes there. Gives its channel.

        phone: a SIP user; leg: the channel's unique id, where it is to be found by it; name: what the telephone shows. Raises SwitchSilent,
        ActionRefused (nobody picked up), UnsafeText.
        """
        if not _PHONE.fullmatch(phone):
            raise UnsafeText(f"not a SIP user: {phone!r}")
        fields: dict[str, str | list[str]] = {
            "Action": "Originate", "Async": "true", "Channel": f"PJSIP/{await self._place(phone)}", **({"ChannelId": leg} if leg else {}),
            "Context": context, "Exten": exten, "Priority": "1", "Timeout": str(ring_s * 1000), "CallerID": f'"{name}" <12345>',
            "Variable": [f"{key}={value}" for key, value in variables.items()],
        }  # fmt: skip
        answer = await self.order(fields, ring_s + _SLACK_S)
        return next((str(m.channel) for m in answer if m.event == "OriginateResponse"), "")

    async def _place(self, phone: str) -> str:
        web = web_of(phone)
        try:
            answer = await self.order({"Action": "Getvar", "Variable": f"PJSIP_AOR({web},contact)"})
        except ActionRefused:  # no phones in pages here
            return phone
        return web if str(answer[0].get("value", "") or "") else phone

    async def hangup(self, channel: str) -> None:
        """End a channel on our order, so that its end counts as ours. Raises SwitchSilent, ActionRefused, UnsafeText."""
        await self._ask({"Action": "Setvar", "Channel": channel, "Variable": "HL_ENDED", "Value": "us"})
        await self._ask({"Action": "Hangup", "Channel": channel, "Cause": "16"})

    async def tap(self, channel: str, stream_id: str, host: str, port: int) -> None:
        """Stream what `channel`'s own speaker says to an AudioSocket server; ends with the channel, and TapGone tells it.

        stream_id: a UUID. Raises SwitchSilent, ActionRefused (no such channel, nobody listens), UnsafeText.
        """
        await self._ask({
            "Action": "Originate", "Async": "true", "Channel": f"AudioSocket/{host}:{port}/{stream_id}", "ChannelId": f"{TAP}{stream_id}",
            "Application": "ChanSpy", "Data": f"{channel},uoqsSE", "Timeout": "3000",
        })  # fmt: skip

    async def exists(self, channel: str) -> bool:
        """Whether there is such a channel now. Raises SwitchSilent, UnsafeText."""
        try:
            await self._ask({"Action": "Getvar", "Channel": channel, "Variable": "CHANNEL(state)"})
        except ActionRefused:
            return False
        return True

    async def originate(self, fields: dict[str, str | list[str]], timeout_s: float) -> bool:
        """Place a call and wait for what comes of it: True once answered. Raises SwitchSilent, UnsafeText; never repeated."""
        if self._link is None:
            raise SwitchSilent(f"the AMI link is down: {self.reason}")
        try:
            await self._link.ask(fields, timeout_s)
        except ActionRefused:
            return False
        return True

    async def pick_up(self, phone: str) -> bool:
        """Ask the telephone of this SIP user to answer what it rings with: NOTIFY `Event: talk` in the ringing call's dialog.

        False where nothing rings there. Whether a telephone does it shows when it answers. Raises SwitchSilent, ActionRefused.
        """
        theirs = re.compile(rf"PJSIP/{re.escape(phone)}-[0-9a-f]{{8}}")  # not 8001-web's
        ringing = [
            one.channel for one in await self.channels() if not one.up and theirs.fullmatch(one.channel)
        ]
        for channel in ringing:
            await self._ask({"Action": "PJSIPNotify", "Channel": channel, "Variable": "Event=talk"})
        return bool(ringing)

    async def channels(self) -> tuple[ChannelSeen, ...]:
        """Every channel that carries one of our calls, read now. Raises SwitchSilent."""
        return tuple(_seen(await self._ask({"Action": "CoreShowChannels"})))

    async def order(
        self, fields: Mapping[str, str | list[str]], timeout: float | None = None
    ) -> list[Message]:
        """One action of another part of agi (spy.py), answered within `timeout` seconds. Raises as the others."""
        if self._link is None:
            raise SwitchSilent(f"the AMI link is down: {self.reason}")
        return await self._link.ask(fields, timeout)

    def watch(self, unique_id: str) -> asyncio.Event:
        """Set once the channel of this unique id hangs up while we listen; ask `order` where the link was lost meanwhile."""
        return self._watched.setdefault(unique_id, asyncio.Event())

    def unwatch(self, unique_id: str) -> None:
        """Nobody waits for this channel any more."""
        self._watched.pop(unique_id, None)

    async def _ask(self, fields: dict[str, str | list[str]] | dict[str, str]) -> list[Message]:
        if self._link is None:
            raise SwitchSilent(f"the AMI link is down: {self.reason}")
        return await self._link.ask(fields)

    # the link

    async def _keep(self) -> None:
        pause = self.settings.retry_first_s
        while True:
            link = Link(self.settings, self._heard)
            up = self._clock()
            try:
                await self._live(link)
            except LinkRefused as error:
                self.reason = str(error)
                pause = self.settings.retry_most_s
            except HotlineError as error:
                self.reason = str(error)
            finally:
                was_up, self._link = self._link is not None, None
                link.close()
            if was_up and (self._clock() - up).total_seconds() > 10:
                pause = self.settings.retry_first_s
            log.error("ami link down", reason=self.reason, retry_s=pause)
            self._put(LinkDown(self.reason, self._clock()))
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.settings.retry_most_s)

    async def _live(self, link: Link) -> None:
        """From connecting to the loss, which is always raised."""
        await link.open()
        listed = await link.ask({"Action": "CoreShowChannels"})
        seen = tuple(_seen(listed))
        self._link, self.reason = link, ""
        self._reconcile(seen, frozenset(stream for m in listed if (stream := _tapped(m.get("uniqueid", "")))))
        log.info("ami link up", channels=len(seen))
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.ping_every_s):
                    await link.lost.wait()
            if link.lost.is_set():
                raise SwitchSilent("Asterisk closed the AMI link")
            await link.ping_once()

    def _reconcile(self, seen: tuple[ChannelSeen, ...], taps: frozenset[str]) -> None:
        """What happened while we did not listen, told before anything new."""
        now = self._clock()
        there = {c.channel: c for c in seen}
        for channel in [c for c in self._talking if c not in there]:
            self._left(channel)
        citizens = {c.bridge: c.channel for c in seen if c.leg == "citizen" and c.bridge}
        for agent in seen:
            if agent.leg == "agent" and agent.bridge in citizens and agent.channel not in self._talking:
                self._talking[agent.channel] = agent
                self._put(
                    AgentAnswered(agent.call_id, agent.seat, citizens[agent.bridge], agent.channel, now)
                )
        self._put(LinkUp(seen, now, taps))

    # events

    def _heard(self, event: Message) -> None:
        match event.event:
            case "DialEnd" if event.dialstatus == "ANSWER":
                self._answered(event)
            case "Hangup":
                self._hung_up(event)

    def _answered(self, event: Message) -> None:
        agent = _variables(event, "destchanvariable")
        if agent.get("HL_CALL") and agent.get("HL_TRANSFER"):
            call_id, transfer_id = agent["HL_CALL"], agent["HL_TRANSFER"]
            self._put(ThirdAnswered(call_id, transfer_id, event.destchannel, self._clock()))
            return
        if not agent.get("HL_CALL") or not agent.get("HL_SEAT") or agent.get("HL_LEG") == "citizen":
            return
        seen = ChannelSeen(
            event.destchannel,
            event.destlinkedid,
            agent["HL_CALL"],
            agent.get("HL_SEAT", ""),
            "agent",
            True,
            "",
        )
        self._talking[seen.channel] = seen
        self._put(AgentAnswered(seen.call_id, seen.seat, event.channel, seen.channel, self._clock()))

    def _hung_up(self, event: Message) -> None:
        if watcher := self._watched.get(event.uniqueid):
            watcher.set()
        if stream := _tapped(event.uniqueid):
            self._put(TapGone(stream, self._clock()))
            return
        if event.channel in self._talking:
            self._left(event.channel)
            return
        values = _variables(event, "chanvariable")
        if values.get("HL_LEG") == "citizen":
            self._put(
                ChannelGone(
                    values.get("HL_CALL", ""),
                    event.linkedid,
                    event.channel,
                    whole(event.cause),
                    self._clock(),
                )
            )

    def _left(self, channel: str) -> None:
        agent = self._talking.pop(channel)
        self._put(AgentLeft(agent.call_id, agent.seat, channel, self._clock()))

    def _put(self, fact: Fact) -> None:
        if self._facts.full():
            self._facts.get_nowait()
            self._facts.task_done()
            self.dropped += 1
        self._facts.put_nowait(fact)

    async def _tell(self) -> None:
        while True:
            fact = await self._facts.get()
            try:
                await self._listener(fact)
            except Exception as error:
                log.error("ami listener failed", fact=type(fact).__name__, exc_info=error)
            finally:
                self._facts.task_done()


def _tapped(unique_id: str) -> str:
    """The stream of a tap's own channel; '' for any other channel."""
    return unique_id.removeprefix(TAP) if unique_id.startswith(TAP) else ""


def _variables(message: Message, header: str) -> dict[str, str]:
    """The `channelvars` of manager.conf as a dict; panoramisk gives one as text and several as a list."""
    value = message.get(header, "")
    pairs = value if isinstance(value, list) else [value]
    return {name: text for name, _, text in (pair.partition("=") for pair in pairs) if name}


def _seen(messages: list[Message]) -> Iterator[ChannelSeen]:
    for m in messages:
        values = _variables(m, "chanvariable")
        if m.event == "CoreShowChannel" and (values.get("HL_LEG") or values.get("HL_CALL")):
            leg = values.get("HL_LEG") or ("agent" if values.get("HL_SEAT") else "")
            yield ChannelSeen(
                m.channel, m.linkedid, values.get("HL_CALL", ""), values.get("HL_SEAT", ""), leg,
                m.channelstatedesc == "Up", m.bridgeid, values.get("HL_TRANSFER", ""),
            )  # fmt: skip
