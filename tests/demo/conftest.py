"""A small real Asterisk with an echo, prompts, keys and a way from phone to phone."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agi.asterisk import Asterisk, AsteriskInstall
from app.demo import audio
from app.setup import asterisk as installed
from core.errors import PartMissing
from tests.need import missing

MODULES = """res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_crypto
res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_endpoint_identifier_user
res_pjsip_endpoint_identifier_ip res_pjsip_authenticator_digest res_pjsip_registrar res_pjsip_dtmf_info
res_pjsip_pubsub res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip bridge_simple codec_alaw codec_ulaw codec_resample
format_wav format_pcm pbx_config res_speech app_dial app_playback app_read app_echo func_channel func_callerid func_logic""".split()
DIALPLAN = """[phones]
exten => echo,1,Answer(,i)
 same => n,Echo()
exten => prompt,1,Answer(,i)
 same => n,Playback({sounds}/hello)
 same => n,Hangup(16)
exten => keys,1,Answer(,i)
 same => n,Read(KEYS,,2,,1,5)
 same => n,Playback({sounds}/keys-${{KEYS}})
 same => n,Hangup(16)
exten => busy,1,Hangup(17)
exten => nobody,1,Hangup(1)
exten => _2XXX,1,Dial(PJSIP/${{EXTEN}},2,g)
 same => n,Hangup(${{IF($["${{DIALSTATUS}}"="NOANSWER"]?19:${{HANGUPCAUSE}})}})
"""
ACCOUNT = """[{user}]
type=endpoint
context=phones
disallow=all
allow=alaw
auth={user}
aors={user}
direct_media=no
dtmf_mode=rfc4733
[{user}]
type=auth
auth_type=userpass
username={user}
password=secret-{user}
[{user}]
type=aor
max_contacts=1
remove_existing=yes
"""


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _write(run: Path, install: AsteriskInstall, port: int) -> None:
    for name in ("etc", "lib", "log", "spool", "data"):
        (run / name).mkdir(parents=True)
    for name in ("documentation", "rest-api"):  # without its documents Asterisk refuses to start
        (run / "data" / name).symlink_to(install.root / "usr/share/asterisk" / name)
    sounds = run / "sounds"
    sounds.mkdir()
    audio.save_wav(sounds / "hello.wav", np.concatenate([audio.tone(440, 0.6), audio.silence(0.2)]))
    audio.save_wav(sounds / "keys-17.wav", audio.tone(1000, 0.6))
    audio.save_wav(sounds / "keys-.wav", audio.tone(300, 0.6))
    folders = "".join(
        f"{name} => {run / sub}\n"
        for name, sub in (
            *(("astetcdir", "etc"), ("astvarlibdir", "lib"), ("astdbdir", "lib"), ("astkeydir", "lib")),
            *(("astdatadir", "data"), ("astspooldir", "spool"), ("astrundir", "."), ("astlogdir", "log")),
        )
    )
    pjsip = f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{port}\n"
    files = {
        "asterisk.conf": f"[directories]\n{folders}astmoddir => {install.modules_dir}\n[options]\nhideconnect=yes\n",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES),
        "pjsip.conf": pjsip + "".join(ACCOUNT.format(user=user) for user in ("2001", "2002")),
        "extensions.conf": DIALPLAN.format(sounds=sounds),
        "rtp.conf": "[general]\nrtpstart=24000\nrtpend=24200\n",
        "logger.conf": "[logfiles]\nmessages => notice,warning,error\n",
    }
    for name, text in files.items():
        (run / "etc" / name).write_text(text)


@pytest.fixture(scope="module")
def asterisk_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """SIP port of a running Asterisk with accounts 2001 and 2002, secrets secret-2001 and secret-2002."""
    try:
        install = installed.find()
    except PartMissing as error:
        missing(f"Asterisk ({error})")
    run, port = tmp_path_factory.mktemp("asterisk"), free_port()
    _write(run, install, port)
    switch = Asterisk(install, run)
    switch.start()
    yield port
    switch.stop()
