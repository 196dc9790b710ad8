"""Articles from a file: what is new becomes a version, what is the same stays, all or none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import yaml
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import StepAsk
from app.knowledge import steps
from app.knowledge.house import Rules
from core.errors import BadInput
from match.content import Article as Text
from match.content import parse_yaml
from store import events, knowledge

What = Literal["added", "changed", "same"]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of one article of the file; `late`: less than the lead time before it takes effect."""

    article: str
    number: int
    what: What
    late: bool = False


def read(name: str, text: str) -> tuple[Text, ...]:
    """The articles of a YAML file. Raises BadContent, BadInput where it holds anything else."""
    found = parse_yaml({name: text})
    if found.units or found.cues or found.grounds or not found.articles:
        raise BadInput(f"{name}：只应有 articles")
    return found.articles


async def take_in(
    session: AsyncSession,
    given: Sequence[Text],
    actor: Actor,
    why: str,
    at: datetime,
    rules: Rules,
    *,
    source: str,
    effective_from: datetime | None = None,
    publish: bool = False,
) -> list[TakenIn]:
    """Each article as the next version, handed in for review or, by the operator's word, published; the same again changes nothing.

    Raises Conflict where a version is being written, UnknownUnit, BadInput.
    """
    return [
        await _one(session, text, actor, why, at, rules, source, StepAsk("submit", why, effective_from=effective_from), publish)
        for text in given
    ]  # fmt: skip


async def _one(
    session: AsyncSession,
    text: Text,
    actor: Actor,
    why: str,
    at: datetime,
    rules: Rules,
    source: str,
    ask: StepAsk,
    publish: bool,
) -> TakenIn:
    known = [one for one in await knowledge.chain(session, text.id) if one.state != "withdrawn"]
    same = knowledge.columns(text)["digest"]
    if known and known[-1].digest == same:
        return TakenIn(text.id, known[-1].number, "same")
    row = await knowledge.begin(session, text, actor.id, at, source=source, why=why, gap_id=None)
    happened = await steps.submit(session, actor, row, steps.as_version(row, ()), row.version, ask, at, rules)
    if publish:
        await knowledge.change(session, row, row.version, parties=[])  # nobody was asked, and it shows
        about = (at, text.id, text.unit)
        happened += await steps.publish(session, actor, row, row.version, about, rules)
    await events.append_all(session, happened, actor.id)
    return TakenIn(text.id, row.number, "changed" if known else "added", row.late)


def written(texts: Sequence[Text]) -> str:
    """A file that `read` reads back."""
    items = [{name: _plain(value) for name, value in asdict(one).items() if value is not None} for one in texts]  # fmt: skip
    return yaml.safe_dump({"articles": items}, allow_unicode=True, sort_keys=False, width=120)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
