"""Listening to many calls at once over one slow or broken engine."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from asr.live import LiveEars
from core.ports import Speaker, Utterance
from tests.asr.fakes import FakeRecogniser

pytestmark = pytest.mark.service

SECOND = bytes(16000)


class Desk:
    """Collects what the ears tell."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Speaker, Utterance]] = []

    def __call__(self, call_id: str, speaker: Speaker, utterance: Utterance) -> None:
        self.told.append((call_id, speaker, utterance))

    def of(self, call_id: str, speaker: Speaker = "citizen") -> list[Utterance]:
        return [u for c, s, u in self.told if (c, s) == (call_id, speaker)]


@pytest.fixture
def engine() -> FakeRecogniser:
    return FakeRecogniser()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def make(engine: FakeRecogniser, desk: Desk) -> Iterator[Callable[..., LiveEars]]:
    made: list[LiveEars] = []

    def maker(**settings: object) -> LiveEars:
        made.append(LiveEars(engine, desk, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield maker
    engine.go.set()
    for ears in made:
        ears.stop()


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def test_both_speakers_are_heard_and_the_last_words_come_before_the_close_ends(
    make: Callable[..., LiveEars], desk: Desk
) -> None:
    ears = make()
    for _ in range(4):
        ears.feed("c1", "citizen", SECOND)
        ears.feed("c1", "agent", SECOND)
    ears.close("c1").result(5)
    for speaker in ("citizen", "agent"):
        heard = desk.of("c1", speaker)
        assert sum(int(u.text) for u in heard[:-1]) == 64000
        assert (heard[-1].text, heard[-1].end_s) == ("end", 4.0)
    assert ears.figures().streams == 0
    assert ears.figures().heard_s == pytest.approx(8.0)


def test_feeding_never_waits_for_the_decoder(
    make: Callable[..., LiveEars], engine: FakeRecogniser, desk: Desk
) -> None:
    engine.go.clear()
    ears = make()
    fed = threading.Event()

    def feeder() -> None:
        for i in range(500):
            ears.feed(f"c{i % 5}", "citizen", bytes(320))
        closing = ears.close("c0")
        assert not closing.done()
        fed.set()

    thread = threading.Thread(target=feeder)
    thread.start()
    assert fed.wait(5), "feed or close waited for the decoder"
    thread.join(5)
    assert desk.told == []


def test_a_backlog_is_bounded_counted_and_times_stay_true(
    make: Callable[..., LiveEars], engine: FakeRecogniser, desk: Desk
) -> None:
    engine.go.clear()
    ears = make(backlog_s=3.0)
    ears.feed("c1", "citizen", SECOND)
    until(lambda: ears.figures().queued_s == 0)  # the first second is with the decoder
    for _ in range(9):
        ears.feed("c1", "citizen", SECOND)
    assert ears.figures().queued_s <= 3.0
    assert ears.figures().dropped_s == pytest.approx(6.0)
    engine.go.set()
    ears.close("c1").result(5)
    heard = desk.of("c1")
    assert [u.text for u in heard].count("end") == 2  # before the hole, and at the end
    assert heard[-1].end_s == pytest.approx(10.0)
    after_hole = [u for u in heard if u.text != "end"][1]
    assert after_hole.start_s == pytest.approx(7.0)


def test_provisional_text_is_given_up_first(make: Callable[..., LiveEars], engine: FakeRecogniser) -> None:
    engine.go.clear()
    ears = make(hush_s=1.0)
    for _ in range(5):
        ears.feed("c1", "citizen", SECOND)
    engine.go.set()
    ears.close("c1").result(5)
    assert any(engine.hushed)
    assert engine.hushed[-1] is False
    assert ears.figures().dropped_s == 0


def test_as_a_machine_falls_behind_provisional_text_goes_then_live_sound_and_who_speaks_never_waits(
    make: Callable[..., LiveEars], engine: FakeRecogniser
) -> None:
    """What live leaves out is the after-call transcript's: it reads the recording."""
    engine.go.clear()
    ears = make(hush_s=1.0, backlog_s=4.0)
    ears.feed("c1", "citizen", SECOND)
    until(lambda: ears.figures().queued_s == 0)  # the first second is with the decoder
    slowest = 0.0
    for _ in range(3):
        slowest = max(slowest, _seconds(lambda: ears.feed("c1", "citizen", SECOND)))
    assert ears.figures().dropped_s == 0, "behind by three seconds: nothing is lost yet"
    for _ in range(20):
        slowest = max(slowest, _seconds(lambda: ears.feed("c1", "citizen", SECOND)))
    assert ears.figures().queued_s <= 4.0
    assert ears.figures().dropped_s == pytest.approx(19.0)
    assert slowest < 0.5
    engine.go.set()
    ears.close("c1").result(5)
    assert engine.hushed[0] is False, "the first second was in time"
    assert True in engine.hushed
    assert ears.figures().hushed_s > 0


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_one_broken_stream_does_not_silence_the_others(
    make: Callable[..., LiveEars], engine: FakeRecogniser, desk: Desk
) -> None:
    engine.fails_on = b"poison"
    ears = make()
    ears.feed("bad", "citizen", b"poison" + SECOND)
    ears.feed("good", "citizen", SECOND)
    ears.close("bad").result(5)
    ears.close("good").result(5)
    assert desk.of("bad") == []
    assert desk.of("good")[-1].text == "end"
    assert ears.figures().failed == 1
    assert ears.figures().streams == 0


def test_a_listener_that_raises_costs_only_its_own_stream(engine: FakeRecogniser) -> None:
    told: list[str] = []

    def listener(call_id: str, speaker: Speaker, utterance: Utterance) -> None:
        if call_id == "bad":
            raise ValueError("screen gone")
        told.append(utterance.text)

    ears = LiveEars(engine, listener)
    try:
        ears.feed("bad", "citizen", SECOND)
        ears.feed("good", "citizen", SECOND)
        ears.close("bad").result(5)
        ears.close("good").result(5)
        assert told[-1] == "end"
    finally:
        ears.stop()


def test_a_talkative_call_does_not_starve_another(
    make: Callable[..., LiveEars], engine: FakeRecogniser, desk: Desk
) -> None:
    engine.go.clear()
    ears = make()
    for _ in range(20):
        ears.feed("long", "citizen", SECOND)
    ears.feed("short", "citizen", SECOND)
    engine.go.set()
    ears.close("long").result(5)
    ears.close("short").result(5)
    order = [call for call, _, _ in desk.told]
    assert order.index("short") < 10


def test_more_streams_than_allowed_are_not_listened_to(make: Callable[..., LiveEars], desk: Desk) -> None:
    ears = make(most_streams=2)
    for call in ("c1", "c2", "c3"):
        ears.feed(call, "citizen", SECOND)
    for call in ("c1", "c2", "c3"):
        ears.close(call).result(5)
    assert {call for call, _, _ in desk.told} == {"c1", "c2"}


def test_lag_is_told_with_every_final_text(make: Callable[..., LiveEars]) -> None:
    seen: list[tuple[float, float]] = []
    ears = make(observe=lambda lag_s, rtf: seen.append((lag_s, rtf)))
    ears.feed("c1", "citizen", SECOND)
    ears.close("c1").result(5)
    assert len(seen) == 2
    assert all(lag >= 0 and rtf >= 0 for lag, rtf in seen)


def test_audio_after_the_close_and_of_unknown_calls_is_harmless(
    make: Callable[..., LiveEars], desk: Desk
) -> None:
    ears = make()
    ears.close("never").result(1)
    ears.feed("c1", "citizen", SECOND)
    ears.close("c1").result(5)
    before = len(desk.told)
    ears.stop()
    ears.feed("c1", "citizen", SECOND)
    assert len(desk.told) == before


def test_stop_leaves_no_thread(make: Callable[..., LiveEars]) -> None:
    ears = make(workers=2)
    for i in range(4):
        ears.feed(f"c{i}", "citizen", SECOND)
    ears.stop()
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("ears")])


def test_a_late_packet_does_not_open_a_closed_call_again(make: Callable[..., LiveEars], desk: Desk) -> None:
    ears = make()
    ears.feed("c1", "citizen", SECOND)
    ears.close("c1").result(5)
    told = len(desk.told)
    ears.feed("c1", "citizen", SECOND)
    assert ears.figures().streams == 0
    assert len(desk.told) == told


def test_a_call_connected_again_is_heard_again(
    make: Callable[..., LiveEars], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asr.live._LATE_S", 0.05)
    ears = make()

    def heard(ears: LiveEars) -> int:
        ears.feed("c1", "citizen", SECOND)
        return ears.figures().streams

    for _ in range(2):
        until(lambda: heard(ears))
        ears.close("c1").result(5)
    assert [u.text for u in desk.of("c1")].count("end") == 2


def test_closing_from_many_threads_at_any_moment_ends_each_call_once(
    make: Callable[..., LiveEars], desk: Desk
) -> None:
    ears = make(workers=4)

    def one_call(name: str) -> None:
        for _ in range(3):
            ears.feed(name, "citizen", bytes(3200))
        for end in [ears.close(name) for _ in range(3)]:
            end.result(10)

    threads = [threading.Thread(target=one_call, args=(f"c{i}",)) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert all([u.text for u in desk.of(f"c{i}")].count("end") == 1 for i in range(40))
    assert ears.figures().streams == 0
    assert ears.figures().failed == 0
