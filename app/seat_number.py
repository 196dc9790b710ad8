"""工号播报: the agent's number, spoken to both sides as they are joined."""

from core.policy_after import After

LONGEST = 8


def spoken(after: After, seat: str) -> tuple[str, ...]:
    """Prompts that say a seat's number digit by digit; () where the city does not want it or the seat has none."""
    digits = [c for c in seat if c.isascii() and c.isdigit()]
    if not after.seat_number.value or not 0 < len(digits) <= LONGEST:
        return ()
    return ("seat-number", *(f"d{digit}" for digit in digits), "seat-serves")
