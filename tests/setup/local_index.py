"""A package index and a Debian mirror of our own on loopback, which count what is asked and can break off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Mirror:
    """Serves `folder`. `asked`: paths requested so far. `cut`: names whose body breaks off in the middle, once each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.cut: set[str] = set()
        self.url = ""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, mirror: Mirror, *args: object) -> None:
        self._mirror = mirror
        super().__init__(*args, directory=str(mirror.folder))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._mirror.asked.append(self.path)
        name = self.path.rsplit("/", 1)[-1]
        path = Path(self.translate_path(self.path))
        if name in self._mirror.cut:
            self._mirror.cut.remove(name)
            self._send(path.read_bytes(), half=True)
        elif "Range" in self.headers and path.is_file():
            self._mirror.ranges.append(self.headers["Range"])
            self._send(path.read_bytes(), start=int(self.headers["Range"].split("=")[1].split("-")[0]))
        else:
            super().do_GET()

    def _send(self, body: bytes, *, start: int = 0, half: bool = False) -> None:
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        self.wfile.write(body[start : len(body) // 2] if half else body[start:])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silence: what was asked is kept in the mirror."""


@contextmanager
def serving(folder: Path) -> Iterator[Mirror]:
    """A mirror of `folder` on a free port, gone when the block ends."""
    mirror = Mirror(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, mirror))
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
