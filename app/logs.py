"""Logs are facts, one line each: JSON for machines, short text for people."""

import logging
import sys

import structlog


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
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.processors.dict_tracebacks if json_lines else _nothing, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _nothing(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
