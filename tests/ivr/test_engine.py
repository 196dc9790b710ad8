import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import Done, Enqueue, Goodbye, Keys, Leave, MenuInvalid, MenuState, Say, Started, parse, start, step

pytestmark = pytest.mark.unit

PLAIN = parse(open("ivr/menus/default.yaml").read())
KEYED = parse(
    """
start: welcome
lines: {"12333": labour}
menus:
  welcome:
    prompts: [greeting]
    keys: {"1": {go: labour}, "2": {go: queue, skill: english}, "9": {go: message}, "0": {go: goodbye}}
    tries: 2
  labour:
    prompts: [please-wait]
"""
)


def test_without_a_menu_the_caller_hears_the_prompts_and_goes_to_a_person():
    state, action = step(PLAIN, start(PLAIN, "12345"), Started())
    assert action == Say(("greeting", "recording-notice", "emergency-reminder"), keys=False, timeout_s=0.0)
    assert step(PLAIN, state, Done())[1] == Enqueue()


def test_a_line_can_have_a_start_of_its_own():
    assert start(KEYED, "12333") == MenuState("labour")
    assert start(KEYED, "12345") == MenuState("welcome")


@pytest.mark.parametrize(
    ("key", "action"),
    [("2", Enqueue("english")), ("9", Leave()), ("0", Goodbye()), ("1", Say(("please-wait",), False, 0.0))],
)
def test_a_key_leads_where_the_city_said(key, action):
    state, _ = step(KEYED, start(KEYED, "12345"), Started())
    assert step(KEYED, state, Keys(key))[1] == action


def test_a_wrong_key_repeats_the_menu_and_then_a_person_takes_over():
    state, _ = step(KEYED, start(KEYED, "12345"), Started())
    state, again = step(KEYED, state, Keys("7"))
    assert isinstance(again, Say)
    assert step(KEYED, state, Done())[1] == Enqueue()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("start: a\nmenus: {}", "'a' is not defined"),
        ("start: a\nmenus: {a: {next: b}}", "leads to 'b'"),
        ("start: a\nmenus: {a: {keys: {'12': {go: queue}}}}", "one of 0-9"),
        ("start: a\nmenus: {a: {next: b}, b: {next: a}}", "without ever asking"),
        ("start: a\nmenus: {a: {colour: red}}", "Extra inputs"),
        ("start: [", "menus.yaml"),
        ("start: a\nmenus: {a: {prompts: ['../x']}}", "pattern"),
    ],
)
def test_a_menu_file_that_could_trap_a_caller_is_refused_with_its_place(text, reason):
    with pytest.raises(MenuInvalid, match=r"menus\.yaml") as caught:
        parse(text, "menus.yaml")
    assert reason in str(caught.value)


@given(st.lists(st.sampled_from(["", "1", "2", "5", "9", "#"]), max_size=30))
def test_whatever_a_caller_presses_they_end_with_a_person_a_message_or_a_goodbye(presses):
    state, action = step(KEYED, start(KEYED, "12345"), Started())
    for press in [*presses, "", "", "", ""]:
        if not isinstance(action, Say):
            break
        state, action = step(KEYED, state, Keys(press) if press else Done())
    assert not isinstance(action, Say)
