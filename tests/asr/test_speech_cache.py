"""Renderings go side by side and come back in order; the first that fails ends the rest."""

import threading
import time
from functools import partial

import pytest

from asr import speech_cache
from asr.speech_cache import side_by_side

pytestmark = pytest.mark.unit


def test_what_is_rendered_side_by_side_comes_back_in_order() -> None:
    def late(number: int) -> int:
        time.sleep(0.02 * (3 - number))
        return number

    assert list(side_by_side(partial(late, number) for number in range(3))) == [0, 1, 2]


def test_the_first_that_fails_ends_the_rest() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise OSError("the disk is full")
        time.sleep(0.05)

    with pytest.raises(OSError, match="full"):
        list(side_by_side(partial(work, number) for number in range(200)))
    assert len(begun) < 200


def test_the_voice_is_loaded_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []

    class Slow:
        def __init__(self, *_: object, **__: object) -> None:
            time.sleep(0.05)
            loaded.append(self)

    monkeypatch.setattr(speech_cache, "Kokoro", Slow)
    speech_cache._loaded.cache_clear()
    try:
        asking = [threading.Thread(target=speech_cache._kokoro, args=("",)) for _ in range(4)]
        for one in asking:
            one.start()
        for one in asking:
            one.join(5)
        assert len(loaded) == 1
    finally:
        speech_cache._loaded.cache_clear()
