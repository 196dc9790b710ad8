"""Who is on the other end of a connection."""

import ipaddress

from starlette.requests import HTTPConnection

_PROXIED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_OURSELVES = ("127.0.0.1", "localhost", "::1", "[::1]")


def address(connection: HTTPConnection) -> str:
    """Of the peer; a proxy's where there is one."""
    return connection.client.host if connection.client else ""


def from_loopback(connection: HTTPConnection) -> bool:
    """A peer on this machine and no proxy in between: behind one, everybody seems to come from loopback."""
    if any(name in connection.headers for name in _PROXIED):
        return False
    try:
        return connection.client is not None and ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def at_this_machine(connection: HTTPConnection) -> bool:
    """As `from_loopback`, and the browser believes it speaks to this machine: a name that was made to point here does not pass."""
    return from_loopback(connection) and connection.url.hostname in _OURSELVES
