"""Seats, gathered from where they are written: rows of the register, steps, orders, and what routing asks."""

from store.seat_floor import OnFloor, floor
from store.seat_forced import Force, force, lift, missed, settle_forced
from store.seat_line import (
    duty,
    free,
    free_by_skill,
    in_line,
    mean_talk_s,
    seen,
    snapshot,
    with_skills,
)
from store.seat_rows import add, all_seats, describe, get, in_a_talk, in_call, of_user
from store.seat_steps import (
    end_wrap_up,
    let_go,
    log_in,
    log_out,
    phone_of,
    release,
    reserve,
    ring,
    set_state,
    take_back,
    talk,
)

__all__ = [
    "Force",
    "OnFloor",
    "add",
    "all_seats",
    "describe",
    "duty",
    "end_wrap_up",
    "floor",
    "force",
    "free",
    "free_by_skill",
    "get",
    "in_a_talk",
    "in_call",
    "in_line",
    "let_go",
    "lift",
    "log_in",
    "log_out",
    "mean_talk_s",
    "missed",
    "of_user",
    "phone_of",
    "release",
    "reserve",
    "ring",
    "seen",
    "set_state",
    "settle_forced",
    "snapshot",
    "take_back",
    "talk",
    "with_skills",
]
