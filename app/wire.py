"""The composition root: everything an instance is made of, by role, started and stopped in order."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, get_args

import structlog
from pydantic import SecretStr

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.bridge import Bridge
from agi.dial_out import DialOut
from agi.facts import ChannelGone, Fact, LinkDown, LinkUp
from agi.fastagi import FastAgi
from agi.probe_call import ShortCalls
from agi.spy import Spies
from api.health import Health
from api.metrics import Metrics
from api.serve import serving
from api.server import create_api
from api.settings import ApiSettings
from api.watch import create_watch
from app import calendars, line_deeds, meter, policies, recovery, seat_number, seeding
from app.account import Account
from app.beats import Beats
from app.call_desk import FloorDesk
from app.captions import Captions
from app.chores import Chores
from app.desk_house import FloorHouse
from app.errands.dial import Errands
from app.floor import Content, Floor, Times
from app.health_parts import backlog_part, redis_part
from app.monitor import Monitor
from app.notices.outside import owed_outside
from app.notices.voice import SpokenCalls
from app.notices.ways import counted, notices_part, ways
from app.notices.worker import Notices
from app.probes import Probes, probe_settings
from app.rota import RotaWatch, rota_part
from app.routing_rules import load_routing
from app.settings import PROJECT, Settings
from asr.registry import recogniser
from core.errors import HotlineError, ModelMissing, PartMissing, SwitchSilent
from core.notices import Channel, Sender
from core.ports import Hints, Recogniser
from ivr import parse as parse_menus
from match.content import with_lines
from match.propose import MatchIndex
from store import seats
from store.content import load_content
from store.database import Database
from store.hints import hints as make_hints

log = structlog.get_logger(__name__)

Role = Literal["api", "agi", "worker", "asr"]
ROLES: tuple[Role, ...] = get_args(Role)
MENUS = PROJECT / "ivr" / "menus" / "default.yaml"


async def load_matching(database: Database) -> Content:
    """Registers and knowledge from the store, compiled for matching."""
    register = await line_deeds.load_register(database)
    async with database.reading() as session:
        found = with_lines(await load_content(session), register.units())
    return Content(await asyncio.to_thread(MatchIndex, found), register)


def recogniser_or_none(name: str, settings: Settings, *, live: bool) -> Recogniser | None:
    """The engine asked for; None, said plainly, where it or its model is missing: calls go on without captions."""
    if name == "off":
        return None
    try:
        return recogniser(name, settings.models, threads=settings.asr_threads)
    except (ModelMissing, PartMissing) as error:
        log.warning("no speech recognition", live=live, reason=str(error))
        return None


def set_aside() -> None:
    """Take what is compiled for matching out of Python's search for garbage, which would stop all calls for 0.3 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class House:
    """One process of an instance. `roles`: what it does; what it does not do it does not even load."""

    def __init__(self, settings: Settings, roles: tuple[Role, ...] = ROLES) -> None:
        self.settings = settings
        self.roles = roles
        self.metrics = Metrics()
        self.health = Health()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[Any]] = []
        self.failed = asyncio.Event()

    async def start(self) -> None:
        """Open everything in order; on failure close what was opened. Raises HotlineError by name."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close everything in reverse order."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def reread(self) -> None:
        """Take up changed registers and knowledge without a pause (SIGHUP)."""
        self._keep(asyncio.create_task(self._reread(), name="reread"))

    async def _reread(self) -> None:
        try:
            rules, content = load_routing(self.settings), await load_matching(self.floor.database)
        except HotlineError as error:  # a slip of the pen must not end a service that is answering calls
            log.error("nothing was taken up anew", reason=str(error))
            return
        self.floor.routing, self.floor.content = rules, content
        if "agi" in self.roles:
            await self._seat_numbers()
        set_aside()
        log.info("registers and knowledge taken up anew")

    async def _start(self) -> None:
        s = self.settings
        for folder in (s.home, s.recordings, s.spool, s.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(s.database, seeding.keyring(s))
        database.owed = owed_outside(s)
        self._stack.push_async_callback(database.close)
        await database.create_or_upgrade()
        await seeding.first_start(database, s)
        self.hints: Hints = make_hints(s.redis_url or None)
        self._stack.push_async_callback(self.hints.close)
        self.floor = Floor(
            database=database,
            hints=self.hints,
            content=await load_matching(database),
            menus=parse_menus(MENUS.read_text(encoding="utf-8"), MENUS.name),
            policy=policies.load(s.policy),
            calendar=policies.load_calendar(*policies.calendar_folders(s.home)),
            routing=load_routing(s),
            times=Times(s.ring_s, s.wait_s, s.wrap_up_s, s.unfinished_after_s),
            sms_secret=s.sms_secret.get_secret_value(),
            grade_link=s.grade_link,
        )
        self.account = Account(self.floor)
        self.health.register("disk", self._disk)
        if s.redis_url:
            self.health.register("redis", redis_part(s.redis_url), needed=False)
        self._keep(asyncio.create_task(line_deeds.follow(self.floor), name="follow the line register"))
        following = calendars.follow(self.floor, s.home, mend="worker" in self.roles)
        self._keep(asyncio.create_task(following, name="follow the calendars"))
        chores = self._make_chores()
        if "worker" in self.roles:
            await (
                chores.import_spool()
            )  # before Asterisk is asked: what it told while we were away comes first
        switch = await self._bridge() if "agi" in self.roles else None
        if "api" in self.roles:
            house = FloorHouse(self.floor, switch, Spies(switch) if switch else None)
            self._stack.push_async_callback(house.supervision.stop)
            if switch:
                house.supervision.caption = self.captions.third if self.captions else None
                await house.supervision.resume()
            self.health.register("rota", rota_part(self.floor), needed=False)
            await self._api(house)
        self._start_chores(chores)
        if s.watch_port and "api" not in self.roles:
            await self._watch_port()
        set_aside()

    # --- agi ---------------------------------------------------------------------------------------------------------

    async def _bridge(self) -> Ami:
        s = self.settings
        ami = Ami(AmiSettings(s.ami_port, s.secret("ami_secret"), s.ami_host), self._fact)
        ears = recogniser_or_none(s.recognise_live, s, live=True)
        self.captions: Captions | None = None
        if ears is not None:
            self.captions = Captions(self.floor, ami, ears, (s.audio_host, s.audio_port), self._lag)
            await self.captions.audio.start(s.audio_host, s.audio_port)
            self._stack.push_async_callback(self.captions.stop)
            self._keep(asyncio.create_task(self._warm(ears), name="load speech model"))
        self.ami, self.dial_out, self.short_calls = ami, DialOut(ami), ShortCalls(ami)
        begin = self.captions.begin if self.captions else None
        third = self.captions.third if self.captions else None
        self.bridge = Bridge(FloorDesk(self.floor, begin, ami, third), observe=self._observed)
        agi = FastAgi()
        self.bridge.attach(agi)
        await agi.start(s.agi_host, s.agi_port)
        self._stack.push_async_callback(agi.stop)
        self._stack.push_async_callback(self.bridge.drain)
        await self._seat_numbers()
        await ami.start()
        self._stack.push_async_callback(ami.stop)
        self.health.register("switch", self._switch_health)
        if s.recognise_live != "off":
            self.health.register("captions", self._captions_health, needed=False)
        self._keep(asyncio.create_task(recovery.wake_waiting(self.floor, ami), name="wake waiting calls"))
        owed = Errands(self.floor, self.dial_out, s.dial_ring_s)
        self._keep(asyncio.create_task(owed.run(), name="errands"))
        self.health.register("outgoing", owed.health, needed=False)
        tests = Probes(self.floor, self.short_calls, probe_settings(s))
        self._keep(asyncio.create_task(tests.run(), name="test calls"))
        comparing = recovery.keep_comparing(self.floor, ami.channels)
        self._keep(asyncio.create_task(comparing, name="compare with Asterisk"))
        return ami

    async def _seat_numbers(self) -> None:
        """Every seat's number as a prompt."""
        async with self.floor.database.reading() as session:
            known = [seat.id for seat in await seats.all_seats(session)]
        after, sounds = self.floor.policy.after, self.settings.sounds
        await asyncio.to_thread(seat_number.prepare, sounds, after, known)

    async def _fact(self, fact: Fact) -> None:
        match fact:
            case LinkUp(channels, at):
                self.account.doubt()
                self.metrics.ami_connected.set(1)
                await recovery.reconcile(self.floor, channels, at)
            case LinkDown(reason, _):
                self.metrics.ami_connected.set(0)
                log.error("the link to Asterisk is down", reason=reason)
            case _:
                if isinstance(fact, ChannelGone):
                    if self.short_calls.heard(fact):
                        return
                    self.dial_out.heard(fact)
                await self.bridge.on_fact(fact)

    async def _switch_health(self) -> str:
        if not self.ami.connected:
            raise SwitchSilent(self.ami.reason)
        return "AMI connected"

    async def _captions_health(self) -> str:
        if self.captions is None:
            raise PartMissing("no recogniser; see the log")
        now = self.captions.ears.figures()
        return f"{now.streams} streams, lag {now.last_lag_s:.1f} s, {now.dropped_s:.0f} s dropped"

    async def _warm(self, ears: Recogniser) -> None:
        """Load the model now, so that the first citizen's words need not wait for it; a bad one is said, not fatal."""
        try:
            await asyncio.to_thread(ears.load)
        except Exception as error:
            log.error("the speech model does not load", exc_info=error)

    def _lag(self, lag_s: float, rtf: float) -> None:
        self.metrics.asr_lag.observe(lag_s)
        self.metrics.asr_rtf.labels(self.settings.recognise_live).observe(rtf)

    def _observed(self, question: str, outcome: str, seconds: float) -> None:
        if outcome != "ok":
            log.warning(
                "a question went wrong", question=question, outcome=outcome, seconds=round(seconds, 3)
            )

    # --- api, worker, asr --------------------------------------------------------------------------------------------

    async def _api(self, house: FloorHouse) -> None:
        s = self.settings
        self._keep(asyncio.create_task(meter.watch(self.hints, self.metrics), name="meter"))
        api_settings = ApiSettings(
            token_key=SecretStr(s.secret("token_key")), recordings=s.recordings, status_token=s.status_token
        )
        api = create_api(self.floor.database, self.hints, house, api_settings, self.metrics, self.health)
        served = await self._stack.enter_async_context(serving(api, s.api_host, s.api_port))
        served.task.add_done_callback(self._ended)

    async def _watch_port(self) -> None:
        """Health and metrics of a process without the API, on loopback."""
        s = self.settings
        given = ApiSettings(
            token_key=SecretStr(s.secret("token_key")), recordings=s.recordings, status_token=s.status_token
        )
        watch = create_watch(self.floor.database, self.metrics, self.health, given)
        served = await self._stack.enter_async_context(serving(watch, "127.0.0.1", s.watch_port))
        served.task.add_done_callback(self._ended)

    def _make_chores(self) -> Chores:
        s = self.settings
        ears = recogniser_or_none(s.recognise_after, s, live=False) if "asr" in self.roles else None
        return Chores(self.floor, s.recordings, s.spool, ears)

    def _start_chores(self, chores: Chores) -> None:
        monitor = Monitor(self.floor, self.settings.asterisk / "log")
        beats = Beats()
        work = (*(chores.floor_work if "worker" in self.roles else ()), *chores.speech_work)
        if "worker" in self.roles:
            work = (
                *work,
                monitor.import_call_details,
                monitor.watch_service_level,
                RotaWatch(self.floor).watch,
                self.account.settle_times,
            )
            work = tuple(beats.watched(one) if one not in chores.speech_work else one for one in work)
            self.health.register("worker", beats.health, needed=False)
            waiting = notices_part(self.floor.database, self.floor.clock)
            self.health.register("notices", waiting, needed=False)
            waiting = backlog_part(self.settings.spool, self.settings.asterisk / "log")
            self.health.register("backlog", waiting, needed=False)
        work = (
            *work,
            *Notices(self.floor.database, self.floor.clock, self._ways(), counted(self.metrics)).work,
        )
        if work:
            self._keep(asyncio.create_task(chores.run(work), name="chores"))

    def _ways(self) -> dict[Channel, Sender | None]:
        """Texts, mail and webhooks from a worker, spoken calls from whoever holds the link to Asterisk."""
        found = ways(self.settings, self._stack) if "worker" in self.roles else {}
        if "agi" in self.roles:
            found["voice"] = SpokenCalls(self.floor.database, self.short_calls, lambda: self.ami.connected)
        return found

    async def _disk(self) -> str:
        free = shutil.disk_usage(self.settings.home).free / 1e9
        if free < 1:
            raise PartMissing(f"only {free:.1f} GB left")
        return f"{free:.0f} GB free"

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        """A part that must run for ever ended by itself: say so and let the process end; the supervisor starts anew."""
        if task in self._tasks:
            self._tasks.remove(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("a part of the service failed", part=task.get_name(), exc_info=error)
            self.failed.set()


@asynccontextmanager
async def running(settings: Settings, roles: tuple[Role, ...] = ROLES) -> AsyncIterator[House]:
    """A started house; stopped at the end of the block."""
    house = House(settings, roles)
    await house.start()
    try:
        yield house
    finally:
        await house.stop()
