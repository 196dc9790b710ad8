"""Run one private Asterisk: start, attach, ask its CLI, reload, stop. It outlives the process that started it."""

import hashlib
import os
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agi.errors import SwitchDown

_RELOADED = (
    "module reload res_pjsip.so",
    "module reload res_pjsip_endpoint_identifier_ip.so",
    "module reload res_pjsip_outbound_registration.so",
    "dialplan reload",
    "moh reload",
    "manager reload",
)
_children: dict[
    int, "subprocess.Popen[bytes]"
] = {}  # started by this process, their exit status still unread
_SOCKET_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


class AsteriskInstall(Protocol):
    """An unpacked or system Asterisk. `command`: argv prefix (its own ld.so first, where it needs one)."""

    @property
    def command(self) -> tuple[str, ...]: ...

    @property
    def modules_dir(self) -> Path: ...

    @property
    def root(self) -> Path: ...

    @property
    def version(self) -> str: ...


def control_folder(run: Path) -> Path:
    """Where the CLI socket goes: the run folder, or a short stand-in where its path is too long for a socket."""
    key = hashlib.sha256(os.fsencode(run)).hexdigest()[:16]
    name = f"hotline-{os.getuid()}-{key}"
    places = (run, Path(tempfile.gettempdir()) / name, Path("/tmp") / name)  # made 0700, its owner checked
    return next(p for p in places if len(os.fsencode(p / "asterisk.ctl")) <= _SOCKET_LIMIT)


@dataclass(frozen=True, slots=True)
class Asterisk:
    """A rendered Asterisk on this machine. Blocking calls; each is bounded by its `timeout` seconds."""

    install: AsteriskInstall
    run: Path

    @property
    def conf(self) -> Path:
        return self.run / "etc" / "asterisk.conf"

    @property
    def log(self) -> Path:
        return self.run / "log" / "console.log"

    @property
    def _pid_file(self) -> Path:
        return self.run / "asterisk.service.pid"

    def pid(self) -> int | None:
        """The process started for this run folder, if it still runs."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.conf) in command and not _is_dead(pid) else None

    def start(self, timeout: float = 30.0) -> int:
        """Start in a session of its own and wait until fully booted. Gives the pid. Raises SwitchDown.

        Where one already runs for this folder it is kept: see `attach`.
        """
        running = self.pid()
        if running:
            return self.attach(timeout)
        folder = control_folder(self.run)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SwitchDown(f"{folder} belongs to somebody else")
        (folder / "asterisk.ctl").unlink(missing_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self.install.command, "-C", str(self.conf), "-f", "-q"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.run,
                start_new_session=True,
                umask=0o077,
            )
        _children[process.pid] = process
        self._pid_file.write_text(str(process.pid))
        _lift_file_limit(process.pid)
        try:
            return self._booted(process.pid, timeout)
        except SwitchDown:
            self.stop(1.0)
            raise

    def attach(self, timeout: float = 30.0) -> int:
        """The pid of the Asterisk already running here, once it is fully booted; it may carry calls and is never ended.

        Raises SwitchDown.
        """
        pid = self.pid()
        if pid is None:
            raise SwitchDown(f"no Asterisk runs for {self.run}")
        return self._booted(pid, timeout)

    def _booted(self, pid: int, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if _is_dead(pid):
                raise SwitchDown(
                    f"Asterisk ended at start-up; see {self.log} and {self.run / 'log/messages'}"
                )
            try:
                if "fully booted" in self.cli("core waitfullybooted", timeout=deadline - time.monotonic()):
                    return pid
            except SwitchDown:
                time.sleep(0.05)
        raise SwitchDown(f"Asterisk was not up within {timeout:g} s; see {self.log}")

    def cli(self, command: str, timeout: float = 10.0) -> str:
        """What the CLI answers to `command`. Raises SwitchDown where nobody answers."""
        argv = [*self.install.command, "-C", str(self.conf), "-rx", command]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=max(0.1, timeout),
                check=False,
                cwd=self.run,
            )
        except subprocess.TimeoutExpired:
            raise SwitchDown(f"Asterisk's CLI did not answer within {timeout:.1f} s") from None
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode != 0 or "Unable to connect to remote asterisk" in text:
            raise SwitchDown("Asterisk's CLI is not there")
        return text

    def reload(self) -> None:
        """Take up a newly rendered configuration; calls under way go on."""
        for part in _RELOADED:
            answer = self.cli(part)
            if "No such command" in answer:
                raise SwitchDown(f"Asterisk does not know {part!r}")

    def channels(self) -> int:
        """How many channels exist now."""
        lines = self.cli("core show channels count").splitlines()
        return next(int(line.split()[0]) for line in lines if "active channel" in line)

    def stop(self, timeout: float = 10.0) -> None:
        """Ask it to stop, then terminate, then kill; returns when the process is gone."""
        pid = self.pid()
        if pid is None:
            return
        try:
            self.cli("core stop now", timeout=min(5.0, timeout))
        except SwitchDown:
            _signal(pid, signal.SIGTERM)
        if not _gone(pid, timeout):
            _signal(pid, signal.SIGKILL)
            _gone(pid, 5.0)
        self._pid_file.unlink(missing_ok=True)
        folder = control_folder(self.run)
        if folder != self.run:
            for name in ("asterisk.ctl", "asterisk.pid"):
                (folder / name).unlink(missing_ok=True)
            _remove_empty(folder)

    def kill(self) -> None:
        """As a power cut would: no chance to write anything. For tests and as the last resort."""
        pid = self.pid()
        if pid is not None:
            _signal(pid, signal.SIGKILL)
            _gone(pid, 5.0)


def _is_dead(pid: int) -> bool:
    """Gone, or dead and only waiting for its parent to read its exit status; a child of ours is read here."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def _lift_file_limit(pid: int) -> None:
    """A call holds about ten descriptors; the usual soft limit of 1024 would end at a hundred calls."""
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _gone(pid: int, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if _is_dead(pid):
            return True
        time.sleep(0.02)
    return False


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
