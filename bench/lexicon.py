"""How many of a city's own words are understood, plain and with its lexicon: sentences of ours, spoken by the voices of the demo through the
telephone chain. `python -m bench.lexicon [--half dev|test]`; one JSON object on standard output. Renderings are kept in the user's cache.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app import divisions
from app.lexicon import place_names
from asr.audio import EAR_RATE, PHONE_RATE, Ints, any_wav
from asr.registry import recogniser
from asr.scoring import cer
from asr.speech_cache import render
from asr.telephone import telephone
from core.ports import Recogniser

SENTENCES = Path(__file__).with_name("lexicon_sentences.tsv")
VOICES = (
    "zf_xiaoxiao", "zm_yunxi", "zf_xiaobei", "zm_yunjian", "zf_xiaoni", "zm_yunxia", "zf_xiaoyi", "zm_yunyang",
)  # fmt: skip
Row = dict[str, str]


def sound(number: int, sentence: str) -> Ints:
    """The sentence on the line, in the voice whose turn it is, with a little silence around."""
    rate, audio = any_wav(render(sentence, VOICES[number % len(VOICES)], rate=EAR_RATE))
    silence = np.zeros(PHONE_RATE // 2, np.int16)
    return np.concatenate([silence, telephone(audio, rate), silence])


def heard(ears: Recogniser, sounds: Sequence[Ints]) -> tuple[list[str], float]:
    """What was understood of each, and the CPU seconds a second of sound took."""
    began = time.process_time()
    texts = ["".join(u.verbatim for u in ears.transcribe(one.tobytes(), PHONE_RATE)) for one in sounds]
    return texts, (time.process_time() - began) / (sum(map(len, sounds)) / PHONE_RATE)


def figures(rows: Sequence[Row], texts: Sequence[str], cpu_s: float) -> dict[str, Any]:
    """Terms understood letter by letter, terms that nobody said, and the error rate where no term was said."""
    with_term = [(row, text) for row, text in zip(rows, texts, strict=True) if row["term"]]
    without = [(row["sentence"], text) for row, text in zip(rows, texts, strict=True) if not row["term"]]
    terms = {row["term"] for row in rows if row["term"]}
    return {
        "terms_understood": round(sum(row["term"] in text for row, text in with_term) / len(with_term), 3),
        "terms_put_in_wrongly": sum(any(term in text for term in terms) for _, text in without),
        "cer_with_terms": round(cer([(row["sentence"], text) for row, text in with_term]), 4),
        "cer_elsewhere": round(cer(without), 4),
        "cpu_s_per_audio_s": round(cpu_s, 3),
        "n": len(rows),
    }


def main(given: Sequence[str] | None = None) -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", choices=("dev", "test"), default="dev")
    half = arguments.parse_args(given).half
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        every = list(csv.DictReader(file, delimiter="\t"))
    chosen = [(number, row) for number, row in enumerate(every) if row["half"] == half]
    rows = [row for _, row in chosen]
    sounds = [sound(number, row["sentence"]) for number, row in chosen]
    ears = recogniser("whisper", threads=1).load()
    found = {"half": half, "plain": figures(rows, *heard(ears, sounds))}
    city = {*place_names(divisions.load("chenzhou")), *(row["term"] for row in every if row["term"])}
    ears.know(city)
    found |= {"terms": len(city), "lexicon": figures(rows, *heard(ears, sounds))}
    json.dump(found, sys.stdout, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
