"""A small HTTP server with faults to order: cuts, errors, servers that know no ranges."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Web:
    """`files`: path -> content. `faults`: what happens to the next requests, one each: a status, or "cut" (half, then silence)."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    faults: deque[int | str] = field(default_factory=deque)
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)  # (path, Range header)

    def add(self, path: str, content: bytes) -> str:
        self.files[f"/{path}"] = content
        return f"{self.url}/{path}"


@contextmanager
def web() -> Iterator[Web]:
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            served.asked.append((self.path, wanted))
            fault = served.faults.popleft() if served.faults else None
            if isinstance(fault, int):
                return self.send_error(fault)
            if self.path not in served.files:
                return self.send_error(404)
            return self._send(served.files[self.path], wanted if served.ranges else "", cut=fault == "cut")

        def _send(self, content: bytes, wanted: str, cut: bool) -> None:
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if start >= len(content) and wanted:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206 if wanted else 200)
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            body = content[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = cut

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that left early is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
