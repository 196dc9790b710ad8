"""Lines, seats and the one decision: which seat takes this call."""

from routing.decide import CallView, Route, RoutingPolicy, Snapshot, decide
from routing.lines import Line, LineRegister, LinesInvalid
from routing.seats import SEAT_STEPS, SeatState, SeatView, check_step

__all__ = [
    "SEAT_STEPS",
    "CallView",
    "Line",
    "LineRegister",
    "LinesInvalid",
    "Route",
    "RoutingPolicy",
    "SeatState",
    "SeatView",
    "Snapshot",
    "check_step",
    "decide",
]
