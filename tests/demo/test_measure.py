"""Who hears whom is found in the sound alone: tones, voices and music, each with and without the others."""

import numpy as np
import pytest

from agi.tones import soft_music
from app.demo import audio
from app.demo.audio import RATE, Samples
from app.demo.measure import (
    MUSIC,
    PROMPT_ALIKE,
    TONES_HZ,
    Source,
    begun,
    heard_by,
    hears_music,
    hears_speech,
    hears_tone,
    likeness,
)
from asr.tones import hold_music

pytestmark = pytest.mark.unit

LOOP: Samples = hold_music()


def voice(seconds: float, seed: int) -> Samples:
    """Noise in syllables: as broad and as unsteady as speech."""
    dice = np.random.default_rng(seed)
    wave = dice.normal(0, 2500, round(seconds * RATE))
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * np.arange(wave.size) / RATE)
    return (wave * syllables).clip(-32768, 32767).astype(np.int16)


def on_telephone(sound: Samples) -> Samples:
    """Through A-law and back, as every leg is."""
    from aiortp import get_codec

    codec = get_codec(8)
    return np.frombuffer(codec.decode(codec.encode(sound.astype("<i2").tobytes())), dtype="<i2")


def test_no_tone_is_taken_for_another_nor_found_in_music_or_speech() -> None:
    everything = [*((f, audio.tone(f, 1.6)) for f in TONES_HZ), (0.0, LOOP[: 2 * RATE]), (0.0, voice(2, 1))]
    for hertz, sound in everything:
        heard = {f for f in TONES_HZ if hears_tone(on_telephone(sound), f)}
        assert heard == ({hertz} if hertz else set())


def test_tones_are_told_apart_in_a_mix_of_three() -> None:
    a, b, c, d = TONES_HZ[:4]
    sound = on_telephone(audio.mix(*(audio.tone(f, 2.0) for f in (a, b, c))))
    assert [hears_tone(sound, f) for f in (a, b, c, d)] == [True, True, True, False]


def test_a_tone_for_a_moment_only_is_not_heard() -> None:
    sound = np.concatenate([audio.tone(TONES_HZ[0], 0.5), audio.silence(1.5)])
    assert not hears_tone(sound, TONES_HZ[0])


@pytest.mark.parametrize("entered_s", [0.0, 3.3, 11.7, 24.9])
def test_music_is_known_wherever_its_loop_is_entered(entered_s: float) -> None:
    sound = np.tile(LOOP, 2)[round(entered_s * RATE) :][: round(1.4 * RATE)]
    assert hears_music(on_telephone(sound), LOOP)
    with_tone = audio.mix(sound, audio.tone(TONES_HZ[0], 1.4, -20))
    assert hears_music(on_telephone(with_tone), LOOP, TONES_HZ[:1])


def test_neither_silence_nor_speech_nor_a_tone_is_music() -> None:
    for sound in (audio.silence(2), voice(2, 3), audio.tone(TONES_HZ[1], 2)):
        assert not hears_music(sound, LOOP, TONES_HZ[:2])


def test_other_music_is_not_ours(tmp_path: "object") -> None:
    from pathlib import Path

    other = audio.load_wav(soft_music(Path(str(tmp_path)) / "soft.wav"))
    assert hears_music(other[:RATE], other)
    assert not hears_music(other[:RATE], LOOP)


def test_words_are_heard_late_and_quieter_and_through_another_voice() -> None:
    said = voice(3, 1)
    late = np.concatenate([audio.silence(0.4), (said * 0.6).astype(np.int16), audio.silence(0.5)])
    assert hears_speech(on_telephone(late), said)
    assert hears_speech(on_telephone(audio.mix(late, (voice(4, 2) * 0.3).astype(np.int16))), said)
    assert not hears_speech(on_telephone(voice(4, 2)), said)


def test_a_phase_tells_every_source_in_a_recording_and_only_in_its_own_seconds() -> None:
    said = voice(2, 5)
    sources = [
        Source("citizen", TONES_HZ[0]),
        Source("expert", TONES_HZ[1]),
        Source("agent", None, [(1.0, said), (6.0, voice(1, 6))]),
    ]
    first = audio.mix(audio.tone(TONES_HZ[0], 4), np.concatenate([audio.silence(1.1), said]))
    recording = np.concatenate([first, LOOP[: 3 * RATE]])
    assert heard_by(recording, 0.5, 3.5, sources, LOOP) == ["citizen", "agent"]
    assert heard_by(recording, 4.2, 5.8, sources, LOOP) == [MUSIC]
    assert heard_by(recording, 7.5, 9.0, sources, LOOP) == []


def test_a_prompt_is_known_with_a_gap_in_it_and_no_other_is_taken_for_it() -> None:
    prompt, other = voice(0.6, 1), voice(0.6, 2)
    middle = round(0.3 * RATE)
    torn = np.concatenate([prompt[:middle], audio.silence(0.04), prompt[middle:]])
    heard = on_telephone(np.concatenate([audio.silence(1.0), torn, audio.silence(0.5)]))
    assert likeness(heard, prompt) < PROMPT_ALIKE
    assert begun(heard, prompt)
    assert not begun(heard, other)
    assert not begun(heard[: round(1.3 * RATE)], prompt), "only its half was heard"
