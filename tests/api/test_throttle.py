"""Guessing passwords is slow; a right password costs nothing."""

import pytest

from api.problems import TooManyTries
from api.throttle import Throttle

pytestmark = pytest.mark.unit


def test_the_try_after_the_last_is_refused_with_the_time_to_wait() -> None:
    throttle = Throttle(3, 60.0)
    for at in (0.0, 1.0, 2.0):
        throttle.attempt("li", at)
    with pytest.raises(TooManyTries) as refused:
        throttle.attempt("li", 10.0)
    assert refused.value.after_s == 51


def test_old_failures_are_forgotten() -> None:
    throttle = Throttle(2, 60.0)
    throttle.attempt("li", 0.0)
    throttle.attempt("li", 30.0)
    throttle.attempt("li", 60.0)
    with pytest.raises(TooManyTries):
        throttle.attempt("li", 89.0)


def test_right_passwords_do_not_count() -> None:
    throttle = Throttle(2, 60.0)
    for at in range(50):
        throttle.attempt("li", float(at))
        throttle.succeeded("li")


def test_one_login_does_not_close_another() -> None:
    throttle = Throttle(1, 60.0)
    throttle.attempt("li", 0.0)
    throttle.attempt("wang", 0.0)


def test_memory_stays_bounded_under_made_up_logins() -> None:
    throttle = Throttle(1, 60.0)
    for i in range(12_000):
        throttle.attempt(f"made-up-{i}", float(i) / 1000)
    assert len(throttle._attempts) == 10_000
