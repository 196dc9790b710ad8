"""Citizens and agents played by SIPp: real SIP, real RTP tones, scripted behaviour."""

import asyncio
import math
import os
import re
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

from app.setup.tools import ToolCommand, tool
from core.errors import PartMissing
from tests.need import missing

_SDP = """
      v=0
      o=phone 1 1 IN IP4 [local_ip]
      s=-
      c=IN IP4 [local_ip]
      t=0 0
      m=audio {rtp} RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
"""

_CITIZEN = (
    """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="citizen">
  <send retrans="500"><![CDATA[
      INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: "{name}" <sip:{number}@[local_ip]>;tag=c[call_number][pid]
      To: <sip:[service]@[remote_ip]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:{number}@[local_ip]:[local_port]>
      Max-Forwards: 70
      Content-Type: application/sdp
      Content-Length: [len]
"""
    + _SDP
    + """
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true">
    <action>
      <ereg regexp="m=audio [0-9]+" search_in="body" assign_to="1"/>
      <log message="[$1]"/>
    </action>
  </recv>
  <send><![CDATA[
      ACK [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [last_From:]
      [last_To:]
      Call-ID: [call_id]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0
  ]]></send>
{voice}
  <recv request="BYE" timeout="{stay_ms}" ontimeout="hang"/>
  <send next="over"><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0
  ]]></send>
  <label id="hang"/>
  <send retrans="500"><![CDATA[
      BYE [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: "{name}" <sip:{number}@[local_ip]>;tag=c[call_number][pid]
      To: <sip:[service]@[remote_ip]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 9 BYE
      Max-Forwards: 70
      Content-Length: 0
  ]]></send>
  <recv response="200" crlf="true"/>
  <label id="over"/>
  <nop/>
</scenario>
"""
)

_VOICE = '  <nop><action><exec rtp_stream="{tone},-1,8"/></action></nop>'
_STREAM = "[rtpstream_audio_port]"

_AGENT_TOP = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="agent">
  <recv request="INVITE" rrs="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/>
      <ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="3"/>
    </action>
  </recv>
  <Reference variables="1,2,3"/>
  <send><![CDATA[
      SIP/2.0 {first}
      [last_Via:]
      [last_From:]
      [last_To:];tag=a[call_number][pid]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:agent@[local_ip]:[local_port]>
      Content-Length: 0
  ]]></send>
"""

_AGENT_TALK = (
    """
  <pause milliseconds="{ring_ms}"/>
  <send retrans="500"><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=a[call_number][pid]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:agent@[local_ip]:[local_port]>
      Content-Type: application/sdp
      Content-Length: [len]
"""
    + _SDP
    + """
  ]]></send>
  <recv request="ACK"/>
  <pause milliseconds="{mute_ms}"/>
  <nop><action><exec rtp_stream="{tone},-1,8"/></action></nop>
  <recv request="BYE" timeout="{talk_ms}" ontimeout="hang"/>
  <send next="over"><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0
  ]]></send>
  <label id="hang"/>
  <send retrans="500"><![CDATA[
      BYE [$3] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From:[$2];tag=a[call_number][pid]
      To:[$1]
      Call-ID: [call_id]
      CSeq: 7 BYE
      Max-Forwards: 70
      Content-Length: 0
  ]]></send>
  <recv response="200"/>
  <label id="over"/>
  <nop/>
</scenario>
"""
)

_AGENT_BUSY = """
  <recv request="ACK"/>
</scenario>
"""

_AGENT_DEAF = """
  <recv request="CANCEL"/>
  <send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0
  ]]></send>
  <send><![CDATA[
      SIP/2.0 487 Request Terminated
      [last_Via:]
      From:[$1]
      To:[$2];tag=a[call_number][pid]
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Content-Length: 0
  ]]></send>
  <recv request="ACK"/>
</scenario>
"""


def alaw_tone(path: Path, hertz: float, seconds: float = 1.0) -> Path:
    """A headerless A-law tone for SIPp to loop; whole periods, so the loop has no click."""
    path.write_bytes(
        bytes(
            _alaw(int(12000 * math.sin(2 * math.pi * hertz * i / 8000))) for i in range(int(8000 * seconds))
        )
    )
    return path


def _alaw(sample: int) -> int:
    """ITU-T G.711 A-law of a 16-bit sample."""
    sign = 0x80 if sample >= 0 else 0
    value = min(abs(sample), 32635) >> 4
    exponent = max(0, value.bit_length() - 5) if value >= 32 else 0
    if value < 32:
        code = value >> 1
    else:
        exponent = value.bit_length() - 5
        code = (exponent << 4) | ((value >> exponent) & 0x0F)
    return (code | sign) ^ 0x55


async def _press(rtp: socket.socket, keys: str) -> None:
    """Send each key as an RFC 4733 telephone event: 100 ms long, 100 ms apart, its end three times."""
    sequence = 0
    for number, key in enumerate(keys):
        stamp = 16000 * (number + 1)
        for step in range(8):
            end = step >= 5
            head = struct.pack("!BBHII", 0x80, 101 | (0x80 if step == 0 else 0), sequence, stamp, 0x1234)
            rtp.send(
                head
                + struct.pack(
                    "!BBH", "0123456789*#".index(key), 0x80 | 10 if end else 10, min(step + 1, 6) * 160
                )
            )
            sequence += 1
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)


async def _bound(port: int) -> None:
    """Wait until a UDP socket stands on `port`: a phone that starts late would miss its call."""
    async with asyncio.timeout(10):
        while f":{port:04X} " not in Path("/proc/net/udp").read_text():
            await asyncio.sleep(0.02)


def _sipp() -> ToolCommand:
    """Ours or the machine's."""
    try:
        return tool("sipp")
    except PartMissing:
        missing("sipp (package sip-tester)")


@dataclass
class Phones:
    """Starts SIPp phones against one Asterisk and ends them all."""

    folder: Path
    sip_port: int
    running: list[asyncio.subprocess.Process] = field(default_factory=list)
    sipp: ToolCommand = field(init=False)

    def __post_init__(self) -> None:
        self.sipp = _sipp()
        self.citizen_tone = alaw_tone(self.folder / "citizen.al", 400)
        self.agent_tone = alaw_tone(self.folder / "agent.al", 1000)

    async def citizen(
        self, line: str = "12345", number: str = "13800138000", stay_ms: int = 20000
    ) -> asyncio.subprocess.Process:
        """Call `line` from 127.0.0.2 (the trunk's address); hang up after `stay_ms` unless hung up on before."""
        return await self._citizen(line, number, stay_ms, _VOICE.format(tone=self.citizen_tone), _STREAM)

    async def citizen_with_keys(self, keys: str, after_s: float, line: str = "12345") -> None:
        """A silent citizen who presses `keys` (RFC 4733) `after_s` seconds after the answer."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            rtp.bind(("127.0.0.2", 0))
            await self._citizen(line, "13800138000", 20000, "", str(rtp.getsockname()[1]))
            log = self.folder / f"citizen-{len(self.running) - 1}.xml.log"
            async with asyncio.timeout(10):
                while not (log.exists() and (found := re.search(r"m=audio ([0-9]+)", log.read_text()))):
                    await asyncio.sleep(0.02)
            rtp.connect(("127.0.0.1", int(found[1])))
            await asyncio.sleep(after_s)
            await _press(rtp, keys)

    async def _citizen(
        self, line: str, number: str, stay_ms: int, voice: str, rtp: str
    ) -> asyncio.subprocess.Process:
        text = _CITIZEN.format(name="citizen", number=number, stay_ms=stay_ms, voice=voice, rtp=rtp)
        return await self._run("citizen", text, "127.0.0.2", 0, ["-s", line, f"127.0.0.1:{self.sip_port}"])

    async def agent(
        self,
        port: int,
        ring_ms: int = 200,
        talk_ms: int = 20000,
        status: str = "",
        deaf: bool = False,
        mute_ms: int = 0,
        hertz: float = 0,
    ) -> asyncio.subprocess.Process:
        """Answer one call at `port` after `ring_ms` and hang up after `talk_ms`; or refuse with `status`; or never answer."""
        tone = alaw_tone(self.folder / f"tone-{hertz:g}.al", hertz) if hertz else self.agent_tone
        top = _AGENT_TOP.format(first=status or "180 Ringing")
        rest = _AGENT_BUSY if status else _AGENT_DEAF if deaf else _AGENT_TALK
        text = top + rest.format(ring_ms=ring_ms, talk_ms=talk_ms, tone=tone, rtp=_STREAM, mute_ms=mute_ms)
        return await self._run("agent", text, "127.0.0.1", port, [])

    async def _run(
        self, name: str, text: str, ip: str, port: int, target: list[str]
    ) -> asyncio.subprocess.Process:
        scenario = self.folder / f"{name}-{len(self.running)}.xml"
        scenario.write_text(text)
        argv = [
            *self.sipp.argv,
            "-sf",
            str(scenario),
            "-i",
            ip,
            "-mi",
            ip,
            "-m",
            "1",
            "-nostdin",
            "-timeout",
            "60s",
            "-trace_err",
            "-error_file",
            f"{scenario}.err",
            "-trace_logs",
            "-log_file",
            f"{scenario}.log",
        ]
        if port:
            argv += ["-p", str(port)]
        process = await asyncio.create_subprocess_exec(
            *argv,
            *target,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self.folder,
            env=os.environ | self.sipp.env,
        )
        self.running.append(process)
        if port:
            await _bound(port)
        return process

    async def stop(self) -> None:
        """End every phone still running."""
        for process in self.running:
            if process.returncode is None:
                process.kill()
            await process.wait()
