"""Failures that only the edge to Asterisk knows."""

from core.errors import BadInput, HotlineError, SwitchSilent


class CallerGone(HotlineError):
    """The channel hung up, was redirected, or Asterisk closed the socket; nothing more can be asked of it."""

    code = "caller_gone"


class BadPeer(HotlineError):
    """What came over the socket is not the protocol spoken there (garbage, half a header, too much)."""

    code = "bad_peer"


class CommandTimeout(SwitchSilent):
    """Asterisk took longer over an AGI command than its bound."""

    code = "command_timeout"


class CommandRefused(HotlineError):
    """Asterisk refused a command (510, 511, 520, result -1 or -2); the text repeats its answer."""

    code = "command_refused"


class UnsafeText(BadInput):
    """Text with control characters (CR, LF, NUL) would become a second command: refused."""

    code = "unsafe_text"


class UnsafeConfig(BadInput):
    """A value could change the meaning of a generated configuration file; the text names the field."""

    code = "unsafe_config"


class LinkRefused(HotlineError):
    """AMI did not accept the user name or secret."""

    code = "link_refused"
    status = 503


class ActionRefused(HotlineError):
    """Asterisk answered an AMI action with an error; the text repeats it."""

    code = "action_refused"
    status = 502


class SwitchDown(SwitchSilent):
    """Asterisk did not start, or is not running; the text says where its log lies."""

    code = "switch_down"


class BadAudio(BadInput):
    """A file or stream is not the audio it claims to be."""

    code = "bad_audio"
