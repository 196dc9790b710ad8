"""Feeds the counters of /metrics from the same hints the screens get, whichever process the news comes from."""

from typing import Any

from api.metrics import Metrics
from core.ports import Hints


async def watch(hints: Hints, metrics: Metrics) -> None:
    """Until cancelled. A lost hint costs a count, never a fact."""
    async with hints.subscribe("floor", "tickets") as incoming:
        async for _, event in incoming:
            count(metrics, event)


def count(metrics: Metrics, event: dict[str, Any]) -> None:
    """One event; those that count nothing are passed by."""
    match event.get("event"):
        case "call.ended":
            metrics.calls.labels(event.get("line", ""), event.get("result", "")).inc()
            if event.get("answer_s") is not None:
                metrics.answer_seconds.observe(event["answer_s"])
            if event.get("after_prompts_s") is not None:
                metrics.answer_after_prompts.observe(event["after_prompts_s"])
        case "ticket.card":
            metrics.cards.labels(event.get("colour", ""), event.get("stage", "")).inc()
        case "ticket.replied" if event.get("left_s") is not None:
            metrics.deadline_seconds.labels("handle").observe(event["left_s"])
