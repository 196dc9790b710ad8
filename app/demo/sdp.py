"""Offer and answer of the phone: one G.711 stream, telephone events, nothing else (RFC 3264)."""

import time
from dataclasses import dataclass

from aiosipua.sdp import SdpMessage, build_sdp, negotiate_sdp

ALAW, ULAW, EVENTS = 8, 0, 101
DIRECTIONS = {"sendrecv", "sendonly", "recvonly", "inactive"}


@dataclass(frozen=True, slots=True)
class Session:
    """What the peer's description asks for. `events`: its payload type for keys, 0 = none."""

    remote: tuple[str, int]
    payload: int
    events: int
    direction: str

    @property
    def wants_sound(self) -> bool:
        """False while it holds us (RFC 3264 §8.4; 0.0.0.0 is the older way)."""
        return (
            self.direction in ("sendrecv", "recvonly") and self.remote[0] != "0.0.0.0" and self.remote[1] > 0
        )


def offer(ip: str, port: int, direction: str = "sendrecv", version: int = 0, session: str = "") -> SdpMessage:
    """Our side alone; a later offer keeps `session` and counts `version` up (RFC 3264 §8)."""
    made = build_sdp(
        ip, port, ALAW, "PCMA", dtmf_payload_type=EVENTS, session_id=session or str(time.time_ns())
    )
    return _as_version(made, version, direction)


def answer(theirs: SdpMessage | None, ip: str, port: int, version: int = 0, session: str = "") -> SdpMessage:
    """Our side to an offer read before; keeps the offer's number for telephone events, which aiosipua changes to 101."""
    asked = read(theirs)
    if theirs is None or asked is None:
        return offer(ip, port, version=version, session=session)
    made, _ = negotiate_sdp(
        theirs,
        ip,
        port,
        supported_codecs=[ALAW, ULAW],
        dtmf_payload_type=asked.events,
        session_id=session or str(time.time_ns()),
    )
    return _as_version(made, version)


def read(description: SdpMessage | None) -> Session | None:
    """The peer's wishes, None where there is no G.711 sound in them."""
    audio = description.audio if description is not None else None
    where = description.rtp_address if description is not None else None
    if audio is None or where is None:
        return None
    payloads = [c.payload_type for c in audio.codecs if c.payload_type in (ALAW, ULAW)]
    events = [c.payload_type for c in audio.codecs if c.encoding_name.lower() == "telephone-event"]
    if not payloads:
        return None
    return Session(where, payloads[0], events[0] if events else 0, audio.direction)


def _as_version(made: SdpMessage, version: int, direction: str = "") -> SdpMessage:
    made.origin.session_version = str(int(made.origin.session_id) + version)
    audio = made.audio
    if direction and audio is not None:
        for name in DIRECTIONS & audio.attributes.keys():
            del audio.attributes[name]
        audio.attributes[direction] = []
    return made
