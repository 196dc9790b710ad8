"""Run by Asterisk itself when the service is silent: takes a message, or keeps the facts of a call's end.

Stands alone on pyst2 and the standard library. Arguments: spool folder, seconds of silence, seconds at most, then
`message` or `ended` and what the dialplan knows of the call (agi/facts.py END_FIELDS).
"""

import io
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from asterisk.agi import AGI, AGIException, AGIHangup, AGIResultHangup

from agi.facts import END_FIELDS, end_facts
from agi.spool_file import promote, stem, write


class _Lines:
    """Asterisk's replies as pyst2 can bear them: no `100`, 511 and end of file as the hangup they mean."""

    def __init__(self, stdin: TextIO) -> None:
        self._stdin = stdin

    def readline(self) -> str:
        while True:
            line = self._stdin.readline()
            if not line or line.startswith(("HANGUP", "511")):
                raise AGIResultHangup("the channel is gone")
            if not line.startswith("100"):
                return line


class Agi(AGI):  # type: ignore[misc]
    """pyst2's AGI with its defects closed off; its chatter (numbers in clear) goes nowhere."""

    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        super().__init__(_Lines(stdin), stdout, _Nowhere())

    def _quote(self, string: object) -> str:
        text = str(string)
        if any(ord(c) < 32 or c in '"\\' for c in text):
            raise AGIException("text that would break an AGI command")
        return f'"{text}"'

    def get_result(self, stdin: object = None) -> dict[str, Any]:
        try:
            result: dict[str, Any] = super().get_result()
        except ValueError:
            raise AGIResultHangup("Asterisk sent no result") from None
        return result


class _Nowhere(io.StringIO):
    def write(self, text: str) -> int:
        return len(text)


def take_message(agi: Agi | None, spool: Path, said: dict[str, str], silence_s: int, most_s: int) -> None:
    """Apologise, record, thank; whatever was recorded is kept, also when the caller hangs up at any moment."""
    taking, name = spool / "taking", stem(said["linkedid"], "message")
    facts = {key: said[key] for key in ("linkedid", "call_id", "line", "caller")}
    path = write(taking, name, {"kind": "message", "at": datetime.now(UTC).isoformat(), **facts})
    try:
        if agi is None:
            return  # gone before the first word: the number alone is worth a call back
        _say(agi, "message-apology")
        agi.record_file(str(taking / name), "wav", "#", most_s * 1000, 0, "beep", silence_s)
        _say(agi, "message-thanks")
    except AGIHangup:
        pass  # what was said until then stands in the file
    finally:
        promote(path, spool)


def _say(agi: Agi, prompt: str) -> None:
    """A missing prompt is no reason to lose the message."""
    try:
        agi.stream_file(prompt)
    except AGIHangup:
        raise
    except AGIException as error:
        sys.stderr.write(f"fallback: {prompt} not played: {error}\n")


def keep_end(spool: Path, args: list[str]) -> None:
    """Write the end facts where the service will find them."""
    facts = end_facts(args, datetime.now(UTC))
    said = dict(zip(END_FIELDS, [*args, *[""] * len(END_FIELDS)], strict=False))
    content = {
        "kind": "ended", "linkedid": facts.linkedid, "call_id": facts.call_id, "line": said["line"],
        "caller": said["caller"], "step": facts.step, "status": facts.status, "ended_by": facts.ended_by,
        "cause": facts.cause, "answered_s": facts.answered_s, "at": facts.at.isoformat(),
    }  # fmt: skip
    write(spool, stem(facts.linkedid, "ended"), content)


def _with_caller(args: list[str], agi: Agi | None) -> list[str]:
    """The caller's number comes over AGI, not in the arguments, which everybody on the machine can read."""
    known = str(agi.env.get("agi_callerid", "")) if agi else ""
    number = "".join(one for one in known if one in "+0123456789")
    whole = [*args, *[""] * (len(END_FIELDS) - len(args))]
    at = END_FIELDS.index("caller")
    whole[at] = whole[at] or number
    return whole


def _too_long(number: int, frame: object) -> None:
    raise AGIResultHangup("Asterisk stopped answering")


def main(argv: list[str], stdin: TextIO, stdout: TextIO) -> int:
    """0 done, 1 what was asked for is not known."""
    os.umask(0o077)
    spool, silence_s, most_s, kind, args = Path(argv[0]), int(argv[1]), int(argv[2]), argv[3], argv[4:]
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(most_s + 60)
    try:
        agi: Agi | None = Agi(stdin, stdout)
    except AGIHangup:
        agi = None
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # Asterisk sends it on hangup; we still have to save
    args = _with_caller(args, agi)
    said = dict(zip(END_FIELDS, [*args, *[""] * len(END_FIELDS)], strict=False))
    if kind == "message":
        take_message(agi, spool, said, silence_s, most_s)
    elif kind == "ended":
        keep_end(spool, args)
    else:
        return 1
    return 0


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    raise SystemExit(main(sys.argv[1:], sys.stdin, sys.stdout))
