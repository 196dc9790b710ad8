import io
import sys
from collections.abc import Iterator

import pytest
import structlog

from app.logs import set_up

pytestmark = pytest.mark.unit


@pytest.fixture
def fresh_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("fresh_logging")
def test_a_line_goes_where_standard_error_leads_now_not_where_it_led_at_start(monkeypatch):
    gone, here = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", gone)
    set_up(json_lines=True)
    log = structlog.get_logger("test")
    log.info("before")
    gone.close()
    monkeypatch.setattr(sys, "stderr", here)
    log.info("after")
    assert '"event": "after"' in here.getvalue()


@pytest.mark.usefixtures("fresh_logging")
def test_a_traceback_carries_no_local_variables(monkeypatch):
    here = io.StringIO()
    monkeypatch.setattr(sys, "stderr", here)
    set_up(json_lines=True)
    try:
        caller = "13812345678"
        raise ValueError("broken" if caller else "")
    except ValueError as error:
        structlog.get_logger("test").error("failed", exc_info=error)
    assert "broken" in here.getvalue()
    assert "13812345678" not in here.getvalue()
