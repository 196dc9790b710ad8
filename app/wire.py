"""The composition root: everything an instance is made of, by role, started and stopped in order."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Any, Literal, get_args

import structlog
from pydantic import SecretStr

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.bridge import Bridge
from agi.dial_out import DialOut
from agi.facts import ChannelGone, Fact, LinkDown, LinkUp, TapGone
from agi.fastagi import FastAgi
from agi.joined_call import JoinedCalls
from agi.probe_call import ShortCalls
from agi.spy import Spies
from api.health import Health
from api.metrics import Metrics
from api.number_place import number_place
from api.serve import serving
from api.server import create_api
from api.settings import ApiSettings
from api.watch import create_watch
from app import (
    audit,
    calendars,
    intake,
    learning,
    line_deeds,
    meter,
    policies,
    recovery,
    seat_number,
    seeding,
)
from app.account import Account
from app.accountability.collect import collecting
from app.anomalies import AnomalyWatch
from app.assessment.rhythm import RhythmWatch
from app.beats import Beats
from app.call_desk import FloorDesk
from app.captions import Captions
from app.chores import Chores
from app.demo.visitor import Visitor
from app.desk_house import FloorHouse
from app.errands.dial import Errands
from app.floor import Content, Floor, Times
from app.health_parts import backlog_part, redis_part
from app.hot_issues import HotWatch
from app.knowledge import watch as knowledge_watch
from app.knowledge.watch import KnowledgeWatch
from app.learning_watch import LearningWatch
from app.lexicon import keep_knowing
from app.meaning import Meanings, installed
from app.meaning import follow as meanings_follow
from app.monitor import Monitor
from app.notices.outside import owed_outside
from app.notices.voice import SpokenCalls
from app.notices.ways import counted, notices_part, ways
from app.notices.worker import Notices
from app.orders import watching_orders
from app.probes import Probes, probe_settings
from app.quality.checks import QualityChecks
from app.rota import RotaWatch, rota_part
from app.routing_rules import load_routing
from app.secrecy.keys import KeyTurning
from app.secrecy.retention import Retention, terms_of
from app.settings import PROJECT, Settings
from app.setup.desk import built as built_desk
from app.setup.folders import folders
from app.tapping import Tapping, addresses
from app.tls import certificate
from app.ways.unit_calls import UnitCalls
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


async def load_matching(database: Database, meaning: Meanings | None = None) -> Content:
    """Registers and knowledge from the store, compiled for matching."""
    register = await line_deeds.load_register(database)
    async with database.reading() as session:
        found = with_lines(await load_content(session), register.units())
    learned = await learning.serving(database)
    return Content(await asyncio.to_thread(MatchIndex, found, learned, meaning), register)


def recogniser_or_none(name: str, settings: Settings, *, live: bool) -> Recogniser | None:
    """The engine asked for; None, said plainly, where it or its model is missing: calls go on without captions."""
    if name == "off":
        return None
    try:
        return recogniser(name, settings.models, threads=settings.asr_threads, live=live)
    except (ModelMissing, PartMissing) as error:
        log.warning("no speech recognition", live=live, reason=str(error))
        return None


OFTEN = (2_000, 10, 50)
"""For gc.set_threshold: a search through all that 2,000 desks keep stops everybody for 0.2 s, one through what is young for none."""


def set_aside() -> None:
    """Take what is compiled for matching out of Python's search for garbage, which would stop all calls for 0.3 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OFTEN)  # app/__main__ searches rarely, and so for long


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
        self.meaning: Meanings | None = None
        self.captions: Captions | None = None
        self._compiling = asyncio.Lock()

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
            rules = load_routing(self.settings)
            content = await load_matching(self.floor.database, self.meaning)
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
        known = await knowledge_watch.stamp(database)
        self._stack.push_async_callback(self.hints.close)
        self.floor = Floor(
            database=database,
            hints=self.hints,
            content=await load_matching(database),
            menus=parse_menus(MENUS.read_text(encoding="utf-8"), MENUS.name),
            policy=policies.load(s.policy),
            calendar=policies.load_calendar(*policies.calendar_folders(s.home)),
            routing=load_routing(s),
            divisions=seeding.city_divisions(s.policy),
            intake=intake.load(policies.load(s.policy)),
            times=Times(s.ring_s, s.wait_s, s.wrap_up_s, s.unfinished_after_s),
            sms_secret=s.sms_secret.get_secret_value(),
            grade_link=s.grade_link,
        )
        self.floor.rules_of = self._rules_of()
        self.account = Account(self.floor)
        self.health.register("disk", self._disk)
        if s.redis_url:
            self.health.register("redis", redis_part(s.redis_url), needed=False)
        self._keep(asyncio.create_task(line_deeds.follow(self.floor), name="follow the line register"))
        self._keep(
            asyncio.create_task(
                knowledge_watch.follow(self.floor, self._compiled, known), name="follow the knowledge base"
            )
        )
        following = calendars.follow(self.floor, s.home, mend="worker" in self.roles)
        self._keep(asyncio.create_task(following, name="follow the calendars"))
        chores = self._make_chores()
        if "worker" in self.roles:
            await (
                chores.import_spool()
            )  # before Asterisk is asked: what it told while we were away comes first
        if "asr" in self.roles and s.recognise_live != "off":
            await self._listen()
        if self.captions or "agi" in self.roles:
            self._keep(asyncio.create_task(self._meanings(), name="what texts mean"))
        switch = await self._bridge() if "agi" in self.roles else None
        if "api" in self.roles:
            house = FloorHouse(self.floor, switch, Spies(switch) if switch else None, s.recordings)
            self._stack.push_async_callback(house.supervision.stop)
            if switch:
                house.ways.calls = self.unit_calls
                if s.offers_demo:
                    house.visitor = Visitor(s, self.floor.database)
                    self._stack.push_async_callback(house.visitor.stop)
                house.supervision.caption = self.tapping.third if self.tapping else None
                await house.supervision.resume()
            self.health.register("rota", rota_part(self.floor), needed=False)
            await self._api(house)
        self._start_chores(chores)
        if s.watch_port and "api" not in self.roles:
            await self._watch_port()
        set_aside()

    def _rules_of(self) -> str:
        profiles = {one.profile for one in self.floor.content.index.content.grounds}
        return policies.rules_of(self.settings.policy, profiles, seeding.HOUSE_CITY)

    async def _compiled(self) -> MatchIndex:
        """One after another, so that what was read last is what serves."""
        async with self._compiling:
            index = (await load_matching(self.floor.database, self.meaning)).index
            set_aside()
            return index

    async def _meanings(self) -> None:
        """Proposals go by words and sounds until the embedding is loaded: calls do not wait for it."""
        self.meaning = await asyncio.to_thread(installed, self.settings)
        if self.meaning is not None:
            await meanings_follow(self.floor, self.meaning, self._compiled)

    # --- agi ---------------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Hear what Asterisk sends of the talks."""
        s = self.settings
        self.health.register("captions", self._captions_health, needed=False)
        ears = recogniser_or_none(s.recognise_live, s, live=True)
        if ears is None:
            return
        captions = Captions(self.floor, ears, self._lag)
        self._stack.push_async_callback(captions.stop)
        try:
            await captions.audio.start(s.audio_host, s.audio_port)
        except (
            OSError
        ) as error:  # another process of this machine hears already; this one still transcribes after calls
            log.error("no captions from this process", port=s.audio_port, reason=str(error))
            return
        self.captions = captions
        figures = self.captions.ears.figures
        self.metrics.watch(
            "hl_asr_live",
            "Captions: streams now, seconds waiting, heard, without provisional text, dropped, of work; streams that failed",
            ("what",),
            lambda: [((name,), number) for name, number in asdict(figures()).items()],
        )
        self._keep(asyncio.create_task(self._warm(ears), name="load speech model"))
        self._keep(asyncio.create_task(keep_knowing(self.floor, ears), name="words for captions"))

    async def _bridge(self) -> Ami:
        s = self.settings
        ami = Ami(AmiSettings(s.ami_port, s.secret("ami_secret"), s.ami_host), self._fact)
        self.tapping: Tapping | None = None
        if s.recognise_live != "off" and not ("asr" in self.roles and self.captions is None):
            self.tapping = Tapping(self.floor, ami, addresses(s.ears, (s.audio_host, s.audio_port)))
            self._stack.push_async_callback(self.tapping.stop)
            if "asr" not in self.roles:
                self.health.register("captions", self.tapping.health, needed=False)
        self.ami, self.dial_out, self.short_calls = ami, DialOut(ami), ShortCalls(ami)
        self.joined_calls = JoinedCalls(ami)
        self.unit_calls = UnitCalls(self.floor, self.joined_calls)
        self.joined_calls.over = self.unit_calls.over
        begin = self.tapping.begin if self.tapping else None
        third = self.tapping.third if self.tapping else None
        self.bridge = Bridge(FloorDesk(self.floor, begin, ami, third), observe=self._observed)
        agi = FastAgi()
        self.bridge.attach(agi)
        self.joined_calls.attach(agi)
        await agi.start(s.agi_host, s.agi_port)
        self._stack.push_async_callback(agi.stop)
        self._stack.push_async_callback(self.bridge.drain)
        self._stack.push_async_callback(self.unit_calls.stop)
        await self._seat_numbers()
        await ami.start()
        self._stack.push_async_callback(ami.stop)
        self.health.register("switch", self._switch_health)
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
            case LinkUp(channels, at, there):
                self.account.doubt()
                self.metrics.ami_connected.set(1)
                await recovery.reconcile(self.floor, channels, at)
                if self.tapping:
                    await self.tapping.missed(there)
            case TapGone(stream, _):
                if self.tapping:
                    await self.tapping.gone(stream)
            case LinkDown(reason, _):
                self.metrics.ami_connected.set(0)
                log.error("the link to Asterisk is down", reason=reason)
            case _:
                if isinstance(fact, ChannelGone):
                    if self.short_calls.heard(fact) or self.joined_calls.heard(fact):
                        return
                    self.dial_out.heard(fact)
                await self.bridge.on_fact(fact)

    async def _switch_health(self) -> str:
        if not self.ami.connected:
            raise SwitchSilent(self.ami.reason)
        return "已连接"

    async def _captions_health(self) -> str:
        if self.captions is None:
            raise PartMissing("没有语音识别，见日志")
        now = self.captions.ears.figures()
        return f"{now.streams} 路语音，滞后 {now.last_lag_s:.1f} 秒，舍弃 {now.dropped_s:.0f} 秒"

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
            token_key=SecretStr(s.secret("token_key")), recordings=s.recordings, status_token=s.status_token,
            desk=s.desk or built_desk(folders()), demo=tuple(seeding.demo_accounts(s)), turn_urls=s.turn_urls,
            turn_secret=s.turn_secret, sip_ws=f"ws://{s.ws_host}:{s.ws_port}/ws" if s.ws_port else "",
        )  # fmt: skip
        api = create_api(
            self.floor.database,
            self.hints,
            house,
            api_settings,
            self.metrics,
            self.health,
            self.floor.divisions,
            audit.prover(self.floor.database, s, self.floor.clock),
        )
        served = await self._stack.enter_async_context(serving(api, s.api_host, s.api_port))
        served.task.add_done_callback(self._ended)
        self._keep(asyncio.create_task(asyncio.to_thread(number_place, ""), name="load number places"))
        if s.https_port:
            own = certificate(s, self.floor.clock())
            https = serving(api, s.api_host, s.https_port, tls=(own.chain, own.key))
            (await self._stack.enter_async_context(https)).task.add_done_callback(self._ended)

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
        if ears is not None:
            self._keep(asyncio.create_task(keep_knowing(self.floor, ears), name="words for transcripts"))
        return Chores(self.floor, s.recordings, s.spool, ears)

    def _start_chores(self, chores: Chores) -> None:
        monitor = Monitor(self.floor, self.settings.asterisk / "log")
        knowledge = KnowledgeWatch(self.floor)
        beats = Beats()
        work = (*(chores.floor_work if "worker" in self.roles else ()), *chores.speech_work)
        if "worker" in self.roles:
            s = self.settings
            chained = audit.AuditChore(self.floor, audit.sealer(s), audit.heads_file(s))
            self.health.register("audit", chained.health, needed=False)
            turning = KeyTurning(self.floor.database, self.floor.clock)
            self.health.register("keys", turning.health, needed=False)
            work = (
                *work,
                monitor.import_call_details,
                monitor.watch_service_level,
                QualityChecks(self.floor).check_quality,
                RhythmWatch(self.floor).watch_rhythm,
                RotaWatch(self.floor).watch,
                AnomalyWatch(self.floor).watch_anomalies,
                HotWatch(self.floor).watch_hot_issues,
                knowledge.take_effect,
                knowledge.gaps_overdue,
                knowledge.forget_questions,
                LearningWatch(self.floor, lambda: self.meaning).learn_anew,
                watching_orders(self.floor),
                collecting(self.floor),
                self.account.settle_times,
                chained.extend_audit,
                turning.turn_keys,
                Retention(self.floor.database, s.recordings, terms_of(s), self.floor.clock).retain,
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
            raise PartMissing(f"只剩 {free:.1f} GB")
        return f"可用 {free:.0f} GB"

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
