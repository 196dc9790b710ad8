"""From what an engine writes to what a person reads: simplified characters, digits, punctuation, no loops, no boilerplate."""

import re
from functools import cache
from typing import Any

from asr.numbers import digits

_CJK = "\u3400-\u9fff"
_MARKS = "，。！？、；：…"
_ASCII_MARKS = {",": "，", "?": "？", "!": "！", ";": "；", ":": "："}
_QUESTION = re.compile(
    r"(吗|呢|么|什么|怎么办|多少|哪里|哪儿|几点|谁|为什么|是不是|能不能|可不可以|行不行|对不对)$"
)
_LOOP = re.compile(r"(.{1,15}?)\1{3,}")
# Subtitle credits from Whisper's training material: they appear where nobody spoke.
_BOILERPLATE = re.compile(
    r"请不吝点赞|明镜与点点|字幕(由|组|志愿者|提供|制作|by)|Amara|谢谢(大家)?(的)?(观看|收看|收听)|感谢(您的|大家的?)?(观看|收看|收听)"
    r"|多谢(您的)?(观看|收看)|下(集|期|次)(再见|视频)|订阅(我的)?频道|点赞(、|，)?订阅|優優獨播劇場|优优独播剧场|^\(?字幕\)?$|^MING PAO"
)


def clean(text: str) -> str:
    """Clean one utterance; empty where nothing real is left. Idempotent."""
    return readable(tidied(text))


def tidied(text: str) -> str:
    """The words as they were spoken: simplified, on one line, without loops; empty for boilerplate."""
    text = without_loops(_one_line(simplified(text)))
    return "" if boilerplate(text) else text


def readable(verbatim: str) -> str:
    """Numbers in digits and an end, as people write it; empty where no letter is left."""
    text = punctuated(digits(verbatim))
    return text if re.search(rf"[{_CJK}0-9A-Za-z\uac00-\ud7a3]", text) else ""


def simplified(text: str) -> str:
    """Traditional characters to simplified (OpenCC t2s)."""
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def loops(text: str) -> bool:
    """Whether a recogniser got stuck: something said four times running that is no number and no short 对对对对."""
    return any(len(m.group()) >= 8 and not _is_number(m.group()) for m in _LOOP.finditer(text))


def without_loops(text: str) -> str:
    """Anything said four times or more running is kept once (one character: twice); numbers stay as they are."""
    return _LOOP.sub(
        lambda m: m.group() if _is_number(m.group()) else m.group(1) * (2 if len(m.group(1)) == 1 else 1),
        text,
    )


def _is_number(text: str) -> bool:
    """Up to 20 digits, written or spoken: account numbers do repeat."""
    return len(text) <= 20 and re.fullmatch(r"[0-9零〇一二三四五六七八九幺]+", text) is not None


def boilerplate(text: str) -> bool:
    """Whether the utterance is nothing but subtitle credits (a sentence that also says something else is not)."""
    if not _BOILERPLATE.search(text):
        return False
    rest = re.sub(rf"[{_MARKS}\s,.!?]", "", _BOILERPLATE.sub("", text))
    return len(rest) <= 12


def _one_line(text: str) -> str:
    """Spaces inside Chinese go (Vosk separates words), ASCII punctuation beside Chinese becomes Chinese."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(rf"(?<=[{_CJK}{_MARKS}]) (?=\S)|(?<=\S) (?=[{_CJK}{_MARKS}])", "", text)
    text = re.sub(rf"(?<=[{_CJK}])[,?!;:]|[,?!;:](?=[{_CJK}])", lambda m: _ASCII_MARKS[m.group()], text)
    text = re.sub(rf"(?<=[{_CJK}])\.+(?=$|[{_CJK}])", "。", text)
    return re.sub(rf"^[{_MARKS}\s]+", "", re.sub(r"([，。！？、；：])\1+", r"\1", text))


def punctuated(text: str) -> str:
    """End with a full stop or question mark where the engine gave no end."""
    if not text or not re.search(rf"[{_CJK}]", text) or text[-1] in "。！？…":
        return text
    text = text.rstrip("，、；：")
    return text + ("？" if _QUESTION.search(text) else "。")
