import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.settings import settings
from core.errors import HotlineError
from tests.app.begun import begin

pytestmark = pytest.mark.service


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    begin()
    yield lambda *words, given="": CliRunner().invoke(cli, list(words), input=given)
    settings.cache_clear()


def test_a_registering_carrier_is_kept_with_its_secret_sealed(run, tmp_path):
    words = (
        "trunks",
        "set",
        "unicom",
        "sip.example.net",
        "--kind",
        "registration",
        "--username",
        "12345",
        "--json",
    )
    assert json.loads(run(*words, given="a-secret-9\n").stdout)["auth"] == "register"
    listed = json.loads(run("trunks", "list", "--json").stdout)["trunks"]
    assert [(t["name"], t["kind"], t["username"]) for t in listed] == [("unicom", "registration", "12345")]
    assert b"a-secret-9" not in b"".join(p.read_bytes() for p in (tmp_path / "home").glob("hotline.sqlite*"))


@pytest.mark.parametrize("host", ["1.2.3.4;x", "carrier.example.net", "a b"])
def test_a_host_that_asterisk_could_not_hold_is_refused_before_it_is_kept(run, host):
    assert isinstance(run("trunks", "set", "bad", host).exception, HotlineError)
    assert json.loads(run("trunks", "list", "--json").stdout)["trunks"] == []


def test_a_removed_trunk_is_used_no_more(run):
    run("trunks", "set", "telecom", "10.1.2.3")
    assert json.loads(run("trunks", "remove", "telecom", "--json").stdout) == {
        "name": "telecom",
        "active": False,
    }
    assert json.loads(run("trunks", "list", "--json").stdout)["trunks"] == []
    assert isinstance(run("trunks", "remove", "telecom").exception, HotlineError)


def test_a_new_seat_gets_a_secret_of_its_own_once(run):
    first = json.loads(run("seats", "add", "8009", "--json").stdout)
    again = json.loads(run("seats", "add", "8009", "--json").stdout)
    assert len(first["sip_secret"]) >= 20
    assert again == first


def test_what_a_seat_can_do_is_said_once_and_what_is_left_out_stays(run):
    run("seats", "add", "8009")
    first = run(
        "seats", "set", "8009", "--kind", "remote", "--region", "beihu", "--skill", "lang.yue", "--json"
    )
    assert json.loads(first.stdout)["skills"] == ["lang.yue"]
    second = json.loads(run("seats", "set", "8009", "--name", "北湖一号", "--json").stdout)
    assert (second["name"], second["kind"], second["region"]) == ("北湖一号", "remote", "beihu")
    assert "region.beihu" in run("seats", "list").stdout
    for odd in (("--kind", "robot"), ("--skill", "粤语")):
        assert isinstance(run("seats", "set", "8009", *odd).exception, HotlineError)
    assert isinstance(run("seats", "set", "8999", "--name", "x").exception, HotlineError)
