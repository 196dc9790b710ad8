import pytest

from core.errors import NotAllowed
from routing import SEAT_STEPS, check_step

pytestmark = pytest.mark.unit
STATES = ["logged_out", "ready", "paused", "reserved", "ringing", "talking", "wrap_up"]


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_only_steps_of_the_table_are_allowed(before, after):
    if before == after or (before, after) in SEAT_STEPS:
        check_step(before, after)
    else:
        with pytest.raises(NotAllowed, match=f"“{before}”，不能转为“{after}”"):
            check_step(before, after)


def test_every_state_can_be_left_again():
    assert {before for before, _ in SEAT_STEPS} == set(STATES)
