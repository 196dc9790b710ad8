"""Lines, seats and the one decision: which seat takes this call."""

from routing.decide import decide
from routing.line import MAIN_LINE, Answer, Line, Reach, differences
from routing.lines import LineRegister, LinesInvalid, Reached, Way
from routing.lines_text import parse_lines
from routing.policy import RoutingInvalid, RoutingPolicy
from routing.seats import SEAT_STEPS, SeatState, SeatView, check_step
from routing.views import CallView, Route, Snapshot

__all__ = [
    "MAIN_LINE",
    "SEAT_STEPS",
    "Answer",
    "CallView",
    "Line",
    "LineRegister",
    "LinesInvalid",
    "Reach",
    "Reached",
    "Route",
    "RoutingInvalid",
    "RoutingPolicy",
    "SeatState",
    "SeatView",
    "Snapshot",
    "Way",
    "check_step",
    "decide",
    "differences",
    "parse_lines",
]
