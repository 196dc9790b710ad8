"""Who holds a port on this machine, by Linux's own tables: proc(5), /proc/net/tcp and /proc/net/udp."""

import os
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"


def sockets(kind: str, ports: Iterable[int], proc: Path = PROC) -> dict[int, set[str]]:
    """Port -> inodes of the sockets bound to it (tcp: listening). Empty where the system has no such table."""
    wanted = set(ports)
    found: dict[int, set[str]] = {}
    for table in (kind, f"{kind}6"):
        for line in _lines(proc / "net" / table)[1:]:
            fields = line.split()
            port = int(fields[1].rpartition(":")[2], 16)
            if port in wanted and (kind == "udp" or fields[3] == _LISTENING):
                found.setdefault(port, set()).add(fields[9])
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def inodes_of(home: Path, asterisk_conf: Path, proc: Path = PROC) -> set[str]:
    """Inodes of every socket that belongs to this instance: its service's processes and its Asterisk."""
    return {inode for pid in _ours(home, asterisk_conf, proc) for inode in _inodes(proc / pid / "fd")}


def _ours(home: Path, asterisk_conf: Path, proc: Path) -> list[str]:
    """Processes whose environment names this home, or that run Asterisk with this configuration."""
    mark, conf = b"HOTLINE_HOME=" + os.fsencode(home), os.fsencode(asterisk_conf)
    found = []
    for entry in proc.iterdir():
        if entry.name.isdecimal():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:  # gone, or somebody else's
                continue
            if mark in environment or conf in command:
                found.append(entry.name)
    return found


def homes_of(inodes: set[str], default: Path, proc: Path = PROC) -> set[Path]:
    """The homes of the processes that hold these sockets, `default` of one that names none; empty where none can be seen."""
    found = set()
    for entry in proc.iterdir() if inodes else ():
        if not entry.name.isdecimal() or not inodes & _inodes(entry / "fd"):
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            stands = (entry / "cwd").readlink()
        except OSError:  # gone, or somebody else's
            continue
        named = [one.partition(b"=")[2] for one in environment if one.startswith(b"HOTLINE_HOME=")]
        home = Path(os.fsdecode(named[0])).expanduser() if named and named[0] else default
        found.add((stands / home).resolve())
    return found


def _inodes(folder: Path) -> set[str]:
    found: set[str] = set()
    try:
        descriptors = list(folder.iterdir())
    except OSError:
        return found
    for descriptor in descriptors:
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found
