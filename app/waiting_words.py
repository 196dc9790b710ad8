"""What a waiting caller hears: where they stand, and about how long it will take."""

NUMBERS = 20  # prompts n0 … n20 exist
MINUTES = (1, 2, 3, 5, 10, 15, 20)  # prompts wait-about-1 … exist
LONGER = "wait-longer"
ESTIMATES = (*(f"wait-about-{m}" for m in MINUTES), LONGER)


def while_waiting(position: int, wait_s: float | None) -> tuple[str, ...]:
    """Prompts for the call at `position` (1 is next) with an estimated wait in seconds, None where nothing is known."""
    ahead = min(position - 1, NUMBERS)
    place = ("queue-position", f"n{ahead}", "queue-people") if ahead > 0 else ()
    return ("please-wait", *place, *about(wait_s))


def about(wait_s: float | None) -> tuple[str, ...]:
    """The estimate rounded up, so that nobody waits longer than told; said from one minute on."""
    if wait_s is None or wait_s < 30:
        return ()
    minutes = next((m for m in MINUTES if wait_s <= m * 60), None)
    return (f"wait-about-{minutes}" if minutes else LONGER,)
