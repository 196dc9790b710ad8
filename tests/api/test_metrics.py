"""The metrics have the published names and can be read while parts change."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Metrics

pytestmark = pytest.mark.unit

PUBLISHED = {
    "hl_calls", "hl_answer_seconds", "hl_connected_ratio_24h", "hl_queue_waiting", "hl_agents", "hl_transfer",
    "hl_ami_connected", "hl_asr_rtf", "hl_asr_lag_seconds", "hl_suggest", "hl_tickets_open", "hl_cards",
    "hl_deadline_seconds", "hl_webhook_failures",
}  # fmt: skip


def families(metrics: Metrics) -> dict[str, object]:
    return {family.name: family for family in text_string_to_metric_families(metrics.text().decode())}


def test_every_published_name_is_there() -> None:
    assert families(Metrics()).keys() >= PUBLISHED


def test_the_answer_histogram_has_the_fifteen_second_bucket() -> None:
    metrics = Metrics()
    metrics.answer_seconds.observe(15)
    metrics.answer_seconds.observe(15.1)
    assert metrics.registry.get_sample_value("hl_answer_seconds_bucket", {"le": "15.0"}) == 1


def test_labels_are_the_published_ones() -> None:
    metrics = Metrics()
    metrics.calls.labels(line="12345", result="answered").inc()
    metrics.suggestions.labels(kind="unit", decision="accepted").inc()
    metrics.cards.labels(colour="red", phase="reply").inc()
    metrics.transfers.labels(kind="threeway", reason="busy").inc()
    metrics.tickets_open.labels(type="help", unit="SW").set(3)
    metrics.agents.labels(state="ready").set(2)
    assert metrics.registry.get_sample_value("hl_calls_total", {"line": "12345", "result": "answered"}) == 1


def test_a_watched_gauge_is_read_at_each_scrape() -> None:
    metrics, state = Metrics(), {"ready": 1.0}
    metrics.watch("hl_seats", "Seats", ("state",), lambda: [((name,), n) for name, n in state.items()])
    state["paused"] = 2.0
    assert metrics.registry.get_sample_value("hl_seats", {"state": "paused"}) == 2.0


def test_two_instances_do_not_share_numbers() -> None:
    one, other = Metrics(), Metrics()
    one.webhook_failures.inc()
    assert other.registry.get_sample_value("hl_webhook_failures_total") == 0
