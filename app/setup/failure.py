"""How bringing a part can fail; the entry prints one line and exits 2."""

from core.errors import HotlineError


class SetupFailed(HotlineError):
    """A part can't be brought; the text says why and what to do."""

    code = "setup_failed"
    retryable = True


class ChildFailed(SetupFailed):
    """A program we called ended badly; the text is its own last word."""

    code = "child_failed"
