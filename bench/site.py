"""The site every mode is measured on: the product's own database, registers and Asterisk, with three extra numbers.

PLAIN asks nobody (pure dialplan); ASKED asks our FastAGI once, a desk that keeps no records; WHOLE does so through the
product's own dialplan, which also tells the end of each call; LINE is the product.
Prompts are tones of PROMPT_S, so that a second measures calls and not speech; callers come from CARRIER, seats sit at SEATS.
"""

import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agi.asterisk import Asterisk
from agi.plan import Seat as SwitchSeat
from agi.render import render
from app import seeding
from app.demo import audio
from app.floor import now
from app.instance import free_ports, install, switch_plan
from app.settings import Settings
from core.errors import PartMissing
from store import seats, users
from store.database import Database

LINE, PLAIN, ASKED, WHOLE = "12345", "99900", "99901", "99902"
CARRIER, SEATS = "127.0.0.2", "127.0.0.3"
FIRST_SEAT = 20001
PROMPT_S = 0.1
PROMPTS = (
    *("bench-short", "greeting", "recording-notice", "emergency-reminder", "please-wait", "queue-position"),
    *("queue-people", "goodbye", "sorry-retry", "callback-offer", "beep", *(f"n{n}" for n in range(21))),
    *(f"wait-about-{n}" for n in (1, 2, 3, 5, 10, 15, 20)),
    "wait-longer",
)
EXTRA = """
[hl-in](+)
exten => {plain},1,Goto(bench-plain,s,1)
exten => {asked},1,Goto(bench-asked,s,1)
exten => {whole},1,Set(HL_AGI=agi://127.0.0.1:{agi_port})
same => n,Goto(hl-arrive,${{EXTEN}},1)

[bench-plain]
exten => s,1,Answer(,i)
same => n,Playback(bench-short)
same => n,Hangup(16)

[bench-asked]
exten => s,1,Answer(,i)
same => n,AGI(agi://127.0.0.1:{agi_port}/arrived,${{CHANNEL(linkedid)}},,12345,${{CALLERID(num)}})
same => n,Playback(${{HL_PROMPTS}})
same => n,Hangup(16)
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A site ready to start. `seat_port`: where the seats' phones listen."""

    settings: Settings
    asterisk: Asterisk
    seat_port: int

    @property
    def sip(self) -> tuple[str, int]:
        return self.settings.sip_host, self.settings.sip_port


def free_port(ip: str) -> int:
    """A UDP port nobody has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ip, 0))
        return int(sock.getsockname()[1])


async def make(home: Path, unrecorded_port: int, seat_count: int) -> Site:
    """Folders, database with `seat_count` extra seats, prompts and Asterisk's configuration. Raises PartMissing."""
    api, agi, audio_port, ami = free_ports(4)
    given = {
        **{
            "home": home,
            "api_port": api,
            "agi_port": agi,
            "audio_port": audio_port,
            "ami_port": ami,
            "ws_port": 0,
        },
        **{"sip_port": free_port("127.0.0.1"), "rtp_start": 14000, "rtp_ports": 8000, "trunk_match": CARRIER},
        **{"recognise_live": "off", "recognise_after": "off", "wrap_up_s": 0, "seats": 1},
        **{"database_url": "", "redis_url": "", "ami_secret": secrets.token_hex(16)},
    }
    settings = Settings(**given)  # type: ignore[arg-type]
    for folder in (settings.recordings, settings.spool, settings.sounds, settings.logs, home / "secrets"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in PROMPTS:
        audio.save_wav(settings.sounds / f"{name}.wav", audio.tone(440, PROMPT_S, level_db=-3))
    site = Site(settings, Asterisk(install(), settings.asterisk), free_port(SEATS))
    await _configure(site, unrecorded_port, seat_count)
    return site


async def _configure(site: Site, unrecorded_port: int, seat_count: int) -> None:
    s = site.settings
    database = Database(s.database, seeding.keyring(s))
    try:
        await database.create_or_upgrade()
        await seeding.first_start(database, s)
        await _seats(database, range(FIRST_SEAT, FIRST_SEAT + seat_count))
        plan = await switch_plan(database, s)
        if LINE not in {line.number for line in plan.lines}:
            raise PartMissing(f"the registers have no line {LINE}")
        there = tuple(_at(seat, site.seat_port) for seat in plan.seats)
        render(replace(plan, seats=there), site.asterisk.install)
    finally:
        await database.close()
    with (s.asterisk / "etc" / "extensions.conf").open("a") as dialplan:
        dialplan.write(EXTRA.format(plain=PLAIN, asked=ASKED, whole=WHOLE, agi_port=unrecorded_port))


def _at(seat: SwitchSeat, port: int) -> SwitchSeat:
    return replace(seat, contact=f"sip:{seat.user}@{SEATS}:{port}")


async def _seats(database: Database, numbers: Sequence[int]) -> None:
    """Seats with somebody logged in at each, ready."""
    async with database.session() as session:
        for number in numbers:
            user = await users.add(session, f"bench{number}", "bench", "agent", "!", now())
            seat = await seats.add(session, str(number), secrets.token_hex(12), now())
            await session.flush()
            await seats.log_in(session, seat.id, user.id, now())
