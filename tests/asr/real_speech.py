"""Real speech through the telephone chain, for measuring."""

import csv
from pathlib import Path

from asr.audio import Ints, mono, read_wav
from asr.telephone import telephone


def real_speech(folder: Path, every: int) -> list[tuple[str, Ints]]:
    """(transcript, 8 kHz telephone audio) of every n-th recording of a folder with a manifest.tsv."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))[::every]
    heard = []
    for row in rows:
        rate, samples = read_wav(folder / row["file"])
        heard.append((row["transcript"], telephone(mono(samples), rate)))
    return heard
