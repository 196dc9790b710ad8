"""The words of a transfer and why one fails."""

from typing import Literal, get_args

How = Literal["consult", "blind", "three_way"]
Kind = Literal["line", "seat", "unit", "emergency", "number", "specialist"]
State = Literal["ringing", "talking", "merged", "over", "failed"]
Place = Literal["consult", "swapped", "aside", "room", "blind", "gone"]
"""consult: the citizen hears music, the agent dials or talks; swapped: agent and citizen talk, the third party hears
music; aside: back to the third party; room: all together; blind: the citizen is being handed over; gone: nobody there."""
Reason = Literal["busy", "no_answer", "rejected", "unreachable", "congestion", "timeout", "cancelled"]
Attitude = Literal["生硬", "推诿拒接", "应付了事"]

HOWS: tuple[How, ...] = get_args(How)
KINDS: tuple[Kind, ...] = get_args(Kind)
PRIVATE: tuple[Kind, ...] = ("number", "specialist")
"""Kinds whose number is somebody's own: masked wherever it is shown."""
STATES: tuple[State, ...] = get_args(State)
PLACES: tuple[Place, ...] = get_args(Place)
REASONS: tuple[Reason, ...] = get_args(Reason)
ATTITUDES: tuple[Attitude, ...] = get_args(Attitude)
ROLES = ("citizen", "agent", "expert", "sub_centre", "unit", "emergency", "utility", "supervisor", "county")

REASON_NAMES: dict[Reason, str] = {
    "busy": "占线", "no_answer": "无人接听", "rejected": "拒接", "unreachable": "无法接通", "congestion": "线路拥塞",
    "timeout": "呼叫超时", "cancelled": "已取消",
}  # fmt: skip

_BY_CAUSE: dict[int, Reason] = {
    1: "unreachable", 2: "unreachable", 3: "unreachable", 17: "busy", 18: "timeout", 19: "no_answer", 20: "unreachable",
    21: "rejected", 22: "unreachable", 27: "unreachable", 28: "unreachable", 34: "congestion", 38: "congestion",
    41: "congestion", 42: "congestion", 44: "congestion", 55: "rejected", 57: "rejected", 102: "timeout",
}  # fmt: skip
_BY_STATUS: dict[str, Reason] = {
    "BUSY": "busy", "CONGESTION": "congestion", "CHANUNAVAIL": "unreachable", "CANCEL": "cancelled",
    "WOKEN": "cancelled", "DONTCALL": "rejected", "TORTURE": "rejected",
}  # fmt: skip


def reason_of(status: str, cause: int, rang: bool) -> Reason:
    """Why nobody was reached: by the cause the far end gave (ITU-T Q.850), else by how Dial ended.

    Our own time ran out: it rang and nobody came (no_answer), or nothing was heard of it at all (timeout).
    """
    if status == "CANCEL":
        return "cancelled"
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if status == "NOANSWER":
        return "no_answer" if rang else "timeout"
    return _BY_STATUS.get(status, "unreachable")
