"""systemd units: they parse, name files that exist, and give away nothing they need not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.settings import Settings
from app.setup.folders import PROJECT
from app.setup.parts import SERVE
from tests.need import need

pytestmark = pytest.mark.unit

FOLDER = PROJECT / "deploy" / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
INSTALLED = "/opt/hotline"
HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}

Unit = dict[str, list[tuple[str, str]]]


def parse(text: str) -> Unit:
    """Sections with their (key, value) pairs, repeated keys kept (systemd.syntax(7)). Raises ValueError."""
    unit: Unit = {}
    section: list[tuple[str, str]] | None = None
    for line in text.splitlines():
        if not line.strip() or line[0] in "#;":
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = unit.setdefault(heading[1], [])
        elif section is None or "=" not in line:
            raise ValueError(f"neither heading nor assignment: {line}")
        else:
            key, value = line.split("=", 1)
            section.append((key, value))
    return unit


def read(name: str) -> Unit:
    return parse((FOLDER / name).read_text(encoding="utf-8"))


def commands(unit: Unit) -> list[str]:
    return [value for key, value in unit["Service"] if key.startswith("Exec")]


def test_there_is_one_for_all_one_per_role_one_for_the_floor_and_one_for_asterisk() -> None:
    assert UNITS == [
        "hotline-asterisk.service", "hotline-floor.service", "hotline-role@.service", "hotline.service",
    ]  # fmt: skip


def test_the_floor_has_api_and_calls_in_one_process_so_that_transfers_work() -> None:
    (started,) = commands(read("hotline-floor.service"))
    assert started == f"{INSTALLED}/hotline serve --role api --role agi"


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_has_its_sections_and_an_ordinary_user(name: str) -> None:
    unit = read(name)
    assert list(unit) == ["Unit", "Service", "Install"]
    service = dict(unit["Service"])
    assert service["User"] == "hotline"
    assert service["Restart"] == "on-failure"
    assert dict(unit["Install"]) == {"WantedBy": "multi-user.target"}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened(name: str) -> None:
    assert dict(read(name)["Service"]).items() >= HARDENING.items()


@pytest.mark.parametrize("name", UNITS)
def test_what_is_started_exists_in_the_project(name: str) -> None:
    for command in commands(read(name)):
        paths = [word for word in command.split() if word.startswith(f"{INSTALLED}/")]
        assert paths
        for path in paths:
            if "/.hotline/" not in path:  # made by the set-up
                assert (PROJECT / path.removeprefix(f"{INSTALLED}/")).is_file(), path


@pytest.mark.parametrize("name", UNITS)
def test_every_setting_a_unit_gives_or_mentions_exists(name: str) -> None:
    known = {f"HOTLINE_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"HOTLINE_\w+", (FOLDER / name).read_text(encoding="utf-8"))) <= known


def test_the_role_unit_mentions_every_role() -> None:
    text = (FOLDER / "hotline-role@.service").read_text(encoding="utf-8")
    assert [role for role in SERVE if f"@{role}" not in text] == []
    assert commands(parse(text)) == [f"{INSTALLED}/hotline serve --role %i"]


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    need("systemd-analyze", verify, "apt install systemd")
    root = tmp_path / "opt"
    for path in ("hotline", ".hotline/venv/bin/python", "README.md"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("#!/bin/sh\n")
        (root / path).chmod(0o755)
    copies = [tmp_path / name for name in UNITS]
    for copy in copies:
        text = (FOLDER / copy.name).read_text(encoding="utf-8").replace(INSTALLED, str(root))
        copy.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(verify), "verify", "--man=no", *copies], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if any(name in line for name in ("hotline",))]
    assert (done.returncode, said) == (0, [])
