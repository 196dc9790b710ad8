"""Recordings finished whatever happened to those who wrote them."""

import hashlib
import os
import struct
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.errors import BadAudio
from agi.recording import describe, finish, unfinished
from agi.tones import tone, write_wav

pytestmark = pytest.mark.unit


def stereo(seconds: float) -> bytes:
    left, right = tone([(400, seconds)]), tone([(1000, seconds)])
    return b"".join(left[i : i + 2] + right[i : i + 2] for i in range(0, len(left), 2))


def frames(path: Path) -> bytes:
    with wave.open(str(path)) as audio:
        data: bytes = audio.readframes(audio.getnframes())
        return data


def test_raw_talk_becomes_a_two_channel_wav(tmp_path: Path) -> None:
    source, target = tmp_path / "t.raw", tmp_path / "t-done.wav"
    source.write_bytes(stereo(1.5))
    done = finish(source, target)
    assert done is not None
    assert (done.path, done.channels, done.seconds) == (target, 2, 1.5)
    assert done.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert frames(target) == stereo(1.5)
    assert not source.exists()
    assert target.stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t-done.wav"]


@given(cut=st.integers(min_value=0, max_value=3))
def test_talk_cut_inside_a_sample_loses_only_that_sample(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / "t.raw").write_bytes(stereo(0.5) + b"\x01" * cut)
    done = finish(folder / "t.raw", folder / "t.wav")
    assert done is not None
    assert frames(done.path) == stereo(0.5)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 10**6])
def test_message_whose_header_was_never_completed_is_repaired(tmp_path: Path, length: int) -> None:
    source = write_wav(tmp_path / "m.wav", tone([(400, 1.0)]))
    broken = bytearray(source.read_bytes())
    broken[4:8] = broken[40:44] = struct.pack("<I", length)
    source.write_bytes(broken)
    done = finish(source, tmp_path / "m-done.wav")
    assert done is not None
    assert (done.channels, done.seconds) == (1, 1.0)
    assert frames(done.path) == tone([(400, 1.0)])


def test_whole_message_with_a_trailing_chunk_keeps_only_its_audio(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "m.wav", tone([(400, 1.0)]))
    source.write_bytes(source.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"INFO")
    done = finish(source, tmp_path / "d.wav")
    assert done is not None
    assert done.seconds == 1.0


@pytest.mark.parametrize("name", ["t.raw", "m.wav"])
def test_nobody_answered_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert finish(tmp_path / name, tmp_path / "d.wav") is None
    assert list(tmp_path.iterdir()) == []


def test_header_without_audio_leaves_nothing(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "m.wav", b"")
    assert finish(source, tmp_path / "d.wav") is None


def test_finishing_again_after_a_crash_gives_the_same(tmp_path: Path) -> None:
    source, target = tmp_path / "t.raw", tmp_path / "d.wav"
    source.write_bytes(stereo(0.5))
    first = finish(source, target)
    assert finish(source, target) == first  # crashed after removing the source
    source.write_bytes(stereo(0.5))
    left = tmp_path / ".d.wav.1-abcd.part"
    left.write_bytes(b"half")  # crashed while writing, a while ago
    os.utime(left, (0, 0))
    assert finish(source, target) == first
    assert not left.exists()


@pytest.mark.parametrize(
    "content", [b"not audio at all", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + b"\x02" * 16]
)
def test_what_is_no_audio_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.wav").write_bytes(content)
    with pytest.raises(BadAudio):
        finish(tmp_path / "m.wav", tmp_path / "d.wav")
    assert (tmp_path / "m.wav").read_bytes() == content


@given(content=st.binary(max_size=200))
def test_any_bytes_are_audio_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "m.wav").write_bytes(content)
    try:
        done = finish(folder / "m.wav", folder / "d.wav")
    except BadAudio:
        return
    assert done is None or done.seconds > 0


@pytest.mark.parametrize("asked", ["t.raw", "d.wav"])
def test_pair_of_an_old_asterisk_becomes_one_file(tmp_path: Path, asked: str) -> None:
    stem = asked.partition(".")[0]
    left, right = tone([(400, 1.0)]), tone([(1000, 0.5)])
    (tmp_path / f"{stem}.in.sln").write_bytes(left)
    (tmp_path / f"{stem}.out.sln").write_bytes(right + b"\x01")
    done = finish(tmp_path / asked, tmp_path / "d.wav")
    assert done is not None
    assert (done.channels, done.seconds) == (2, 1.0)
    samples = frames(done.path)
    assert b"".join(samples[i : i + 2] for i in range(0, len(samples), 4)) == left
    assert b"".join(samples[i + 2 : i + 4] for i in range(0, len(samples), 4)) == right + bytes(8000)
    assert [p.name for p in tmp_path.iterdir()] == ["d.wav"]


def test_pair_joined_before_a_crash_is_not_joined_again(tmp_path: Path) -> None:
    (tmp_path / "t.raw").write_bytes(stereo(0.5))
    (tmp_path / "t.in.sln").write_bytes(b"left over")
    done = finish(tmp_path / "t.raw", tmp_path / "d.wav")
    assert done is not None
    assert frames(done.path) == stereo(0.5)
    assert [p.name for p in tmp_path.iterdir()] == ["d.wav"]


def test_message_may_be_repaired_where_it_stands(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "m.wav", tone([(400, 1.0)]))
    broken = bytearray(path.read_bytes())
    broken[40:44] = b"\0" * 4
    path.write_bytes(broken)
    done = finish(path, path)
    assert done is not None
    assert frames(path) == tone([(400, 1.0)])
    assert finish(path, path) == done
    path.write_bytes(b"")
    assert finish(path, path) is None
    assert not path.exists()


def test_neither_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        finish(tmp_path / "t.raw", tmp_path / "d.wav")


def test_description_of_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.wav").write_bytes(b"RIFF")
    with pytest.raises(BadAudio):
        describe(tmp_path / "d.wav")


def test_unfinished_are_told_oldest_first(tmp_path: Path) -> None:
    for age, name in enumerate(["new.raw", "old.wav"]):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / ".x.wav.part").write_bytes(b"")
    assert [p.name for p in unfinished(tmp_path)] == ["old.wav", "new.raw"]


def test_many_workers_on_one_recording_all_tell_the_same_and_leave_one_file(tmp_path: Path) -> None:
    source, target = tmp_path / "t.raw", tmp_path / "t.wav"
    source.write_bytes(stereo(2.0))
    with ThreadPoolExecutor(8) as workers:
        told = list(workers.map(lambda _: finish(source, target), range(32)))
    assert len({one.sha256 for one in told if one}) == 1
    assert None not in told
    assert list(tmp_path.iterdir()) == [target]
