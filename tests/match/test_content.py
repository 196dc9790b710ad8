"""The content parses, says what the documents say, and a mistake in it is named."""

from typing import Any

import pytest

from match import Content, parse, parse_yaml
from match.content import BadContent

pytestmark = pytest.mark.unit

UNIT: dict[str, Any] = {"code": "u", "name": "单位", "source": "text", "clause": "一", "does": "管事"}
ARTICLE: dict[str, Any] = {
    "id": "a", "kind": "政策", "title": "t", "questions": ["一", "二", "三"], "answer": "答", "unit": "u", "clause": "一",
}  # fmt: skip


def test_there_are_eleven_county_governments(seed: Content) -> None:
    assert sum(1 for unit in seed.units if unit.place) == 11


def test_units_not_of_the_document_are_marked_general(seed: Content) -> None:
    general = {unit.code for unit in seed.units if unit.source == "general"}
    assert "chenzhou.gaj" in general


@pytest.mark.parametrize(
    ("profile", "count"), [("heyuan", 11), ("chenzhou", 10), ("henan", 3), ("jiayuguan", 5)]
)
def test_each_profile_has_all_its_refusal_grounds(seed: Content, profile: str, count: int) -> None:
    grounds = [ground for ground in seed.grounds if ground.profile == profile]
    assert len(grounds) == count
    assert len({ground.clause + ground.text for ground in grounds}) == count


def test_there_are_at_least_sixty_articles_with_their_source(seed: Content) -> None:
    assert len(seed.articles) >= 60
    assert all(article.clause and len(article.questions) >= 3 for article in seed.articles)


def test_articles_state_the_terms_the_documents_state(seed: Content) -> None:
    answers = {article.id: article.answer for article in seed.articles}
    assert "2个工作日" in answers["hy-consult"]
    assert "3个工作日" in answers["hy-help"]
    assert "10个工作日" in answers["hy-complaint"]
    assert "1次" in answers["hy-redo"]
    assert "1小时" in answers["yj-sign"]
    assert "3次" in answers["yj-extension"]


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ({"a.yaml": []}, ["a.yaml", "mapping"]),
        ({"a.yaml": {"lines": []}}, ["a.yaml", "lines"]),
        ({"a.yaml": {"units": {}}}, ["a.yaml", "units", "list"]),
        ({"a.yaml": {"units": [{**UNIT, "source": "gossip"}]}}, ["a.yaml", "u", "source"]),
        ({"a.yaml": {"units": [{**UNIT, "colour": "red"}]}}, ["a.yaml", "u", "colour"]),
        ({"a.yaml": {"units": [{**UNIT, "code": 12345}]}}, ["a.yaml", "12345", "code"]),
        ({"a.yaml": {"units": ["u"]}}, ["a.yaml", "#1"]),
        ({"a.yaml": {"units": [UNIT]}, "b.yaml": {"units": [UNIT]}}, ["b.yaml", "u", "a.yaml"]),
        ({"a.yaml": {"units": [UNIT], "articles": [{**ARTICLE, "unit": "x"}]}}, ["a.yaml", "a", "unit", "x"]),
        ({"a.yaml": {"articles": [{**ARTICLE, "questions": ["一"]}]}}, ["a.yaml", "articles a", "questions"]),
        ({"a.yaml": {"articles": [{**ARTICLE, "answer": " "}]}}, ["a.yaml", "articles a", "answer"]),
        ({"a.yaml": {"grounds": [], "cues": [{"code": 1}]}}, ["a.yaml", "cues 1", "code"]),
    ],
)
def test_a_mistake_is_named_by_file_item_and_reason(documents: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(BadContent) as failure:
        parse(documents)
    assert all(word in str(failure.value) for word in words)


def test_text_that_is_not_yaml_names_its_file() -> None:
    with pytest.raises(BadContent, match=r"^broken\.yaml(:\d+)?：不是正确的 YAML[^\n]*$"):
        parse_yaml({"broken.yaml": "lines: ["})


def test_a_unit_that_no_register_has_is_named_where_units_are_loaded() -> None:
    unit = {"code": "v", "name": "n", "source": "annex", "clause": "一", "does": "d"}
    with pytest.raises(BadContent, match="no units 'u'"):
        parse({"a.yaml": {"units": [unit], "articles": [ARTICLE]}})
