"""docker-compose.yml and the Dockerfiles, checked without an engine: what they name exists, and secrets have no defaults."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from app.settings import Settings
from app.setup.folders import PROJECT
from app.setup.parts import NEEDS, PARTS, SERVE

pytestmark = pytest.mark.unit

TEXT = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}
SETTINGS = {f"HOTLINE_{name.upper()}" for name in Settings.model_fields}
# Read by the images we build on, not by us.
THEIRS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "REDISCLI_AUTH"}
PLACEHOLDER = re.compile(r"\$\{(\w+)(:[?-][^}]*)?\}")

# What we use of the Compose Specification (compose-spec.io), and nothing else: a misspelt key fails.
STRINGS = {"type": "array", "items": {"type": "string"}}
HEALTH = {
    "type": "object",
    "required": ["test"],
    "additionalProperties": False,
    "properties": {
        "test": {**STRINGS, "contains": {"enum": ["CMD", "CMD-SHELL"]}},
        "retries": {"type": "integer"},
        **{
            key: {"type": "string", "pattern": r"^\d+(s|m)$"}
            for key in ("interval", "timeout", "start_period")
        },
    },
}
DEPENDS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["condition"],
        "additionalProperties": False,
        "properties": {
            "condition": {"enum": ["service_healthy", "service_started", "service_completed_successfully"]}
        },
    },
}
BUILD = {
    "type": "object",
    "required": ["context", "dockerfile"],
    "additionalProperties": False,
    "properties": {"context": {"const": "."}, "dockerfile": {"type": "string"}, "args": {"type": "object"}},
}
SERVICE = {
    "type": "object",
    "required": ["image", "restart"],
    "additionalProperties": False,
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:[\w.-]+$"},
        "build": BUILD,
        "command": STRINGS,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "network_mode": {"enum": ["host"]},
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "volumes": STRINGS,
        "tmpfs": STRINGS,
        "cap_drop": STRINGS,
        "security_opt": STRINGS,
        "read_only": {"type": "boolean"},
        "init": {"type": "boolean"},
        "ulimits": {"type": "object"},
        "stop_grace_period": {"type": "string"},
        "healthcheck": HEALTH,
        "depends_on": DEPENDS,
    },
}
SCHEMA = {
    "type": "object",
    "required": ["name", "services", "volumes"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object"},
    },
}


def roles(service: dict[str, Any]) -> list[str]:
    """The roles a service's command starts; none for what is no `serve`."""
    command = service.get("command", [])
    assert "serve" not in command or command[:2] == ["./hotline", "serve"]
    return [word for before, word in pairwise(command) if before == "--role"]


def dockerfile(service: dict[str, Any]) -> Path:
    return PROJECT / str(service["build"]["dockerfile"])


def test_the_file_has_the_shape_compose_asks_for() -> None:
    jsonschema.validate(COMPOSE, SCHEMA)


def test_a_misspelt_key_would_be_noticed() -> None:
    wrong = {**COMPOSE, "services": {"floor": {**SERVICES["floor"], "enviroment": {}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


def test_every_role_runs_once_and_every_peer_has_its_service() -> None:
    assert set(SERVICES) == {"postgres", "redis", "prepare", "asterisk", "floor", "worker", "asr"}
    assert sorted(role for service in SERVICES.values() for role in roles(service)) == sorted(SERVE)


def test_whoever_serves_the_api_has_the_switch_so_that_transfers_and_supervision_work() -> None:
    (served,) = [roles(service) for service in SERVICES.values() if "api" in roles(service)]
    assert "agi" in served


def test_who_waits_for_whom_exists_and_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}"
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no", f"{name} waits for the end of {other}"


def test_every_volume_in_use_is_declared_and_every_declared_one_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_every_variable_we_set_is_a_setting_that_exists() -> None:
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert given - SETTINGS - THEIRS == set()
    asked = {found[1] for found in PLACEHOLDER.finditer(TEXT)}
    assert asked - SETTINGS == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}


def test_values_with_defaults_are_values_the_settings_accept() -> None:
    environment = SERVICES["floor"]["environment"]
    filled = {name: PLACEHOLDER.sub(_default, value) for name, value in environment.items()}
    given = {name.removeprefix("HOTLINE_").lower(): value for name, value in filled.items()}
    settings = Settings.model_validate(given)
    assert settings.api_host == settings.sip_host == "127.0.0.1"
    assert settings.database.startswith("postgresql://hotline:")


def _default(found: re.Match[str]) -> str:
    how = found[2] or ""
    return how[2:] if how.startswith(":-") else "secret"


def test_secrets_have_no_default_and_are_not_in_the_file() -> None:
    for found in PLACEHOLDER.finditer(TEXT):
        if re.search(r"PASSWORD|SECRET|KEY", found[1]):
            assert (found[2] or "").startswith(":?"), f"{found[1]} must be demanded"
    for line in TEXT.splitlines():
        if re.search(r"(PASSWORD|SECRET|_KEY|AUTH): ", line):
            assert "${" in line


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_without_any_privilege(name: str) -> None:
    service = OURS[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"]
    assert "USER hotline" in dockerfile(service).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OURS)
def test_what_an_image_is_made_of_exists(name: str) -> None:
    text = dockerfile(OURS[name]).read_text(encoding="utf-8")
    assert text.count("FROM ") == 1
    for path in re.findall(r"(?:deploy|app)/[\w/.-]+\.\w+", text + " ".join(OURS[name].get("command", []))):
        assert (PROJECT / path).is_file(), path
    for variable in re.findall(r"HOTLINE_\w+", text):
        assert variable in SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_an_image_brings_the_parts_its_command_needs(name: str) -> None:
    service = OURS[name]
    text = dockerfile(service).read_text(encoding="utf-8")
    asked = re.search(r"\./hotline setup (.+?) \\$", text, re.MULTILINE)
    assert asked is not None
    parts = asked[1].replace("${PARTS}", service["build"].get("args", {}).get("PARTS", "")).split()
    assert set(parts) <= {part.name for part in PARTS} | set(NEEDS)
    started = {part for role in roles(service) for part in SERVE[role]}
    needed = started or (("base", "asterisk") if name == "asterisk" else ("speech", "kokoro-zh"))
    held = {"base", *parts} if "speech" in parts else set(parts)
    assert set(needed) <= held
