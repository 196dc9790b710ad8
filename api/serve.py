"""How the HTTP edge is served: uvicorn with its own bounds closed where its defaults leave them open."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from core.errors import HotlineError

_START_S = 20.0
_GRACE_S = 5
_LONGEST_HEADERS = 32 * 1024
_LONGEST_WEBSOCKET_MESSAGE = 16 * 1024


class AddressTaken(HotlineError):
    """We can't listen there; the text says where and why."""

    code = "address_taken"
    status = 503


class BadCertificate(HotlineError):
    """The HTTPS port can't be served with this certificate and key."""

    code = "bad_certificate"
    status = 503


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens. `task` ends, with its error, if the server ever stops by itself."""

    port: int
    task: "asyncio.Task[None]"


class _Server(uvicorn.Server):
    """uvicorn takes the process's signals for itself; here they belong to whoever runs the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: FastAPI, host: str, port: int, *, connections: int = 10_000, tls: tuple[Path, Path] | None = None
) -> AsyncIterator[Served]:
    """Listen until the block ends, then let answers under way finish for a few seconds. Port 0 takes a free one.

    tls: certificate chain and key (PEM), for HTTPS. Raises BadCertificate where they don't fit each other.
    connections: more at once are answered 503. A peer's address is the socket's, never a header's. Raises AddressTaken.
    """
    listening = _bound(host, port)
    server = _Server(_config(app, connections, tls))
    task = asyncio.create_task(server.serve([listening]), name="http")
    try:
        async with asyncio.timeout(_START_S):
            while not server.started and not task.done():
                await asyncio.sleep(0.01)
        yield Served(listening.getsockname()[1], task)
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=_GRACE_S + 3)
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_GRACE_S)
        listening.close()


def _bound(host: str, port: int) -> socket.socket:
    """uvicorn would end the whole process where it can't bind; we raise a name instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise AddressTaken(f"can't listen on {host}:{port}: {error.strerror}") from error


def _config(app: FastAPI, connections: int, tls: tuple[Path, Path] | None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        http="h11",
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
        ws="websockets-sansio",
        ws_max_size=_LONGEST_WEBSOCKET_MESSAGE,
        ws_per_message_deflate=False,  # small messages: a compressor each costs more memory than all else of a screen
        limit_concurrency=connections,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=_GRACE_S,
    )
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        raise BadCertificate(f"certificate {tls and tls[0]}: {error}") from error
    return config
