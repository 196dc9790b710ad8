"""A private Asterisk as the product configures it, with one extra number that asks nobody."""

import secrets
import socket
from pathlib import Path

from agi.asterisk import Asterisk
from agi.plan import Line, Seat, SwitchPlan, SwitchSettings, Trunk
from agi.render import render
from app.demo import audio
from app.setup import asterisk as installed

LINE, PLAIN = "12345", "99900"
CARRIER = "127.0.0.2"
PROMPT_S = 0.1
PLAINLY = """
[hl-in](+)
exten => {plain},1,Answer(,i)
same => n,Playback(bench-short)
same => n,Hangup(16)
"""


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM, ip: str = "127.0.0.1") -> int:
    """A port nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((ip, 0))
        return int(sock.getsockname()[1])


def make(folder: Path, agi_port: int, seats: tuple[Seat, ...] = ()) -> tuple[Asterisk, int]:
    """A rendered Asterisk, not yet started, and its SIP port; calls from CARRIER are the city's trunk. Raises PartMissing."""
    install = installed.find()
    sounds = folder / "sounds"
    sounds.mkdir(parents=True)
    audio.save_wav(sounds / "bench-short.wav", audio.tone(440, PROMPT_S))
    run, port = folder / "asterisk", free_port()
    settings = SwitchSettings(
        run=run, recordings=folder / "recordings", spool=folder / "spool", sounds=sounds,
        sip_port=port, ami_port=free_port(socket.SOCK_STREAM), ami_secret=secrets.token_hex(16), agi_port=agi_port,
        rtp_start=14000, rtp_end=21999,
    )  # fmt: skip
    plan = SwitchPlan(
        settings=settings, seats=seats, trunks=(Trunk("carrier", match=(CARRIER,)),), lines=(Line(LINE),)
    )
    render(plan, install)
    with (run / "etc" / "extensions.conf").open("a") as dialplan:
        dialplan.write(PLAINLY.format(plain=PLAIN))
    return Asterisk(install, run), port
