"""Character error rate as this project states it: characters only, simplified, digits read one by one."""

import csv
import re
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from asr.audio import Ints, mono, read_wav
from asr.cleanup import simplified
from asr.telephone import telephone

_DIGITS = str.maketrans("0123456789〇幺", "零一二三四五六七八九零一")


def characters(text: str) -> str:
    return re.sub(r"[^\u3400-\u9fffa-z]", "", simplified(text).lower().translate(_DIGITS))


def cer(pairs: list[tuple[str, str]]) -> float:
    """Edit distance over reference length, summed over (reference, heard) pairs."""
    wrong = sum(Levenshtein.distance(characters(said), characters(heard)) for said, heard in pairs)
    return wrong / sum(len(characters(said)) for said, _ in pairs)


def real_speech(folder: Path, every: int) -> list[tuple[str, Ints]]:
    """(transcript, 8 kHz telephone audio) of every n-th recording of a folder with a manifest.tsv."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[::every]
    heard = []
    for row in rows:
        rate, samples = read_wav(folder / row["file"])
        heard.append((row["transcript"], telephone(mono(samples), rate)))
    return heard
