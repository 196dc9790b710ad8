"""An index of 100,000 texts is built beside the calls and takes their place in one step: every search is answered by one version, whole."""

import asyncio
import threading
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.floor import Content
from match import CallContext, MatchIndex, Spoken, propose
from match.content import Article
from match.content import Content as Texts
from routing import LineRegister

pytestmark = [pytest.mark.service, pytest.mark.timeout(400)]

ARTICLES = 20_000
EACH = 5  # texts of an article: its title, three questions, its answer
WORDS = "水电气暖路灯井盖噪音工地欠薪社保医保公积金户口学校停车物业垃圾公交房产证低保养老补贴执照油烟绿化河道"


def knowledge(version: str) -> Texts:
    """ARTICLES of them; the ids, the owner and the answers tell the version."""
    dice = Random(12345)

    def text() -> str:
        return "".join(dice.choices(WORDS, k=dice.randint(6, 14)))

    articles = tuple(
        Article(
            id=f"{version}-{number}", kind="常见问题", title=text(), questions=(text(), text(), text()),
            answer=f"{version}：{text()}", unit="hotline", clause=version,
        )
        for number in range(ARTICLES)
    )  # fmt: skip
    return Texts(articles=articles)


def held(texts: Texts) -> Content:
    return Content(MatchIndex(texts), cast(LineRegister, None))


class Asking:
    """A thread that proposes all the time, from what the floor holds at that moment."""

    def __init__(self, floor: Any) -> None:
        self._floor, self._over = floor, threading.Event()
        self.versions: list[str] = []
        self.torn: list[list[str]] = []
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(60)

    def _ask(self) -> None:
        said = [Spoken("citizen", "小区路灯坏了，物业不修")]
        try:
            while not self._over.is_set():
                found = propose(said, CallContext(), self._floor.content.index).answers
                versions = {one.id.split("-")[0] for one in found} | {one.text[:1] for one in found}
                if len(versions) != 1:
                    self.torn.append([one.id for one in found])
                self.versions.append(min(versions, default=""))
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.failed = error


async def test_calls_are_answered_by_the_old_index_until_the_new_one_is_whole() -> None:
    assert ARTICLES * EACH == 100_000
    new, floor = knowledge("乙"), SimpleNamespace(content=held(knowledge("甲")))
    asking = Asking(floor)
    try:
        floor.content = await asyncio.to_thread(held, new)
        while_built, count = list(asking.versions), len(asking.versions)
        async with asyncio.timeout(60):
            while len(asking.versions) < count + 5:
                await asyncio.sleep(0.02)
    finally:
        asking.stop()
    assert asking.failed is None
    assert asking.torn == []
    assert len(while_built) >= 2, "nobody waited for the index"
    assert set(while_built[:-1]) == {"甲"}
    assert asking.versions[-1] == "乙"
    assert asking.versions == sorted(asking.versions, key="甲乙".index), "never back to the old one"
