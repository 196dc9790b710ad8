"""Logs are facts, one line each: JSON for machines, short text for people."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog

# Without local variables: those hold citizens' numbers and words.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


class _Stderr(io.TextIOBase):
    """Wherever standard error leads at this moment: whoever swaps it (a test, a runner) must not leave us a closed file."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


STDERR = _Stderr()


def set_up(*, json_lines: bool, level: int = logging.INFO) -> None:
    """Send structlog and the libraries' logging to stderr in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, _TRACEBACKS if json_lines else _nothing, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, STDERR)),
        cache_logger_on_first_use=json_lines,  # the service logs much; a command may share its process with others
    )
    logging.basicConfig(level=logging.WARNING, stream=STDERR, format="%(levelname)s %(name)s %(message)s")


def _nothing(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
