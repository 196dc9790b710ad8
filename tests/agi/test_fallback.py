"""The stand-alone script as Asterisk runs it, with the test playing Asterisk over its pipes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from asterisk.agi import AGIException

from agi.fallback import Agi
from agi.spool_file import SpooledEnd, SpooledMessage, read

pytestmark = pytest.mark.service

ENV = "agi_request: fallback\nagi_channel: PJSIP/c-1\nagi_callerid: 13800138000\n\n"
ROOT = Path(__file__).resolve().parents[2]


class Script:
    """The running script; `expect` reads its next command, `say` answers."""

    def __init__(self, spool: Path, kind: str, *args: str) -> None:
        argv = [sys.executable, "-P", "-m", "agi.fallback", str(spool), "3", "60", kind, *args]
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    def say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def expect(self, start: str) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(start), line
        return line

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "spool"
    assert not list((tmp_path / "spool").rglob("*.part"))


def message(spool: Path) -> SpooledMessage:
    entry = read(spool / "17.1-message.json")
    assert isinstance(entry, SpooledMessage)
    return entry


def start(spool: Path) -> Script:
    script = Script(spool, "message", "17.1", "c-1", "12345", "13800138000")
    script.say(ENV)
    return script


def test_message_is_asked_for_recorded_and_kept(spool: Path) -> None:
    script = start(spool)
    script.expect('STREAM FILE message-apology ""')
    script.say("200 result=0 endpos=8000\n")
    command = script.expect("RECORD FILE ")
    assert command.split()[3:] == ["wav", '"#"', "60000", "0", "beep", "s=3"]
    audio = Path(command.split()[2].strip('"') + ".wav")
    assert audio.parent == spool / "taking"
    audio.write_bytes(b"voice")
    script.say("200 result=0 (timeout) endpos=8000\n")
    script.expect("STREAM FILE message-thanks")
    script.say("200 result=0 endpos=8000\n")
    code, errors = script.end()
    assert (code, errors) == (0, "")
    entry = message(spool)
    assert (entry.linkedid, entry.call_id, entry.line, entry.caller) == (
        "17.1",
        "c-1",
        "12345",
        "13800138000",
    )
    assert entry.audio is not None
    assert entry.audio.read_bytes() == b"voice"
    assert (spool / "17.1-message.json").stat().st_mode & 0o077 == 0
    assert list((spool / "taking").iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    ["HANGUP\n", "511 Command Not Permitted on a dead channel or intercept routine\n", "200 result=-1 (hangup) endpos=0\n", "", "520-Invalid\n"],
    ids=["HANGUP", "511", "result", "end of file", "usage without end"],
)  # fmt: skip
def test_caller_who_hangs_up_while_recording_is_kept(spool: Path, answer: str) -> None:
    """pyst2: ValueError on HANGUP and end of file, 511 unknown, an endless loop in a usage text cut short."""
    script = start(spool)
    script.expect("STREAM FILE")
    script.say("200 result=0\n")
    script.expect("RECORD FILE")
    script.say(answer)
    assert script.process.stdin is not None
    script.process.stdin.close()
    script.process.stdin = None
    assert script.end()[0] == 0
    assert message(spool).caller == "13800138000"


def test_sighup_of_asterisk_does_not_stop_the_saving(spool: Path) -> None:
    script = start(spool)
    script.expect("STREAM FILE")
    script.process.send_signal(signal.SIGHUP)
    script.say("HANGUP\n")
    assert script.end()[0] == 0
    assert message(spool).audio is None


def test_caller_gone_before_the_first_word_is_still_a_number_to_call_back(spool: Path) -> None:
    script = Script(spool, "message", "17.1", "", "12345", "13800138000")
    script.say("")
    assert script.end()[0] == 0
    assert message(spool).caller == "13800138000"


def test_missing_prompt_is_no_reason_to_lose_the_message(spool: Path) -> None:
    script = start(spool)
    script.expect("STREAM FILE")
    script.say("200 result=-1 endpos=0\n")
    script.expect("RECORD FILE")
    script.say("100 Trying\n200 result=0\n")
    script.expect("STREAM FILE")
    script.say("510 Invalid or unknown command\n")
    code, errors = script.end()
    assert code == 0
    assert "13800138000" not in errors
    assert message(spool)


def test_end_of_a_call_is_kept_with_who_ended_it(spool: Path) -> None:
    args = ("17.1", "c-1", "12345", "13800138000", "ring", "ANSWER", "", "42", "16", "PJSIP/c-1", "")
    script = Script(spool, "ended", *args)
    script.say(ENV)
    code, errors = script.end()
    assert (code, errors) == (0, "")
    entry = read(spool / "17.1-ended.json")
    assert isinstance(entry, SpooledEnd)
    assert (entry.facts.ended_by, entry.facts.answered_s, entry.facts.call_id) == ("citizen", 42.0, "c-1")
    assert (entry.line, entry.caller) == ("12345", "13800138000")


def test_unknown_kind_fails(spool: Path) -> None:
    spool.mkdir()
    script = Script(spool, "other", "17.1")
    script.say(ENV)
    assert script.end()[0] == 1


def test_killed_while_recording_leaves_the_half_message_for_the_importer(spool: Path) -> None:
    script = start(spool)
    script.expect("STREAM FILE")
    script.say("200 result=0\n")
    script.expect("RECORD FILE")
    script.process.kill()
    script.end()
    assert [p.name for p in (spool / "taking").iterdir()] == ["17.1-message.json"]


@pytest.mark.parametrize("text", ['a"b', "a\nb", "a\\b", "a\x00"])
def test_text_that_would_break_a_command_is_refused(text: str) -> None:
    """pyst2: does not escape quotes."""
    agi = Agi(StringIO("\n"), StringIO())
    with pytest.raises(AGIException):
        agi.record_file(text)


def test_two_scripts_at_once_do_not_disturb_each_other(spool: Path) -> None:
    scripts = [Script(spool, "ended", f"17.{i}", f"c-{i}", "12345", "138") for i in range(4)]
    for script in scripts:
        script.say(ENV)
    assert [script.end()[0] for script in scripts] == [0, 0, 0, 0]
    assert len(list(spool.glob("*.json"))) == 4


def test_the_callers_number_is_not_among_the_arguments(spool: Path) -> None:
    template = (Path(__file__).parents[2] / "agi/conf/extensions.conf.j2").read_text(encoding="utf-8")
    handed_over = [line for line in template.splitlines() if "agi-bin/fallback" in line]
    assert handed_over
    assert not any("HL_CALLER" in line.partition("agi-bin/fallback")[2] for line in handed_over)
