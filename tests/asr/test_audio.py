"""PCM, WAV files and the telephone chain."""

import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from asr.audio import any_wav, levelled, read_wav, resample, to_float, to_ints, write_wav
from asr.telephone import alaw_decode, alaw_encode, telephone
from asr.tones import beep, hold_music
from core.errors import BadInput

pytestmark = pytest.mark.unit


def _sine(hertz: float, rate: int, seconds: float = 1.0, level: float = 0.5) -> np.ndarray:
    return np.asarray(
        level * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate), dtype=np.float32
    )


def _power(audio: np.ndarray) -> float:
    middle = to_float(audio) if audio.dtype == np.int16 else audio
    return float(np.mean(middle[len(middle) // 4 : -len(middle) // 4] ** 2))


def test_ints_and_floats_are_each_other_and_clip() -> None:
    ints = np.array([-32768, -1, 0, 1, 32767], np.int16)
    assert to_ints(to_float(ints)).tolist() == ints.tolist()
    assert to_ints(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]
    assert len(to_float(b"\x00\x01\x02")) == 1


def test_alaw_is_that_of_the_standard() -> None:
    """ITU-T G.711 table 1a: the ends, the zeros, and every code its own fixed point."""
    assert alaw_encode(np.array([0, -1, 32767, -32768], np.int16)).tolist() == [0xD5, 0x55, 0xAA, 0x2A]
    codes = np.arange(256, dtype=np.uint8)
    assert alaw_encode(alaw_decode(codes)).tolist() == codes.tolist()
    every = np.arange(-32768, 32768).astype(np.int16)
    error = np.abs(alaw_decode(alaw_encode(every)).astype(int) - every)
    assert (error <= np.maximum(np.abs(every.astype(int)) / 32 + 1, 16)).all()


@pytest.mark.parametrize(
    ("hertz", "passes"), [(100, False), (500, True), (1000, True), (3000, True), (3800, False)]
)
def test_the_telephone_passes_300_to_3400_hz(hertz: float, passes: bool) -> None:
    loss = 10 * np.log10(_power(telephone(_sine(hertz, 16000), 16000)) / _power(_sine(hertz, 16000)) + 1e-12)
    assert (abs(loss) < 1.0) if passes else (loss < -35)


def test_resampling_keeps_length_and_pitch() -> None:
    up = resample(_sine(440, 8000), 8000, 16000)
    assert abs(len(up) - 16000) <= 2
    assert int(np.argmax(np.abs(np.fft.rfft(up[:16000])))) == 440


@pytest.mark.parametrize("level", [0.001, 0.05, 0.9])
def test_levelled_speech_is_equally_loud_and_never_clips(level: float) -> None:
    burst = np.concatenate([_sine(300, 8000, level=level), np.zeros(24000, np.float32)])
    out = levelled(burst, 8000)
    assert 20 * np.log10(np.sqrt(_power(out[:8000]))) == pytest.approx(-20, abs=1)
    assert float(np.abs(out).max()) <= 0.9
    assert not levelled(np.zeros(8000, np.float32), 8000).any()


@pytest.mark.parametrize(
    ("kind", "scale", "offset"),
    [("uint8", 127, 128), ("int16", 32767, 0), ("int32", 2**31 * 0.999, 0), ("float32", 1, 0)],
)
def test_wav_of_any_width_and_channels_is_read(tmp_path: Path, kind: str, scale: float, offset: int) -> None:
    tone = _sine(440, 44100)
    wavfile.write(tmp_path / "x.wav", 44100, np.stack([tone * scale + offset] * 2, axis=1).astype(kind))
    rate, audio = any_wav(tmp_path / "x.wav")
    assert rate == 44100
    assert np.abs(audio - tone).max() < 0.02


def test_a_recording_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", np.ones((8000, 2), np.int16), 8000)
    path.write_bytes(path.read_bytes()[:-7])
    rate, samples = read_wav(path)
    assert (rate, samples.shape) == (8000, (7998, 2))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 10, b"RIFF\x00\x00\x00\x00WAVEfmt "])
def test_what_is_no_wav_is_a_named_mistake(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(BadInput):
        any_wav(tmp_path / "x.wav")


def test_write_wav_leaves_no_half_file(tmp_path: Path) -> None:
    write_wav(tmp_path / "x.wav", np.zeros(80, np.int16), 8000)
    assert [p.name for p in tmp_path.iterdir()] == ["x.wav"]
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth(), file.getnframes()) == (
            8000,
            1,
            2,
            80,
        )


def test_hold_music_is_long_quiet_and_without_a_seam() -> None:
    music = to_float(hold_music())
    assert len(music) / 8000 >= 20
    assert -45 < 20 * np.log10(float(np.sqrt(np.mean(music**2)))) < -22
    assert abs(music[0] - music[-1]) <= np.abs(np.diff(music)).max()
    assert (
        abs(float(np.mean(music[:400] ** 2)) - float(np.mean(music[-400:] ** 2)))
        < float(np.mean(music**2)) * 4
    )


def test_the_beep_is_one_kilohertz() -> None:
    tone = to_float(beep())
    assert np.argmax(np.abs(np.fft.rfft(tone))) * 8000 / len(tone) == pytest.approx(1000, abs=5)
