"""Vectors are made once, in the background, and matching is compiled again when they are there."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from app import meaning
from app.floor import Content
from embedding.encoder import WIDTH
from match import MatchIndex
from match.content import parse
from routing import LineRegister

pytestmark = pytest.mark.service

ARTICLE = {
    "id": "wages", "kind": "常见问题", "title": "拖欠工资找谁", "questions": ["工资不发", "欠薪怎么办", "老板不给钱"], "answer": "拨打12333。",
    "unit": "hotline", "clause": "劳动法",
}  # fmt: skip


class Counting:
    """An encoder that counts what it computes."""

    name = "counting"

    def __init__(self, models: object = None, *, threads: int = 1) -> None:
        self.computed: list[str] = []

    def question(self, text: str) -> NDArray[np.float32]:
        return np.ones(WIDTH, np.float32)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.computed += texts
        return np.eye(len(texts), WIDTH, dtype=np.float32)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "Encoder", Counting)


@pytest.mark.usefixtures("counting")
def test_each_text_is_computed_once_for_all_processes_and_restarts(tmp_path: Path) -> None:
    first = meaning.Meanings(tmp_path, tmp_path)
    assert first.make(["甲", "乙", "甲"]) == 2
    assert first.make(["乙"]) == 0
    after = meaning.Meanings(tmp_path, tmp_path)
    assert after.make(["甲", "乙", "丙"]) == 1
    assert after._encoder.computed == ["丙"]  # type: ignore[attr-defined]


def test_without_a_model_matching_goes_by_words(tmp_path: Path) -> None:
    assert meaning.meanings(tmp_path, tmp_path) is None


@pytest.mark.usefixtures("counting")
async def test_new_texts_get_their_vectors_while_calls_go_on(tmp_path: Path) -> None:
    content = parse({"test": {"articles": [ARTICLE]}})
    known = meaning.Meanings(tmp_path, tmp_path)

    async def load() -> MatchIndex:
        return MatchIndex(content, meaning=known)

    floor: Any = SimpleNamespace(content=Content(MatchIndex(content), cast(LineRegister, None)))
    following = asyncio.create_task(meaning.follow(floor, known, load, every_s=0.01))
    try:
        async with asyncio.timeout(10):
            while (
                floor.content.index.answers.missing or not floor.content.index.answers._likest._index.meanings
            ):
                await asyncio.sleep(0.01)
    finally:
        following.cancel()
    assert len(known._encoder.computed) == 5  # type: ignore[attr-defined]
