"""`python -m bench.lexicon`: half by half, plain and with the city's words, one JSON object."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from asr.audio import write_wav
from bench import lexicon
from core.ports import Utterance

pytestmark = pytest.mark.unit

ROWS = (
    ("dev", "燕泉街道停水了", "燕泉街道"),
    ("test", "骆仙街道停水了", "骆仙街道"),
    ("test", "何湘军没有回电话", "何湘军"),
    ("test", "今天没有下雨", ""),
)
EACH_S = 0.5


class Clerk:
    """Hears the number of the sentence in its length; writes a term letter by letter only where it knows it."""

    def __init__(self) -> None:
        self.terms: set[str] = set()

    def load(self) -> "Clerk":
        return self

    def know(self, terms: Iterable[str]) -> None:
        self.terms = set(terms)

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        assert rate == 8000
        seconds = len(pcm) / 2 / rate - 1.0  # there is half a second of silence before and after
        _, sentence, term = ROWS[round(seconds / EACH_S) - 1]
        text = sentence if not term or term in self.terms else sentence.replace(term, "某某")
        return [Utterance(text, 0.0, 1.0, True, text)]


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up sentences, each a tone as long as its number."""
    table = tmp_path / "sentences.tsv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter="\t").writerows([("half", "sentence", "term", "kind"), *((*row, "") for row in ROWS)])  # fmt: skip

    def render(sentence: str, voice: str, *, rate: int) -> Path:
        number = next(i for i, row in enumerate(ROWS, 1) if row[1] == sentence)
        tone = np.sin(np.arange(int(EACH_S * number * rate)) * 2 * np.pi * 1000 / rate)
        write_wav(tmp_path / f"{number}.wav", (8000 * tone).astype(np.int16), rate)
        return tmp_path / f"{number}.wav"

    monkeypatch.setattr(lexicon, "SENTENCES", table)
    monkeypatch.setattr(lexicon, "render", render)
    monkeypatch.setattr(lexicon, "recogniser", lambda *_, **__: Clerk())


@pytest.mark.usefixtures("spoken")
@pytest.mark.parametrize(("half", "many"), [("test", 3), ("dev", 1)])
def test_a_half_is_measured_plain_and_with_the_citys_words(
    half: str, many: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lexicon.main(["--half", half]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["half"], found["plain"]["n"], found["lexicon"]["n"]) == (half, many, many)
    assert found["plain"]["terms_understood"] == 0.0
    assert found["lexicon"]["terms_understood"] == 1.0
    assert found["lexicon"]["cer_with_terms"] == 0.0 < found["plain"]["cer_with_terms"]
    assert found["lexicon"]["terms_put_in_wrongly"] == 0
    assert found["terms"] > len(ROWS)


@pytest.mark.usefixtures("spoken")
def test_on_standard_output_there_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    lexicon.main(["--half", "test"])
    out = capsys.readouterr().out
    assert isinstance(json.loads(out), dict)
    assert json.loads(out)["plain"]["cer_elsewhere"] == 0.0
