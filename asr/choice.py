"""Which of a recogniser's guesses was said: how well it fits the sound, how likely its words are, what the city's terms say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asr.cleanup import tidied
from asr.homophones import variants
from asr.lexicon import Lexicon
from asr.words import Words

# Flat around these values on the development speech (docs/measurements.md).
WORDS = 0.3  # weight of the words' likelihood beside the sound's
LENGTH = 1.0  # per character: words alone like short sentences
DISTANCE = 6.0  # what a syllable costs that is nothing like the term's, in nats
HOMOPHONE = 2.0  # per character that is changed for one that sounds the same
_LOOKED_INTO = 3  # best guesses in which homophones are tried
_STEPS = 4  # homophones put into one guess at most
_COUNTS = re.compile(r"[\u3400-\u9fffa-z0-9]")
_CHINESE = re.compile(r"[\u3400-\u9fff]{2,}")


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have been said; `sound`: mean log-probability of a token of it given the sound, 0.0 where the engine tells none."""

    text: str
    sound: float


@dataclass(frozen=True, slots=True)
class _Scored:
    text: str
    cost: float  # what the sound says against it
    score: float


def chosen(guesses: Sequence[Guess], words: Words, lexicon: Lexicon) -> str:
    """The likeliest guess, with terms and homophones put in where that is likelier than what was guessed."""
    scored: list[_Scored] = []
    for guess in guesses:
        text = tidied(guess.text)
        if not _COUNTS.search(text.lower()):
            continue
        # by characters, not tokens: a rare character takes three tokens and would count thrice
        cost = -guess.sound * len(_bare(text))
        scored.append(_scored(text, cost, words))
        for piece in _CHINESE.finditer(text):
            for term in lexicon.variants(piece.group()):
                other = text[: piece.start()] + term.text + text[piece.end() :]
                scored.append(_scored(other, cost + DISTANCE * term.distance, words))
    scored.sort(key=lambda one: -one.score)
    better = [_with_homophones(one, words) for one in scored[:_LOOKED_INTO]]
    return max(better, key=lambda one: one.score).text if better else ""


def _with_homophones(one: _Scored, words: Words) -> _Scored:
    """Step by step the one homophone that makes it likelier most."""
    for _ in range(_STEPS):
        best = max(_steps(one, words), key=lambda other: other.score, default=one)
        if best.score <= one.score:
            break
        one = best
    return one


def _steps(one: _Scored, words: Words) -> Iterator[_Scored]:
    for piece in _CHINESE.finditer(one.text):
        for text, changed in variants(piece.group(), words):
            other = one.text[: piece.start()] + text + one.text[piece.end() :]
            yield _scored(other, one.cost + HOMOPHONE * changed, words)


def _scored(text: str, cost: float, words: Words) -> _Scored:
    bare = _bare(text)
    return _Scored(text, cost, WORDS * words.likelihood(bare) + LENGTH * len(bare) - cost)


def _bare(text: str) -> str:
    return "".join(_COUNTS.findall(text.lower()))
