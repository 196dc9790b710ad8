import pytest

from core.errors import UnknownLine
from routing import Line, LineRegister, LinesInvalid

pytestmark = pytest.mark.unit


def line(number: str, target: str = "") -> Line:
    return Line(number, f"line {number}", "u", "merged", target=target)


def test_a_chained_merge_resolves_in_one_hop():
    register = LineRegister([line("12331", "12315"), line("12315", "12345")])
    assert register.resolve("12331").number == "12315"


def test_what_nobody_registered_is_named():
    with pytest.raises(UnknownLine, match="12399"):
        LineRegister([line("12345")]).resolve("12399")


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([line("12331"), line("12331")], "12331 stands twice"),
        ([line("12331", "12999")], "12999"),
        ([line("1", "2"), line("2", "1")], "back to itself"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused_with_the_line_named(lines, named):
    with pytest.raises(LinesInvalid, match=named):
        LineRegister(lines)


def test_a_number_nobody_registered_is_still_answered_by_the_main_line():
    assert LineRegister([line("12331", "12315"), line("12315")]).serving("999").number == "12345"
    assert LineRegister([line("12331", "12315"), line("12315")]).serving("12331").number == "12315"
