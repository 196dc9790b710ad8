"""Telephone sound: what is loaded, made and measured is right."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from app.demo import audio
from core.errors import BadInput

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("rate", "channels", "kind"),
    [
        (8000, 1, np.int16),
        (16000, 2, np.int16),
        (44100, 1, np.int32),
        (48000, 2, np.float32),
        (11025, 1, np.uint8),
    ],
)
def test_any_wav_becomes_telephone_sound_of_same_length_pitch_and_level(
    tmp_path: Path, rate: int, channels: int, kind: type
) -> None:
    wave = 0.5 * np.sin(2 * np.pi * 600 * np.arange(rate) / rate)
    if kind is np.uint8:
        data = np.round(wave * 127 + 128).astype(kind)
    else:
        data = (wave * (1 if kind is np.float32 else np.iinfo(kind).max)).astype(kind)
    wavfile.write(tmp_path / "x.wav", rate, np.column_stack([data] * channels) if channels > 1 else data)
    heard = audio.load_wav(tmp_path / "x.wav")
    assert heard.dtype == np.int16
    assert abs(heard.size - audio.RATE) <= 2
    assert audio.tone_level(heard, 600) == pytest.approx(-6.0, abs=0.3)
    assert audio.tones(heard)[0][0] == pytest.approx(600, abs=2)


@pytest.mark.parametrize("content", [b"", b"not sound at all", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_what_is_no_wav_is_bad_input(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.wav"):
        audio.load_wav(tmp_path / "x.wav")


def test_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        audio.load_wav(tmp_path / "none.wav")


def test_saved_sound_comes_back_unchanged(tmp_path: Path) -> None:
    sound = audio.tone(440, 0.3)
    audio.save_wav(tmp_path / "x.wav", sound)
    assert np.abs(audio.load_wav(tmp_path / "x.wav").astype(int) - sound).max() <= 1


def test_two_tones_mixed_are_both_found_at_their_levels() -> None:
    sound = audio.mix(audio.tone(440, 1.0, -12), audio.tone(1200, 1.0, -20))
    (first, loud), (second, soft) = audio.tones(sound)
    assert [round(first), round(second)] == [pytest.approx(440, abs=2), pytest.approx(1200, abs=2)]
    assert [loud, soft] == [pytest.approx(-12, abs=0.5), pytest.approx(-20, abs=0.5)]


def test_a_tone_that_is_not_there_is_far_below_one_that_is() -> None:
    sound = audio.tone(440, 1.0)
    assert audio.tone_level(sound, 880) < audio.tone_level(sound, 440) - 50


def test_spans_tell_when_a_tone_sounds() -> None:
    sound = np.concatenate(
        [audio.silence(0.5), audio.tone(440, 0.4), audio.silence(0.3), audio.tone(440, 0.2)]
    )
    found = audio.spans(sound, 440)
    assert [pytest.approx(edge, abs=0.05) for edge in (0.5, 0.9, 1.2, 1.4)] == [
        edge for span in found for edge in span
    ]


def test_silence_has_no_tones_and_the_lowest_level() -> None:
    assert audio.tones(audio.silence(1.0)) == []
    assert audio.level(audio.silence(1.0)) == audio.level(audio.silence(0)) == audio.QUIET_DB
    assert audio.tone_level(audio.silence(0), 440) == audio.QUIET_DB


def test_mixing_clips_and_does_not_wrap() -> None:
    loud = np.full(80, 30000, dtype=np.int16)
    assert audio.mix(loud, loud[:40]).tolist() == [32767] * 40 + [30000] * 40
