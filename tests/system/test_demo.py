"""`hotline demo`: one real call end to end, as the README's first command runs it."""

import asyncio
import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rapidfuzz.distance import Levenshtein
from scipy.io import wavfile

from app.demo.scenario import load
from asr.registry import choose
from asr.tts import MODEL
from asr_models.manifest import load as models
from asr_models.places import folder, is_present
from core.errors import HotlineError
from tests.need import measuring_data, missing, need
from tests.system import command
from tests.system.traces import processes, until

pytestmark = [pytest.mark.system, pytest.mark.model, pytest.mark.timeout(400)]

LONGEST_S = 280.0
WORST_CER = 0.6


@pytest.fixture(scope="module", autouse=True)
def _speech() -> None:
    (voice,) = models().pick(MODEL)
    need(f"the speech model {MODEL}", is_present(voice, folder(MODEL)))
    try:
        choose("auto")
    except HotlineError as error:
        missing(f"a recogniser ({error})")


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """The demo's temporary folder: what a demo leaves behind would lie here."""
    folder = tmp_path / "temp"
    folder.mkdir()
    return folder


async def _left_nothing(temp: Path) -> None:
    await until(lambda: not processes(temp), 5, f"processes ended: {processes(temp)}")
    assert list(temp.iterdir()) == []


def _cer(said: str, heard: str) -> float:
    """Character error rate over what is spoken: no punctuation, digits or letters."""
    wanted, got = (re.sub(r"[^\u4e00-\u9fff]", "", text) for text in (said, heard))
    return float(Levenshtein.distance(wanted, got)) / len(wanted)


def _heard(result: dict[str, Any], speaker: str) -> str:
    return "".join(one["text"] for one in result["utterances"] if one["speaker"] == speaker)


async def test_the_demo_shows_a_real_call_from_ring_to_ticket_and_leaves_nothing(temp: Path) -> None:
    done = await command.run("demo", "--json", env=command.temporary(temp), seconds=LONGEST_S)
    assert done.code == 0, done.err
    result = done.json()
    _complete(result)
    said = "".join(turn.say for turn in load("consult").turns if turn.who == "citizen")
    assert _cer(said, _heard(result, "citizen")) < WORST_CER, result["utterances"]
    assert not Path(result["recording"]["path"]).exists()
    await _left_nothing(temp)


def _complete(result: dict[str, Any]) -> None:
    """Every field of the page that promises them, with values that can be true."""
    call, recording, ticket = result["call"], result["recording"], result["ticket"]
    assert call["id"]
    assert call["linkedid"]
    assert call["line"] == "12345"
    assert "****" in call["caller_masked"]
    assert 0 < call["answered_after_ms"] < 60_000
    assert call["ended_by"] == "citizen"
    assert recording["channels"] == 2
    assert recording["seconds"] > 10
    assert recording["path"].endswith(".wav")
    assert {one["speaker"] for one in result["utterances"]} == {"citizen", "agent"}
    for one in result["utterances"]:
        assert 0 <= one["start_s"] < one["end_s"] <= recording["seconds"] + 0.5
        assert one["final"] is True
    for kind in ("answers", "units", "refusals"):
        assert result["proposals"][kind], kind
        assert all(0 <= c["score"] <= 1 and c["evidence"] for c in result["proposals"][kind])
    assert ticket["id"]
    assert ticket["type"] == "consult"
    assert ticket["unit"]
    assert ticket["policy"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+08:00", ticket["due"])
    assert ticket["steps"]
    assert result["timings_ms"]["citizen_answered"] < result["timings_ms"]["ticket_filed"]


async def test_a_persons_own_recording_is_recognised_and_kept_where_asked(temp: Path) -> None:
    wav, transcript = _a_person()
    env = command.temporary(temp)
    done = await command.run(
        "demo", "--json", "--keep", "--citizen-wav", str(wav), env=env, seconds=LONGEST_S
    )
    assert done.code == 0, done.err
    result = done.json()
    assert _cer(transcript, _heard(result, "citizen")) < WORST_CER, (transcript, result["utterances"])
    kept = Path(result["recording"]["path"])
    assert kept.is_file()
    assert kept.is_relative_to(result["kept"])
    rate, sound = wavfile.read(kept)
    assert (rate, sound.shape[1]) == (8000, 2)
    await until(lambda: not processes(temp), 5, "processes ended")


def _a_person() -> tuple[Path, str]:
    """A real recording of at least five seconds and what is said in it."""
    folder = measuring_data() / "speech"
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in sorted(rows, key=lambda row: row["file"]):
        wav = folder / row["file"]
        if row["kind"] == "read" and row["transcript"] and wav.suffix == ".wav" and wav.is_file():
            rate, sound = wavfile.read(wav)
            if 5 <= sound.shape[0] / rate <= 15 and len(row["transcript"]) >= 12:
                return wav, row["transcript"]
    missing("a read recording of at least five seconds", "HOTLINE_MEASURE_DATA=…")


async def test_a_three_way_call_can_be_measured_again_from_what_was_kept(temp: Path) -> None:
    done = await command.run(
        "demo", "--scenario", "three-way", "--json", "--keep", env=command.temporary(temp), seconds=LONGEST_S
    )
    assert done.code == 0, done.err
    result = done.json()
    assert result["transfer"] | {"to": "12333", "result": "merged", "reason": None} == result["transfer"]
    legs = {leg["id"]: leg for leg in result["legs"]}
    assert "****" in legs["citizen"]["number"]
    assert all(Path(path).is_file() for leg in legs.values() for path in leg["kept"])
    for phase in result["phases"]:
        for ear, heard in phase["hears"].items():
            rate, sound = wavfile.read(legs[ear]["recording"])
            window = sound[round(phase["start_s"] * rate) : round(phase["end_s"] * rate)]
            others = {name for name, leg in legs.items() if name != ear and _strong(window, leg["tone_hz"])}
            assert others == set(heard) - {"music"}, (phase, ear)
    await until(lambda: not processes(temp), 5, "processes ended")


def _strong(sound: npt.NDArray[np.int16], hertz: float) -> bool:
    """Whether a line of `hertz` stands 20 dB above the rest of its neighbourhood, by one plain spectrum."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    freqs = np.fft.rfftfreq(sound.size, 1 / 8000)
    near = np.abs(freqs - hertz) < 5
    around = (np.abs(freqs - hertz) > 20) & (np.abs(freqs - hertz) < 60)
    return bool(power[near].max() > 100 * power[around].max() and power[near].max() > 1e9)


async def test_the_scenarios_are_listed_with_their_titles(temp: Path) -> None:
    done = await command.run("demo", "--list", "--json", env=command.temporary(temp))
    listed = {one["name"]: one["title"] for one in done.json()["scenarios"]}
    assert listed.keys() >= {"consult", "three-way", "emergency", "service-down"}
    assert all(listed.values())


@pytest.mark.parametrize("moment", ["demo", "弹屏 8001", "话务员　 接听"])
async def test_ctrl_c_ends_the_demo_at_once_and_leaves_nothing(temp: Path, moment: str) -> None:
    process = await command.start("demo", env=command.temporary(temp))
    assert process.stderr is not None
    await command.line_with(process.stderr, "演示" if moment == "demo" else moment, 120)
    command.interrupt(process)
    await asyncio.sleep(0.05)
    command.interrupt(process)  # an impatient second one must not cut the clean end short
    done = await command.finish(process, 30)
    assert done.code == 130, done.err
    assert "Traceback" not in done.err
    await _left_nothing(temp)


async def test_a_recording_that_is_not_there_is_said_in_one_line(temp: Path) -> None:
    done = await command.run("demo", "--citizen-wav", str(temp / "no.wav"), env=command.temporary(temp))
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert "no.wav" in done.err
    await _left_nothing(temp)


async def test_an_unknown_scenario_is_said_in_one_line_with_those_there_are(temp: Path) -> None:
    done = await command.run("demo", "--scenario", "moon", env=command.temporary(temp))
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert "consult" in done.err
    await _left_nothing(temp)
