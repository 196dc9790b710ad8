"""Failures with a name. Each edge maps them once: AGI plays a prompt, HTTP answers problem+json, the CLI exits 2."""

from collections.abc import Mapping, Sequence
from typing import Any


class HotlineError(Exception):
    """Base of every failure we foresee.

    `code` is stable and machine-readable; `status` is the HTTP status an API edge answers with;
    the text is for the person who reads it. `retryable` tells callers whether trying again can help.
    """

    code = "hotline_error"
    status = 500
    retryable = False


class BadInput(HotlineError):
    """What was handed in can't be used; the text says which part and why.

    `fields`: where it has parts of its own, each that can't be used, as pydantic tells it: loc, type, msg, ctx.
    """

    code = "bad_input"
    status = 422

    def __init__(self, message: str = "", fields: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class NaiveTime(BadInput):
    """A datetime without a zone reached a rule."""

    code = "naive_time"


class NotFound(HotlineError):
    """Nothing stands under that id."""

    code = "not_found"
    status = 404


class UnknownUnit(NotFound):
    """No unit with that code in the register."""

    code = "unknown_unit"


class UnknownLine(NotFound):
    """No line with that number in the register."""

    code = "unknown_line"


class NotAllowed(HotlineError):
    """The actor may not do this, or the lifecycle table has no such step from here."""

    code = "not_allowed"
    status = 403


class WrongState(NotAllowed):
    """The lifecycle table has no such step from here: nobody may do it now."""

    code = "wrong_state"


class Conflict(HotlineError):
    """Somebody else changed it first; read again and decide again."""

    code = "conflict"
    status = 409


class Changed(Conflict):
    """As Conflict, and `current` says what it is now and who was first; JSON-able, nothing of the citizen."""

    def __init__(self, message: str, current: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.current = dict(current)


class SwitchSilent(HotlineError):
    """Asterisk did not answer within its bound."""

    code = "switch_silent"
    status = 503
    retryable = True


class SwitchElsewhere(HotlineError):
    """This process has no link to Asterisk: another one, which serves `agi`, must be asked."""

    code = "switch_elsewhere"
    status = 503


class ModelMissing(HotlineError):
    """A speech model is not installed; the text says how to get it."""

    code = "model_missing"
    status = 503


class PartMissing(HotlineError):
    """A program or package this machine lacks; the text says what to install."""

    code = "part_missing"
    status = 503
