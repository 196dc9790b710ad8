"""The first form filled from the transcript (智能填单, B6): type, title, body, numbers, each with the words it came from."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from match import particulars
from match.model import Spoken
from match.phrase import Heard
from match.propose import MatchIndex
from match.sensitive import SensitiveWords
from match.text import clauses, tidy, without_fillers

TicketType = Literal["consult", "help", "complaint", "report", "suggestion"]
NumberKind = Literal["mobile", "landline", "id_card"]
TITLE_CHARS: Final = 30
AROUND: Final = 10  # characters kept either side of the matter where a clause is too long for a title

_OPENING: Final = {
    "consult": r"(想|要|来)?(咨询|问一?下|了解一?下|请教)|请问",
    "help": r"(想|要|来|在)?(求助|求救)|请(你们|政府|您)?帮|帮(我|我们)",
    "complaint": r"(我|我们|想|要|来)(是)?(要|来|想)?(投诉|反映)",
    "report": r"(我|我们|想|要|来)(是)?(要|来|想)?举报",
    "suggestion": r"(想|要|我|提)(个|一个|点)?(建议|意见)",
}
_LEANING: Final = {
    "consult": r"怎么(办理?|申请|交|查|弄)|需要(什么|哪些)|什么(材料|手续|条件|时候|政策|流程)|在哪里?(办|交|查)|多少钱|多久|应该(打|找|去|怎么)|是不是|(可以|能|有)[^，。]{0,8}吗|哪个(电话|部门|号码)",
    "help": r"停水|停电|停气|没水|没电|坏了|堵了|走失|找不到|困难|没办法|修一下|处理一下|解决一下|尽快(解决|处理)",
    "complaint": r"投诉|态度(很|太|非常)?(差|恶劣|不好)|推诿|推来推去|乱收费|拖欠|扰民|不给(退|解决|处理|发|开)|没人管|不满意|太吵|欺骗|坑人|不合理|不作为|不(管|处理|解决)|没(处理|解决)|跑路|烂尾|收红包|推脱|太(差|乱|慢)|乱涨价",
    "report": r"举报|非法|违法|违规|无证|偷排|偷税|盗采|私自|违建|赌博|造假|假冒|骗保|传销",
    "suggestion": r"建议|希望(政府|能|可以|你们|公交|市里)?[^，。]{0,6}(增加|增设|开通|改进|加装|设置|延长|改善)|能不能(增加|增设|开通|加装|设|延长)",
}
_OPENED, _LEANS, _DOUBT = 1.5, 0.5, 0.5
_SPOKEN_DIGITS: Final = str.maketrans("零〇一幺二三四五六七八九", "001123456789")
_DIGIT_RUN: Final = re.compile(
    r"[0-9零〇一幺二三四五六七八九][0-9零〇一幺二三四五六七八九\- ]{5,24}[0-9零〇一幺二三四五六七八九xX]"
)
_FORMS: Final[tuple[tuple[NumberKind, re.Pattern[str]], ...]] = (
    ("id_card", re.compile(r"[1-9]\d{16}[\dX]")),
    ("mobile", re.compile(r"1[3-9]\d{9}")),
    ("landline", re.compile(r"0\d{9,11}|[2-8]\d{6,7}")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: position of the utterance and the words in it."""

    utterance: int
    quote: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A value of the form, how sure (0..1), and the words it came from; '' and 0 where nothing was said."""

    value: str
    score: float
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number said aloud. `checked`: an ID card's check digit is right (always True for telephones)."""

    kind: NumberKind
    value: str
    checked: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as far as the call allows; an agent confirms every part.

    place: code of a division; citizen: their name as far as said; urgency: 'urgent' or ''; sensitive: ids of categories.
    """

    type: Filled
    title: Filled
    body: Filled
    numbers: tuple[FoundNumber, ...]
    place: Filled
    citizen: Filled
    when: Filled
    demands: tuple[Filled, ...]
    urgency: Filled
    sensitive: tuple[Filled, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts, ready for json.dumps."""
        return asdict(self)


def extract(
    utterances: Sequence[Spoken],
    index: MatchIndex,
    places: particulars.Places | None = None,
    words: SensitiveWords | None = None,
) -> Draft:
    """Fill the form from what was said so far. Never raises on text; only the citizen's words fill it, but for numbers.

    `places`: the city's tree of divisions; `words`: those that mark a matter as sensitive. Source: B6.
    """
    said = [(i, tidy(one.text)) for i, one in enumerate(utterances) if one.speaker == "citizen"]
    return Draft(
        type=_type(said),
        title=_title(said, index),
        body=_body(said),
        numbers=tuple(_numbers((i, tidy(one.text)) for i, one in enumerate(utterances))),
        place=_filled(places.find(said) if places else None),
        citizen=_filled(particulars.citizen_name(said)),
        when=_filled(particulars.when(said)),
        demands=tuple(map(_filled, particulars.asked_for(said))),
        urgency=_filled(particulars.urgent(said)),
        sensitive=tuple(map(_filled, particulars.sensitive(said, words) if words else ())),
    )


def _filled(part: particulars.Part | None) -> Filled:
    if part is None:
        return Filled("", 0.0, ())
    return Filled(part.value, part.score, (Origin(part.utterance, part.quote),))


def _type(said: Sequence[tuple[int, str]]) -> Filled:
    weights: dict[str, float] = {}
    origins: dict[str, list[Origin]] = {}
    for kind, opening in _OPENING.items():
        for pattern, weight in ((opening, _OPENED), (_LEANING[kind], _LEANS)):
            found = [Origin(i, match.group()) for i, text in said for match in re.finditer(pattern, text)]
            weights[kind] = weights.get(kind, 0.0) + weight * min(len(found), 2) ** 0.5
            origins.setdefault(kind, []).extend(found[:2])
    best = max(weights, key=lambda kind: weights[kind])
    if weights[best] == 0:
        return Filled("", 0.0, ())
    return Filled(best, weights[best] / (sum(weights.values()) + _DOUBT), tuple(origins[best]))


def _title(said: Sequence[tuple[int, str]], index: MatchIndex) -> Filled:
    """The clause that carries most of the matter, with the place before it if it was said elsewhere."""
    best: tuple[float, int, str] = (0.0, 0, "")  # weight, utterance, clause
    for i, text in said:
        for piece in clauses(text):
            weight, span = index.units.densest(heard := Heard(piece))
            if weight > best[0] and span:
                best = (weight, i, piece.strip() if len(piece) <= TITLE_CHARS else heard.quote(span, AROUND))
    weight, at, quote = best
    words = without_fillers(quote).strip()
    if not words:
        return Filled("", 0.0, ())
    place = next((p for _, text in said if (p := index.units.place(Heard(text)))), "")
    title = words if not place or place[:2] in words else f"{place}：{words}"
    return Filled(title[:TITLE_CHARS], min(1.0, weight), (Origin(at, quote),))


def _body(said: Sequence[tuple[int, str]]) -> Filled:
    kept = []
    for i, text in said:
        words = "，".join(piece for raw in clauses(text) if (piece := without_fillers(raw).strip()))
        if words:
            kept.append((Origin(i, text), words))
    body = "。".join(words for _, words in kept)
    return Filled(body + "。" if body else "", 1.0 if body else 0.0, tuple(origin for origin, _ in kept))


def _numbers(said: Iterable[tuple[int, str]]) -> Iterable[FoundNumber]:
    seen = set()
    for i, text in said:
        for run in _DIGIT_RUN.finditer(text):
            digits = re.sub(r"[\- ]", "", run.group()).translate(_SPOKEN_DIGITS).upper()
            kind = next((kind for kind, form in _FORMS if form.fullmatch(digits)), None)
            if kind and digits not in seen:
                seen.add(digits)
                yield FoundNumber(
                    kind, digits, kind != "id_card" or id_card_ok(digits), Origin(i, run.group())
                )


def id_card_ok(number: str) -> bool:
    """Whether the check digit of an 18-character citizen number is right. Source: GB 11643-1999 (ISO 7064 mod 11-2)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]
