import pytest

from api.metrics import Metrics
from app.meter import count

pytestmark = pytest.mark.unit


def value(metrics: Metrics, line: str) -> float:
    text = metrics.text().decode()
    return sum(float(row.rpartition(" ")[2]) for row in text.splitlines() if row.startswith(line))


def test_an_answered_call_counts_with_how_long_the_citizen_waited():
    metrics = Metrics()
    ended = {
        "event": "call.ended",
        "line": "12345",
        "result": "answered",
        "answer_s": 8.5,
        "after_prompts_s": 0.6,
    }
    count(metrics, ended)
    assert value(metrics, 'hl_calls_total{line="12345",result="answered"}') == 1
    assert value(metrics, 'hl_answer_seconds_bucket{le="15.0"}') == 1
    assert value(metrics, 'hl_answer_seconds_bucket{le="8.0"}') == 0
    assert value(metrics, "hl_answer_after_prompts_seconds_sum") == 0.6


def test_a_call_nobody_answered_counts_without_a_wait():
    metrics = Metrics()
    gone = {
        "event": "call.ended",
        "line": "12333",
        "result": "abandoned",
        "answer_s": None,
        "after_prompts_s": None,
    }
    count(metrics, gone)
    assert value(metrics, 'hl_calls_total{line="12333",result="abandoned"}') == 1
    assert value(metrics, "hl_answer_seconds_count") == 0


def test_cards_and_replies_count_and_other_news_does_not():
    metrics = Metrics()
    count(metrics, {"event": "ticket.card", "colour": "red", "stage": "handle"})
    count(metrics, {"event": "ticket.replied", "left_s": -3600.0})
    count(metrics, {"event": "seat.state", "seat": "8001"})
    assert value(metrics, 'hl_cards_total{colour="red",phase="handle"}') == 1
    assert value(metrics, 'hl_deadline_seconds_bucket{le="0.0",stage="handle"}') == 1
