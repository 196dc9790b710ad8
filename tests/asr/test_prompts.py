"""The spoken prompts: complete, short enough, rendered once, replaced by the operator's own."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from asr import speech_cache
from asr.audio import read_wav, write_wav
from asr.prompts import OPENING, load_table, render_prompts
from asr.speech_cache import render
from core.errors import BadInput, ModelMissing
from ivr import menu
from tests.asr.conftest import installed

pytestmark = pytest.mark.service

USED = [
    "please-wait",
    "queue-position",
    "queue-people",
    "callback-offer",
    "callback-confirmed",
    "message-apology",
    "message-leave",
    "overload-apology",
]
USED += ["wait-longer", *(f"wait-about-{n}" for n in (1, 2, 3, 5, 10, 15, 20))]
USED += ["message-thanks", "goodbye", "sorry-retry", *(f"n{i}" for i in range(21))]


class FakeVoice:
    """Says one sample per character and counts."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, voice: str, rate: int, speed: float) -> np.ndarray:
        self.said.append(text)
        return np.full(len(text), 1000, np.int16)


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVoice:
    """A voice that costs nothing, and an empty cache."""
    fake = FakeVoice()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HOTLINE_PROMPTS", raising=False)
    monkeypatch.setattr(speech_cache, "_kokoro", lambda models_dir: fake)
    return fake


def test_every_prompt_the_house_plays_is_there(voice: FakeVoice, tmp_path: Path) -> None:
    render_prompts(tmp_path / "p")
    menus = yaml.safe_load(
        (Path(menu.__file__).parent / "menus" / "default.yaml").read_text(encoding="utf-8")
    )
    played = {p for m in menus["menus"].values() for p in m.get("prompts", ())}
    for name in {*USED, *OPENING, *played, "beep", "moh"}:
        rate, samples = read_wav(tmp_path / "p" / f"{name}.wav")
        assert (rate, samples.shape[1]) == (8000, 1)
        assert len(samples)


def test_numbers_are_counted_as_people_count(voice: FakeVoice) -> None:
    texts = {name: text for name, text, _, _ in load_table().lines()}
    assert (texts["n2"], texts["n20"]) == ("两位", "20位")


def test_a_second_run_makes_nothing_and_touches_nothing(voice: FakeVoice, tmp_path: Path) -> None:
    first = render_prompts(tmp_path / "p")
    times = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "p").glob("*.wav")}
    again = render_prompts(tmp_path / "p")
    assert len(again.unchanged) == len(first.made)
    assert (again.made, again.own) == ((), ())
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "p").glob("*.wav")} == times


def test_a_second_clone_synthesises_nothing(voice: FakeVoice, tmp_path: Path) -> None:
    render_prompts(tmp_path / "p")
    said = len(voice.said)
    render_prompts(tmp_path / "q")
    assert len(voice.said) == said
    assert sorted(p.name for p in (tmp_path / "p").iterdir()) == sorted(
        p.name for p in (tmp_path / "q").iterdir()
    )


def test_only_a_changed_text_is_spoken_again(voice: FakeVoice, tmp_path: Path) -> None:
    table = tmp_path / "t.yaml"
    table.write_text("voice: v\nprompts: {a: {text: 甲}, b: {text: 乙}}\n", encoding="utf-8")
    render_prompts(tmp_path / "p", table)
    table.write_text("voice: v\nprompts: {a: {text: 甲}, b: {text: 丙丁}}\n", encoding="utf-8")
    done = render_prompts(tmp_path / "p", table)
    assert done.made == ("b",)
    assert (sorted(voice.said[:2]), voice.said[2:]) == (["乙", "甲"], ["丙丁"])  # the first two side by side


def test_an_own_recording_replaces_ours_and_leaving_brings_ours_back(
    voice: FakeVoice, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    write_wav(own / "greeting.wav", np.full((44100, 2), 5000, np.int16), 44100)
    done = render_prompts(tmp_path / "p", own=own)
    rate, samples = read_wav(tmp_path / "p" / "greeting.wav")
    assert done.own == ("greeting",)
    assert (rate, samples.shape[1]) == (8000, 1)
    assert len(samples) == pytest.approx(8000, abs=4)
    assert abs(int(np.median(samples)) - 5000) < 60
    (own / "greeting.wav").unlink()
    assert render_prompts(tmp_path / "p", own=own).made == ("greeting",)


def test_the_operators_folder_comes_from_the_environment(
    voice: FakeVoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    write_wav(own / "moh.wav", np.ones(800, np.int16), 8000)
    monkeypatch.setenv("HOTLINE_PROMPTS", str(own))
    assert render_prompts(tmp_path / "p").own == ("moh",)


def test_an_unreadable_recording_is_named(voice: FakeVoice, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "greeting.wav").write_text("not sound")
    with pytest.raises(BadInput, match=r"greeting\.wav"):
        render_prompts(tmp_path / "p", own=own)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "voice: v\n",
        "voice: v\nprompts: {a: {words: x}}\n",
        "voice: v\nprompts: [1]\n",
        "voice: v\nprompts: {}\nnumbers: 20",
        ": :",
    ],
)
def test_a_broken_table_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"t\.yaml"):
        load_table(tmp_path / "t.yaml")


def test_without_the_voice_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ModelMissing, match="models get kokoro-zh"):
        render_prompts(tmp_path / "p", models_dir=tmp_path / "none")


@pytest.mark.model
def test_what_every_citizen_hears_first_takes_at_most_eight_seconds() -> None:
    installed("kokoro-zh")
    lines = {name: (text, voice, speed) for name, text, voice, speed in load_table().lines()}
    seconds = 0.0
    for name in OPENING:
        text, voice, speed = lines[name]
        rate, samples = read_wav(render(text, voice, speed=speed))
        seconds += len(samples) / rate
    assert 4.0 < seconds <= 8.0
