"""Callers known as elderly or disabled: a person first, slowly, without keys."""

import pytest

from app.care import SLOW, kindly
from app.journey import Journey
from app.waiting_words import ESTIMATES, while_waiting
from asr.prompts import load_table
from core.call import Play, Ring, Wait
from core.errors import Conflict, NotFound
from store import callers
from tests.app.place import Place

pytestmark = pytest.mark.service
MENU = """
start: welcome
menus:
  welcome:
    prompts: [greeting, recording-notice, emergency-reminder]
    keys: {"2": {go: queue, skill: english}}
    timeout_s: 4
    next: queue
"""
NUMBER = "13812345678"


async def register(place: Place, skill: str = "", number: str = NUMBER) -> str:
    async with place.database.session() as session:
        row = await callers.care_for(
            session, number, "elderly", "本人要求", "user_boss", place.clock(), skill=skill
        )
    return row.id


def test_every_slow_prompt_is_rendered_and_none_besides() -> None:
    slow = {name for name, *_ in load_table().lines() if name.startswith("slow-")}
    assert slow == {f"slow-{name}" for name in SLOW}
    speeds = {name: speed for name, _, _, speed in load_table().lines()}
    assert all(speeds[f"slow-{name}"] < speeds[name] for name in SLOW)


async def test_they_hear_the_slow_greeting_and_are_asked_for_no_key(place: Place) -> None:
    place = Place(place.database, place.floor.content, MENU)
    await place.seat("8001")
    await register(place)
    citizen = place.citizen()
    slow = ("slow-greeting", "slow-recording-notice", "slow-emergency-reminder")
    told = await citizen.dial()
    assert isinstance(told, Play)
    assert (told.prompts, told.keys) == (slow, 0)
    assert isinstance(await citizen.done(), Ring)
    other = place.citizen("13900001111")
    told = await other.dial()
    assert isinstance(told, Play)
    assert (told.prompts[0], told.keys) == ("greeting", 1)


async def test_they_are_never_offered_a_call_back_instead_of_a_person(place: Place) -> None:
    await place.seat("8001", "paused")
    await register(place)
    citizen = place.citizen()
    await citizen.dial()
    told = await citizen.done()
    for _ in range(30):
        assert isinstance(told, Wait)
        assert not set(told.prompts) & {"please-wait", "queue-people"}
        place.clock.pass_(10)
        told = await citizen.done()


def test_the_estimate_of_the_wait_is_spoken_slowly_too() -> None:
    for wait_s in (45, 100, 170, 290, 580, 880, 1190, 5000):
        told = kindly(Journey(care="elderly"), "wait", Wait(5, while_waiting(2, wait_s)))
        assert isinstance(told, Wait)
        assert [prompt for prompt in told.prompts if not prompt.startswith("slow-")] == ["n1"]
        assert told.prompts[-1] in {f"slow-{name}" for name in ESTIMATES}


async def test_the_screen_pop_says_so_before_the_answer(place: Place) -> None:
    await place.seat("8001")
    await register(place)
    citizen = place.citizen()
    async with place.floor.hints.subscribe("seat.8001") as hints:
        await citizen.dial()
        _, ahead = await anext(hints)
        await citizen.done()
        _, pop = await anext(hints)
    assert (ahead["event"], ahead["call_id"]) == (
        "call.reserved",
        pop["call_id"],
    )  # while the greeting is spoken
    assert (pop["event"], pop["care"]) == ("call.ringing", "elderly")


async def test_somebody_is_in_the_register_once_and_may_leave_it(place: Place) -> None:
    care_id = await register(place)
    with pytest.raises(Conflict):
        await register(place, number="0086" + NUMBER)
    async with place.database.session() as session:
        await callers.end_care(session, care_id, "user_boss", place.clock())
    with pytest.raises(Conflict):
        async with place.database.session() as session:
            await callers.end_care(session, care_id, "user_boss", place.clock())
    with pytest.raises(NotFound):
        async with place.database.session() as session:
            await callers.end_care(session, "care_unknown", "user_boss", place.clock())
    told = await place.citizen().dial()
    assert isinstance(told, Play)
    assert told.prompts[0] == "greeting"
    await register(place)
