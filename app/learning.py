"""Models of which unit a matter is for, learned from this house's own confirmed tickets, judged before they serve.

One decision in ten (by the hash of the ticket's id) is never learned from: on this kept sample a new version is compared with
the one that serves. A version that does worse there, or that too few kept decisions can judge, serves only if a person insists.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from core.errors import Conflict
from match.figures import calibration_error, coverage_at, difference
from match.learn import Model, TooFew, learn
from match.meaning import Meaning
from store import models
from store.database import Database
from store.models import Decided
from store.tables import LearnedModel

MOST: Final = 50_000
ENOUGH: Final = 200  # decisions to learn from at all
ENOUGH_KEPT: Final = 30  # kept decisions that can judge
SHARE: Final = 10
SURE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Standing:
    """One version as people see it."""

    version: int
    state: str
    learned_from: int
    kept: int
    made_by: str
    made_at: str
    served_at: str | None
    figures: dict[str, Any]


async def train(database: Database, by: str, at: datetime, meaning: Meaning | None = None) -> Standing:
    """A new version, waiting, with its figures beside those of the one that serves. Raises TooFew.

    `meaning`: the embedding to learn with; without one the words alone are learned from.
    """
    async with database.reading() as session:
        decided = await models.confirmed(session, MOST)
        now = await models.serving(session)
        before = Model.load(now.data) if now else None
    kept = [one for one in decided if _kept(one.ticket_id)]
    rest = [one for one in decided if not _kept(one.ticket_id)]
    if len(rest) < ENOUGH:
        raise TooFew(f"已签收的工单太少：至少 {ENOUGH} 件才学习，现有 {len(rest)} 件")
    made, figures = await asyncio.to_thread(_learn, rest, kept, before, meaning)
    async with database.session() as session:
        row = await models.add(session, models.UNIT, made, figures, (len(rest), len(kept)), by, at)
        return standing(row)


async def serve(database: Database, version: int, by: str, at: datetime, *, insist: bool = False) -> Standing:
    """Let a version serve; every process takes it up within seconds. Raises NotFound, Conflict where it must not without insisting."""
    async with database.session() as session:
        row = await models.get(session, version)
        doubts = _doubts(row)
        if doubts and not insist:
            raise Conflict(f"第 {version} 版不宜启用：{doubts}")
        return standing(await models.serve(session, version, by, at))


async def back(database: Database, by: str, at: datetime) -> Standing | None:
    """The version before serves again; None: no learned model serves any more. Raises NotFound."""
    async with database.session() as session:
        row = await models.back(session, by, at)
        return standing(row) if row else None


async def versions(database: Database) -> list[Standing]:
    """Newest first."""
    async with database.reading() as session:
        return [standing(row) for row in await models.versions(session)]


async def serving(database: Database) -> Model | None:
    """What matching is compiled with."""
    async with database.reading() as session:
        row = await models.serving(session)
    return await asyncio.to_thread(Model.load, row.data) if row else None


def standing(row: LearnedModel) -> Standing:
    """A row as people see it."""
    served = row.served_at.isoformat() if row.served_at else None
    counts = (row.learned_from, row.kept)
    return Standing(
        row.version, row.state, *counts, row.made_by, row.made_at.isoformat(), served, row.figures
    )


def _kept(ticket_id: str) -> bool:
    return hashlib.sha256(ticket_id.encode()).digest()[0] % SHARE == 0


def _learn(
    rest: Sequence[Decided], kept: Sequence[Decided], before: Model | None, meaning: Meaning | None
) -> tuple[bytes, dict[str, Any]]:
    model = learn([one.text for one in rest], [one.unit for one in rest], meaning)
    figures: dict[str, Any] = {}
    if kept:
        hits = _judged(model, kept, meaning)
        figures["new"] = hits.figures
        if before:
            old = _judged(before, kept, meaning)
            apart = difference(hits.first, old.first)
            figures["serving"] = old.figures
            figures["accuracy_apart"] = [round(x, 4) for x in (apart.mean, apart.low, apart.high)]
    return model.dump(), figures


@dataclass(frozen=True, slots=True)
class _Judged:
    first: Any
    figures: dict[str, float]


def _judged(model: Model, kept: Sequence[Decided], meaning: Meaning | None) -> _Judged:
    chances = model.probabilities([one.text for one in kept], meaning)
    order = np.argsort(-chances, axis=1, kind="stable")
    labels = np.array(model.labels)
    wanted = np.array([one.unit for one in kept])
    first = (labels[order[:, 0]] == wanted).astype(np.float64)
    third = (labels[order[:, :3]] == wanted[:, None]).any(axis=1)
    said = chances.max(axis=1)
    return _Judged(
        first,
        {
            "accuracy": round(float(first.mean()), 4),
            "top3": round(float(third.mean()), 4),
            "ece": round(calibration_error(said, first), 4),
            "coverage_at_p90": round(coverage_at(SURE, said, first), 4),
        },
    )


def _doubts(row: LearnedModel) -> str:
    if row.kept < ENOUGH_KEPT:
        return f"留存样本只有 {row.kept} 件，少于 {ENOUGH_KEPT} 件，无法比较"
    apart = row.figures.get("accuracy_apart")
    if apart and apart[0] < 0:
        return f"在留存样本上比在用的版本差 {-apart[0]:.1%}（95% 区间 {apart[1]:+.1%} 至 {apart[2]:+.1%}）"
    return ""
