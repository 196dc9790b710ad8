"""Erlang C from SciPy's Poisson distribution: who answers a random caller within a time, had everybody the patience to wait."""

import math

from scipy.stats import poisson


def delayed(seats: int, erlang: float) -> float:
    """Probability of having to wait, C(seats, erlang). Raises ValueError unless 0 < erlang < seats.

    Source: Erlang B is the Poisson probability of `seats` divided by that of at most `seats`; C = B / (1 - a (1 - B)).
    """
    if not 0 < erlang < seats:
        raise ValueError(f"{erlang} Erlang on {seats} seats never settles")
    blocked = poisson.pmf(seats, erlang) / poisson.cdf(seats, erlang)
    load = erlang / seats
    return float(blocked / (1 - load * (1 - blocked)))


def answered_within(seats: int, erlang: float, handle_s: float, seconds: float) -> float:
    """Share of callers who wait no longer than `seconds`."""
    return 1 - delayed(seats, erlang) * math.exp(-(seats - erlang) * seconds / handle_s)
