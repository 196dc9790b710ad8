"""The memory's figures as tables for the terminal and as parts of bench/README.md."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench import grown
from bench.page import PAGE


def table(part: str, found: Any) -> str:
    """Markdown of one part."""
    made: dict[str, Callable[[Any], list[str]]] = {
        "finding": finding,
        "speed": grown.table,
        "duplicates": duplicates,
        "routing": routing,
        "proposals": proposals,
    }
    return "\n".join(made[part](found))


def write(part: str, machine: dict[str, str], found: Any) -> None:
    """Between the part's marks on the page."""
    begin, end = f"<!-- memory {part} begin -->", f"<!-- memory {part} end -->"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    about = ", ".join(f"{name} {value}" for name, value in machine.items())
    text = f"{before}{begin}\n\n{day}. {about}\n\n{table(part, found)}\n\n{end}{after}"
    PAGE.write_text(text, encoding="utf-8")


def finding(found: list[dict[str, Any]]) -> list[str]:
    """Per set and share of noise: ours and the peers."""
    lines = [
        "| set | misheard | ours | character BM25 | RRF with syllables | recall@5 over BM25 | MRR@10 over BM25 | queries | CPU ms p50 / p99 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for f in found:
        three = [
            " / ".join(_short(f[who][key]) for key in ("recall@1", "recall@5", "mrr@10"))
            for who in ("ours", "bm25", "rrf")
        ]
        over = [_interval(f["over_bm25"][key]) for key in ("recall@5", "mrr@10")]
        lines.append(
            f"| {f['set']} | {f['noise']} | {' | '.join(three)} | {' | '.join(over)} | {f['ours']['n']} | {f['ours']['p50_ms']} / {f['ours']['p99_ms']} |"
        )
    return lines


def routing(found: list[dict[str, Any]]) -> list[str]:
    """Per set and view: ours and the peer."""
    lines = [
        "| set | view | ours | LinearSVC characters + syllables | accuracy over it | top-3 over it | ECE of ours | rows |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for f in found:
        two = [f"{_short(f[who]['accuracy'])} / {_short(f[who]['top3'])}" for who in ("ours", "svc")]
        over = [_interval(f["over_svc"][name]) for name in ("accuracy", "top3")]
        lines.append(
            f"| {f['set']} | {f['view']} | {' | '.join(two)} | {' | '.join(over)} | {f['ece']:.3f} | {f['n']} |"
        )
    return lines


def proposals(found: list[dict[str, Any]]) -> list[str]:
    """Per set, way and share of noise: what the scores of proposed answers are worth."""
    lines = [
        "| set | by | misheard | right first / among three | ECE | answered at precision .9 | put forward from 60 % | right then | queries |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for f in found:
        ece, share, right = (_within(f[name]) for name in ("ece", "coverage_at_p90", "right_then"))
        lines.append(
            f"| {f['set']} | {f['way']} | {f['noise']} | {_short(f['first'])} / {_short(f['among_three'])} | {ece} | {share} | {_short(f['put_forward'])} | {right} | {f['n']} |"
        )
    return lines


def duplicates(found: list[dict[str, Any]]) -> list[str]:
    """Per source and share of noise: ours and the peer."""
    lines = ["| set | misheard | ours | ratio of sounds (rapidfuzz) | pairs |", "|---|---|---|---|---|"]
    for f in found:
        two = [
            f"{_short(f[who]['auc'])} / {_short(f[who]['precision_at_recall_50'])}"
            for who in ("ours", "ratio")
        ]
        lines.append(f"| {f['set']} | {f['noise']} | {' | '.join(two)} | {f['n']} |")
    return lines


def _short(share: float) -> str:
    return f"{share:.3f}"[1:] if share < 1 else "1.0"


def _within(three: list[float]) -> str:
    value, low, high = map(_short, three)
    return f"{value} ({low} … {high})"


def _interval(three: list[float]) -> str:
    mean, low, high = three
    return f"{mean:+.3f} ({low:+.3f} … {high:+.3f})"
