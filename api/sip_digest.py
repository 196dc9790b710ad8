"""What a browser's phone says on its way to the switch: held to its own seat, and signed in the seat's name (RFC 3261 22.4, RFC 2617).

The page knows no SIP password: it answers the switch's challenge with any, and the answer is made right here.
"""

import hashlib
import re
from dataclasses import dataclass, field

from core.errors import HotlineError

_REQUEST = re.compile(r"([A-Z]{3,20}) (\S{1,1000}) SIP/2\.0")
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"\\]*)"|([^\s,"]+))')
_RESPONSE = re.compile(r'(\bresponse\s*=\s*")[^"]*(")')
_USER = re.compile(r"sips?:([^@;>\s]+)@")
_FROM, _TO = frozenset({"from", "f"}), frozenset({"to", "t"})
_SIGNED = frozenset({"authorization", "proxy-authorization"})


class NotASeatsWord(HotlineError):
    """A message this seat's phone would not send."""

    code = "not_a_seats_word"


@dataclass(frozen=True, slots=True)
class SeatPhone:
    """The SIP account of a seat's browser phone."""

    user: str
    secret: str = field(repr=False)


def outgoing(text: str, phone: SeatPhone) -> str:
    """The message as the switch is to get it. Raises NotASeatsWord where it speaks for anybody else, or is no SIP."""
    if not text.strip() or text.startswith("SIP/2.0 "):
        return text  # a keep-alive, or the answer to something the switch asked
    head, end, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    request = _REQUEST.fullmatch(first)
    if request is None or not end:
        raise NotASeatsWord("no SIP request")
    headers = [_split(line) for line in lines]
    _check_sender(headers, phone)
    written = [
        f"{name}: {_sign(value, request[1], phone) if name.lower() in _SIGNED else value}"
        for name, value in headers
    ]
    return "\r\n".join([first, *written]) + end + body


def _split(line: str) -> tuple[str, str]:
    """A folded line would hide a header from us that the switch sees: none passes."""
    name, colon, value = line.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.rstrip()) or "\n" in value:
        raise NotASeatsWord("a header is not understood")
    return name.rstrip(), value.strip()


def _check_sender(headers: list[tuple[str, str]], phone: SeatPhone) -> None:
    senders = [value for name, value in headers if name.lower() in _FROM]
    targets = [value for name, value in headers if name.lower() in _TO]
    if len(senders) != 1 or len(targets) != 1:
        raise NotASeatsWord("one From and one To")
    if ";tag=" in targets[0]:
        return  # within a dialog, which the switch knows
    user = _USER.search(senders[0])
    if user is None or user[1] != phone.user:
        raise NotASeatsWord("another seat's name")


def _sign(value: str, method: str, phone: SeatPhone) -> str:
    given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}
    if not value.lower().startswith("digest ") or given.get("username") != phone.user:
        raise NotASeatsWord("another account's signature")
    if given.get("algorithm", "MD5").upper() != "MD5" or given.get("qop", "auth") != "auth":
        raise NotASeatsWord("a way of signing we do not know")
    try:
        ours = _digest(given, method, phone)
    except KeyError as missing:
        raise NotASeatsWord(f"no {missing.args[0]} in a signature") from None
    signed, count = _RESPONSE.subn(rf"\g<1>{ours}\g<2>", value)
    if count != 1:
        raise NotASeatsWord("one response in a signature")
    return signed


def _digest(given: dict[str, str], method: str, phone: SeatPhone) -> str:
    account = _md5(f"{phone.user}:{given['realm']}:{phone.secret}")
    asked = _md5(f"{method}:{given['uri']}")
    if "qop" not in given:
        return _md5(f"{account}:{given['nonce']}:{asked}")
    return _md5(f"{account}:{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}:{asked}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
