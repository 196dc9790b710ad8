"""What Prometheus reads. One registry per process; `app` hands callbacks to the parts that must not see this."""

from collections.abc import Callable, Iterable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ANSWER_BUCKETS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 120, 300)  # GB/T 33358: a person within 15 s
_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)
_RTF_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)
_LAG_BUCKETS = (0.25, 0.5, 1, 2, 3, 5, 8, 15, 30)
_DAY_S = 86_400
_DEADLINE_BUCKETS = tuple(
    d * _DAY_S for d in (-30.0, -10.0, -5.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
)

Sample = tuple[tuple[str, ...], float]


class Metrics:
    """The metrics an operator expects, by their published names (`hl_…`). Observing never raises for good labels."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._totals: dict[tuple[Counter, tuple[str, ...]], int] = {}
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.calls = counter("hl_calls_total", "Calls that ended", ["line", "result"])
        self.answer_seconds = histogram(
            "hl_answer_seconds", "Citizen's answer to agent's answer", buckets=_ANSWER_BUCKETS
        )
        self.answer_after_prompts = histogram(
            "hl_answer_after_prompts_seconds", "End of the prompts to agent's answer", buckets=_ANSWER_BUCKETS
        )
        self.connected_ratio = gauge("hl_connected_ratio_24h", "Calls a person answered in the rolling 24 h")
        self.in_time_ratio = gauge(
            "hl_in_time_ratio_24h", "Calls answered within 15 s of the prompts' end in the rolling 24 h"
        )
        self.ratio = {"connected": self.connected_ratio, "in_time": self.in_time_ratio}
        self.worst_ratio = {
            "connected": gauge("hl_connected_ratio_24h_worst", "The lowest of any rolling 24 h, ended today"),
            "in_time": gauge("hl_in_time_ratio_24h_worst", "The lowest of any rolling 24 h, ended today"),
        }
        self.service_low = gauge("hl_service_low", "1 while the alarm of a measure is on", ["measure"])
        self.queue_waiting = gauge("hl_queue_waiting", "Citizens waiting for a seat")
        self.agents = gauge("hl_agents", "Seats by state", ["state"])
        self.transfers = counter("hl_transfer_total", "Transfers and third parties", ["kind", "reason"])
        self.ami_connected = gauge("hl_ami_connected", "1 while the AMI link is up")
        self.asr_rtf = histogram(
            "hl_asr_rtf", "Recognition time by audio time", ["engine"], buckets=_RTF_BUCKETS
        )
        self.asr_lag = histogram("hl_asr_lag_seconds", "End of speech to caption", buckets=_LAG_BUCKETS)
        self.suggestions = counter("hl_suggest_total", "Proposals decided", ["kind", "decision"])
        self.tickets_open = gauge("hl_tickets_open", "Open tickets", ["type", "unit"])
        self.cards = counter("hl_cards_total", "Warning, yellow and red cards", ["colour", "phase"])
        self.deadline_seconds = histogram(
            "hl_deadline_seconds",
            "Time left when a term was met (negative: late)",
            ["stage"],
            buckets=_DEADLINE_BUCKETS,
        )
        self.webhook_failures = counter("hl_webhook_failures_total", "Webhook deliveries given up")
        self.notices_settled = counter(
            "hl_notices_settled_total", "Notices that went as far as they go", ["channel", "state"]
        )
        self.notices = gauge(
            "hl_notices", "Notices that are not sent, by what became of them", ["channel", "state"]
        )
        self.http_requests = counter("hl_http_requests_total", "HTTP answers", ["method", "route", "status"])
        self.http_seconds = histogram("hl_http_seconds", "HTTP answer time", ["route"], buckets=_HTTP_BUCKETS)
        self.live_clients = gauge("hl_live_clients", "Screens listening to live events")
        self.live_dropped = counter("hl_live_dropped_total", "Screens dropped", ["reason"])

    def counted(self, counter: Counter, labels: tuple[str, ...], total: int) -> None:
        """Bring a counter to a total that was read elsewhere; it never goes back."""
        before = self._totals.get((counter, labels), 0)
        if total > before:
            counter.labels(*labels).inc(total - before)
            self._totals[(counter, labels)] = total

    def watch(
        self, name: str, help_text: str, labels: tuple[str, ...], read: Callable[[], Iterable[Sample]]
    ) -> None:
        """A gauge read when scraped: `read` gives (label values, number) and must not block."""
        self.registry.register(_Watched(name, help_text, labels, read))

    def text(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)


class _Watched(Collector):
    def __init__(
        self, name: str, help_text: str, labels: tuple[str, ...], read: Callable[[], Iterable[Sample]]
    ) -> None:
        self._name, self._help, self._labels, self._read = name, help_text, labels, read

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(self._name, self._help, labels=self._labels)]

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._help, labels=self._labels)
        for values, number in self._read():
            family.add_metric(values, number)
        return [family]
