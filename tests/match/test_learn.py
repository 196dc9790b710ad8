"""What is learned from decisions: it generalises to other words, says how sure it is, and is the same every time."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from match import CallContext, MatchIndex, Spoken, propose
from match.content import Content
from match.learn import BadModel, Model, TooFew, learn

pytestmark = pytest.mark.unit

SAID = {
    "路灯": [
        "路灯不亮",
        "门口路灯坏了没人修",
        "路灯白天也亮着",
        "整条街的路灯都灭了",
        "路灯杆歪了要倒",
        "新装的路灯又坏了",
    ],
    "欠薪": [
        "老板拖欠工资",
        "工地不发工钱",
        "拖欠农民工工资半年",
        "公司欠薪不给",
        "工资一直拖着不发",
        "包工头欠我们工钱",
    ],
    "停水": [
        "小区停水三天",
        "自来水没有水",
        "水管爆了一直停水",
        "停水没有通知",
        "楼上没有自来水",
        "水压太小等于停水",
    ],
}
DECIDED = [(text, label) for label, texts in SAID.items() for text in texts]


@pytest.fixture(scope="module")
def model() -> Model:
    return learn([text for text, _ in DECIDED], [label for _, label in DECIDED])


@pytest.mark.parametrize(
    ("said", "label"), [("路灯坏了", "路灯"), ("老板欠工资不发", "欠薪"), ("又停水了没有水", "停水")]
)
def test_words_not_seen_before_lead_to_the_same_label(model: Model, said: str, label: str) -> None:
    best = model.guess(said)[0]
    assert best.label == label
    assert best.probability > 1 / 3


def test_it_hears_homophones(model: Model) -> None:
    assert model.guess("路等坏了")[0].label == "路灯"
    assert model.guess("脱欠公资")[0].label == "欠薪"


def test_what_was_misheard_is_put_right_by_the_decisions_own_words_before_its_meaning_is_asked() -> None:
    texts, labels = [text for text, _ in DECIDED], [label for _, label in DECIDED]
    asked: list[str] = []

    class Listening(Three):
        def asked(self, text: str) -> NDArray[np.float32]:
            asked.append(text)
            return super().asked(text)

    learned = Model.load(learn(texts, labels, Listening()).dump())
    learned.guess("老板脱欠公资", meaning=Listening())
    assert asked[-1] == "老板拖欠工资"


def test_probabilities_add_up_and_come_best_first(model: Model) -> None:
    chances = model.probabilities(["路灯坏了", "", "zzz"])
    assert np.allclose(chances.sum(axis=1), 1.0)
    found = model.guess("停水")
    assert [g.probability for g in found] == sorted((g.probability for g in found), reverse=True)
    assert len(found) == 3


def test_strange_words_are_less_sure_than_known_ones(model: Model) -> None:
    assert model.guess("天气预报")[0].probability < model.guess("路灯坏了没人修")[0].probability


def test_the_same_decisions_give_the_same_model_and_bytes_bring_it_back(model: Model) -> None:
    again = learn([text for text, _ in DECIDED], [label for _, label in DECIDED])
    assert again.dump() == model.dump()
    loaded = Model.load(model.dump())
    assert loaded.labels == model.labels
    assert np.allclose(
        loaded.probabilities(["老板拖欠工资"]), model.probabilities(["老板拖欠工资"]), atol=0.01
    )


def test_a_model_holds_no_words(model: Model) -> None:
    assert not any(text.encode() in model.dump() for text, _ in DECIDED)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no model", b"\x80\x04K\x01."])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadModel):
        Model.load(data)


@pytest.mark.parametrize(
    ("texts", "labels"), [([], []), (["a", "b"], ["x", "x"]), (["a", "b", "c"], ["x", "x", "y"])]
)
def test_too_few_decisions_are_told(texts: list[str], labels: list[str]) -> None:
    with pytest.raises(TooFew):
        learn(texts, labels)


def test_past_decisions_put_a_unit_forward_with_their_evidence(seed: Content) -> None:
    texts = [f"{text}{more}" for text in SAID["停水"] for more in ("", "怎么办")]
    others = [f"{text}{more}" for text in SAID["欠薪"] for more in ("", "怎么办")]
    learned = learn([*texts, *others], ["chenzhou.mzj"] * len(texts) + ["chenzhou.rsj"] * len(others))
    said, context = [Spoken("citizen", "我们这里又停水了")], CallContext()
    before = [unit.id for unit in propose(said, context, MatchIndex(seed)).units]
    units = propose(said, context, MatchIndex(seed, learned)).units
    put = next(unit for unit in units if unit.id == "chenzhou.mzj")
    assert "chenzhou.mzj" not in before
    assert any(e.source == "history" and "以往" in e.quote for e in put.evidence)


def test_a_unit_that_left_the_register_is_not_proposed(seed: Content) -> None:
    learned = learn([t for t, _ in DECIDED], [f"gone.{label}" for _, label in DECIDED])
    units = propose([Spoken("citizen", "路灯坏了没人修")], CallContext(), MatchIndex(seed, learned)).units
    assert not any(unit.id.startswith("gone.") for unit in units)


class Three:
    """An embedding of three axes, which knows words that no decision has."""

    AXES = (("灯", "照明"), ("工钱", "工资", "欠薪", "薪水"), ("水", "龙头"))

    def asked(self, text: str) -> NDArray[np.float32]:
        found = np.array([sum(text.count(word) for word in words) for words in self.AXES], np.float32) + 0.01
        return np.asarray(found / np.linalg.norm(found), np.float32)

    def known(self, texts: Sequence[str]) -> list[NDArray[np.float32] | None]:
        return [self.asked(text) for text in texts]


def test_with_an_embedding_other_words_of_the_same_meaning_lead_there_too(model: Model) -> None:
    texts, labels = [text for text, _ in DECIDED], [label for _, label in DECIDED]
    both = learn(texts, labels, Three())
    said = "照明"
    assert model.guess(said)[0].probability < 0.6
    guess = both.guess(said, meaning=Three())[0]
    assert guess.label == "路灯"
    assert guess.probability > model.guess(said)[0].probability
    again = Model.load(both.dump())
    assert np.allclose(again.probabilities([said], Three()), both.probabilities([said], Three()), atol=1e-2)
    assert np.allclose(
        both.probabilities(texts), model.probabilities(texts)
    )  # without one it goes by the words
