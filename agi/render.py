"""Write a private Asterisk's configuration and folders from a SwitchPlan; the same plan gives the same files."""

import os
import re
import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from agi import call_details
from agi.asterisk import AsteriskInstall, control_folder
from agi.plan import SwitchPlan, SwitchSettings
from agi.tones import soft_music

TEMPLATES = Path(__file__).resolve().parent / "conf"

MODULES = """
res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject
res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_endpoint_identifier_ip
res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_anonymous
res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_outbound_registration res_pjsip_registrar res_pjsip_nat res_pjsip_dtmf_info res_pjsip_pubsub
res_pjsip_notify res_pjsip_diversion res_pjsip_rfc3326 res_rtp_asterisk chan_pjsip
bridge_simple bridge_softmix codec_alaw codec_ulaw codec_a_mu codec_gsm codec_resample
format_gsm format_wav format_pcm format_sln res_musiconhold
pbx_config res_speech res_agi res_audiosocket chan_audiosocket
app_amd app_dial app_playback app_read app_record app_mixmonitor app_chanspy app_confbridge app_exec app_stack app_channelredirect
func_channel func_callerid func_cdr func_groupcount func_strings func_logic func_timeout res_cdrel_custom cdr_custom cel_custom
""".split()
WEB_MODULES = "res_http_websocket res_pjsip_transport_websocket res_srtp func_pjsip_aor".split()
"""For phones in pages: SIP over WebSocket, DTLS-SRTP, and asking whether a seat's page is registered."""
NEWER = frozenset({"res_cdrel_custom"})
"""Asterisk has it from 22.8 on, where cdr_custom and cel_custom can't do without."""


def render(plan: SwitchPlan, install: AsteriskInstall) -> Path:
    """Make the run folder's configuration, sounds and scripts; give the path of its asterisk.conf.

    Files and folders are for the running user alone (they hold secrets and voices). Raises UnsafeConfig.
    """
    s = plan.settings
    _folder(s.run)
    for name in (
        "etc",
        "lib",
        "log",
        "log/cdr-custom",
        "log/cel-custom",
        "spool",
        "data",
        "data/sounds",
        "moh",
        "agi-bin",
    ):
        _folder(s.run / name)
    for path in (s.recordings, s.spool):
        _folder(path)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    facts = {
        "s": s,
        "seats": plan.seats,
        "trunks": plan.trunks,
        "lines": plan.lines,
        "outbound": plan.outbound,
        "etc": s.run / "etc",
        "modules": install.modules_dir,
        "module_list": [
            m
            for m in (*(WEB_MODULES if s.ws_port else ()), *MODULES)
            if m not in NEWER or (install.modules_dir / f"{m}.so").exists()
        ],
        "control": control_folder(s.run),
        "interleaves": _interleaves(install.version),
        "cdr_line": call_details.cdr_line(),
        "cel_line": call_details.cel_line(),
    }
    for template in sorted(TEMPLATES.glob("*.j2")):
        _write(s.run / "etc" / template.stem, environment.get_template(template.name).render(facts))
    _write(s.run / "agi-bin" / "fallback", _fallback_script(s), mode=0o700)
    _sounds(s, install)
    return s.run / "etc" / "asterisk.conf"


def _interleaves(version: str) -> bool:
    """Whether MixMonitor has option D (two channels in one raw file), new in 20.11, 21.6 and 22.1."""
    major, minor = (int(part) for part in re.findall(r"\d+", f"{version}.0")[:2])
    return (
        major > 22
        or (major, minor) >= (22, 1)
        or (major == 21 and minor >= 6)
        or (major == 20 and minor >= 11)
    )


def _fallback_script(s: SwitchSettings) -> str:
    """-P keeps the script's own folder off the path, where our asterisk.py would hide pyst2's package."""
    words = [
        str(s.python),
        "-P",
        "-m",
        "agi.fallback",
        str(s.spool),
        str(s.message_silence_s),
        str(s.message_max_s),
    ]
    return f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(s.project))} exec {shlex.join(words)} "$@"\n'


def _sounds(s: SwitchSettings, install: AsteriskInstall) -> None:
    data = s.run / "data"
    _link(data / "sounds" / "zh", s.sounds)
    for name in ("documentation", "rest-api"):
        source = install.root / "usr/share/asterisk" / name
        if source.is_dir():
            _link(data / name, source)
    own = sorted(p for p in s.sounds.glob("moh.*") if p.suffix in (".wav", ".sln", ".alaw", ".gsm"))
    for old in (s.run / "moh").iterdir():
        old.unlink()
    if own:
        _link(s.run / "moh" / own[0].name, own[0])
    else:
        soft_music(s.run / "moh" / "soft.wav")


def _folder(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() or link.exists():
        link.unlink()
    link.symlink_to(target)


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    """Whole or not at all: a reload may read the file at any moment."""
    partial = path.with_name(f".{path.name}.new")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    partial.replace(path)
