"""Slows guessing of passwords and codes: a sliding window of attempts per key, bounded in memory."""

from collections import OrderedDict, deque

from api.problems import TooManyTries

_REMEMBERED = 10_000


class Throttle:
    """At most `tries` failed attempts per key within `window_s` seconds. Time is an argument (monotonic seconds)."""

    def __init__(self, tries: int, window_s: float) -> None:
        self._tries = tries
        self._window_s = window_s
        self._attempts: OrderedDict[str, deque[float]] = OrderedDict()

    def attempt(self, key: str, now: float) -> None:
        """Count an attempt as failed until `succeeded` says otherwise, so that parallel guesses count too.

        Raises TooManyTries where the key has used up its tries.
        """
        attempts = self._attempts.get(key, deque())
        while attempts and attempts[0] <= now - self._window_s:
            attempts.popleft()
        if len(attempts) >= self._tries:
            after_s = int(attempts[0] + self._window_s - now) + 1
            raise TooManyTries(f"尝试次数过多，请在 {after_s} 秒后再试", after_s)
        attempts.append(now)
        self._attempts[key] = attempts
        self._attempts.move_to_end(key)
        while len(self._attempts) > _REMEMBERED:
            self._attempts.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """The last attempt was right: it does not count."""
        attempts = self._attempts.get(key)
        if attempts:
            attempts.pop()
