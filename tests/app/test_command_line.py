"""What goes wrong on the command line is one line that names it, and looking makes nothing."""

import contextlib
import io
import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from app import port_owners
from app.cli import main
from app.settings import settings
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    settings.cache_clear()

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hotline", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    yield call
    settings.cache_clear()


def one_line(done: tuple[int, str, str], *named: str, code: int = 2) -> None:
    assert (done[0], done[1], len(done[2].strip().splitlines())) == (code, "", 1), done
    assert done[2].startswith("hotline: "), done
    assert all(name in done[2] for name in named), done


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("API_PORT", "abc", "应为整数"),
        ("API_PORT", "70000", "不得大于 65535"),
        ("AUDIT_HASH", "md5", "h-sm3"),
        ("MAIL_TO", "a@b", "JSON"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    monkeypatch.setenv(f"HOTLINE_{name}", value)
    for words in (("status",), ("users", "list"), ("up",)):
        one_line(run(*words), f"HOTLINE_{name}", named)


@pytest.mark.parametrize(
    "words",
    [
        "status", "units list --json", "audit verify", "users list", "kb list", "kb due", "lines list", "lines show 12345",
        "seats list", "trunks list", "rota show", "rota now", "probes list", "notices list", "retention show",
        "keys show", "backup x.tar", "replay call_1",
    ],
)  # fmt: skip
def test_looking_at_a_home_that_never_started_makes_nothing(run: Run, home: Path, words: str) -> None:
    one_line(run(*words.split()), str(home), "还没有启动过", code=1 if words == "status" else 2)
    assert not home.exists()


class Well(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "ok", "parts": {}}')

    def log_message(self, *_: object) -> None: ...


def test_another_instance_that_answers_is_not_ours(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin()
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(HTTPServer(("127.0.0.1", 0), Well))
        threading.Thread(target=other.serve_forever, daemon=True).start()
        stack.callback(other.shutdown)
        for port in ("API_PORT", "AGI_PORT", "AMI_PORT"):
            monkeypatch.setenv(f"HOTLINE_{port}", str(other.server_port))
        settings.cache_clear()
        code, out, _ = run("status", "--json")
        assert (code, json.loads(out)["health"]["status"]) == (1, "elsewhere")
        monkeypatch.setattr(port_owners, "homes_of", lambda *_: {home})
        assert run("status", "--json")[0] == 0


def test_the_home_of_whoever_holds_a_port_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        inodes = port_owners.sockets("tcp", [port])[port]
        assert len(port_owners.homes_of(inodes, tmp_path)) == 1
    assert port_owners.homes_of(set(), tmp_path) == set()


def test_words_that_make_no_command_are_told_in_one_line(run: Run) -> None:
    one_line(run("nonsense"), "没有命令", "nonsense", "hotline --help")
    one_line(run("users", "list", "--nonsense"), "没有选项 --nonsense", "hotline users list --help")
    one_line(run("users", "add"), "缺少 login")
    one_line(run("rota", "show", "--days", "99"), "--days 不对", "31")
    code, out, err = run("users")
    assert code == 2
    assert "password" in out + err, "a group alone tells what there is"


def test_what_is_wrong_with_an_import_is_told(run: Run, tmp_path: Path) -> None:
    bad, empty = tmp_path / "bad.yaml", tmp_path / "empty.csv"
    bad.write_text("articles: [\n", encoding="utf-8")
    empty.write_text("单位代码,项目,内容\n", encoding="utf-8")
    one_line(run("units", "import", str(empty)), "--why")
    one_line(run("lines", "import", str(empty)), "--why")
    one_line(run("kb", "import", "/nope", "--why", "x"), "/nope", "读不出")
    one_line(run("kb", "import", str(bad), "--why", "新办法"), "bad.yaml:2", "不是正确的 YAML")
    bad.write_text("articles:\n  - {id: a}\n", encoding="utf-8")
    done = run("calendar", "import", "/nope")
    one_line(done, "读不出")
    assert done[2].count("/nope") == 1


def test_a_reason_too_short_is_told_as_too_short(run: Run, tmp_path: Path) -> None:
    given = tmp_path / "kb.yaml"
    given.write_text(
        "articles:\n- {id: a, kind: 办事指南, title: 参保, questions: [怎么参保呢, 如何参保呢, 哪里参保呢], answer: 到窗口办理。,"
        " unit: chenzhou.rsj, clause: 社会保险法 10}\n",
        encoding="utf-8",
    )
    one_line(run("kb", "import", str(given), "--why", "x"), "太短")
    one_line(run("kb", "import", str(given)), "请用 --why")


def test_what_is_wrong_with_new_people_is_told_apart(run: Run) -> None:
    assert run("users", "add", "li", "李四", "--role", "office")[0] == 0
    one_line(run("users", "add", "li", "李四", "--role", "office"), "登录名 li 已被使用")
    done = run("users", "add", "wang", "王五", "--role", "unit", "--unit", "no.such")
    one_line(done, "承办单位 no.such 不存在")
    assert "已被使用" not in done[2]
    one_line(run("users", "add", "x", "某", "--role", "boss"), "没有角色")
