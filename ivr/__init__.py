"""What a caller hears before a person: menus as data and one pure step function."""

from ivr.engine import (
    Action,
    Done,
    Enqueue,
    Goodbye,
    Input,
    Keys,
    Leave,
    MenuState,
    Say,
    Started,
    start,
    step,
)
from ivr.menu import Key, Menu, MenuInvalid, Menus, parse

__all__ = [
    "Action",
    "Done",
    "Enqueue",
    "Goodbye",
    "Input",
    "Key",
    "Keys",
    "Leave",
    "Menu",
    "MenuInvalid",
    "MenuState",
    "Menus",
    "Say",
    "Started",
    "parse",
    "start",
    "step",
]
