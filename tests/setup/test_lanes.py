"""Parts brought side by side."""

import sys
import threading
import time
from collections.abc import Callable

import pytest

from app.setup.child import run
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.lanes import side_by_side
from app.setup.parts import AFTER, PARTS

pytestmark = pytest.mark.unit

TIME_S = 20.0


def test_pieces_run_at_once_unless_one_comes_after_another() -> None:
    met, done = threading.Barrier(2), list[str]()

    def meet(name: str) -> Callable[[], None]:
        def do() -> None:
            met.wait(TIME_S)  # broken unless both are under way
            done.append(name)

        return do

    def last() -> None:
        assert sorted(done) == ["one", "two"]
        done.append("last")

    side_by_side(
        {"one": meet("one"), "two": meet("two"), "last": last}, {"last": ("one", "two", "not asked for")}
    )
    assert done[-1] == "last"


def test_the_first_failure_is_told_ends_the_others_and_nothing_new_begins() -> None:
    begun = list[str]()

    def fail() -> None:
        time.sleep(0.5)
        raise SetupFailed("no network")

    def long() -> None:
        begun.append("long")
        run([sys.executable, "-c", "import time; time.sleep(60)"])

    since = time.monotonic()
    with pytest.raises(SetupFailed, match="no network"):
        side_by_side(
            {
                "fail": fail,
                "long": long,
                "next": lambda: begun.append("next"),
                "later": lambda: begun.append("later"),
            },
            {"next": ("fail",), "later": ("long",)},
        )
    assert begun == ["long"]
    assert time.monotonic() - since < TIME_S


def test_a_program_that_is_ended_fails_for_its_caller() -> None:
    with pytest.raises(ChildFailed):
        side_by_side(
            {"ended": lambda: run([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])}, {}
        )  # fmt: skip


def test_a_part_comes_only_after_parts_that_stand_before_it() -> None:
    names = [part.name for part in PARTS]
    assert set(AFTER) == set(names)
    for name, before in AFTER.items():
        assert all(names.index(other) < names.index(name) for other in before), name


def test_speech_is_rendered_while_programs_and_other_models_arrive() -> None:
    assert {"speech", "kokoro-zh"} <= set(AFTER["prompts"])
    assert not {"asterisk", "whisper-base"} & set(AFTER["prompts"])
    assert not {"speech", "kokoro-zh", "prompts"} & set(AFTER["asterisk"])
