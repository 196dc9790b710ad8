"""The content parses, says what the documents say, and a mistake in it is named."""

from collections import Counter
from typing import Any

import pytest

from match import Content, parse, parse_yaml
from match.content import BadContent

pytestmark = pytest.mark.unit

LINE: dict[str, Any] = {
    "number": "12345", "name": "热线", "unit": "u", "mode": "host", "status": "active", "level": "city",
    "expert_seat": False, "target": "12345", "clause": "一",
}  # fmt: skip
ARTICLE: dict[str, Any] = {
    "id": "a", "kind": "政策", "title": "t", "questions": ["一", "二", "三"], "answer": "答", "unit": "u", "clause": "一",
}  # fmt: skip


def test_the_register_has_the_44_lines_of_the_annex_and_12345(seed: Content) -> None:
    modes = Counter(line.mode for line in seed.lines)
    assert modes == {"host": 1, "merged": 26, "dual_number": 12, "sub_centre": 6}


def test_four_lines_have_an_expert_seat(seed: Content) -> None:
    assert {line.number for line in seed.lines if line.expert_seat} == {"12348", "12333", "12320", "12315"}


def test_numbers_merged_into_12315_are_answered_there(seed: Content) -> None:
    chained = {line.number for line in seed.lines if line.status == "merged_into_12315"}
    assert chained == {"12330", "12331", "12358", "12365"}
    assert {line.target for line in seed.lines if line.number in chained} == {"12315"}


def test_suspended_lines_are_the_four_the_annex_marks(seed: Content) -> None:
    assert {line.number for line in seed.lines if line.status == "suspended"} == {
        "12396",
        "12349",
        "12356",
        "12393",
    }


def test_sub_centres_keep_their_number_and_only_tax_is_the_citys(seed: Content) -> None:
    centres = [line for line in seed.lines if line.mode == "sub_centre"]
    assert all(line.target == line.number for line in centres)
    assert [line.number for line in centres if line.level == "city"] == ["12366"]


def test_every_line_and_its_unit_name_each_other(seed: Content) -> None:
    by_code = {unit.code: unit for unit in seed.units}
    assert all(line.number in by_code[line.unit].lines for line in seed.lines)


def test_there_are_eleven_county_governments(seed: Content) -> None:
    assert sum(1 for unit in seed.units if unit.place) == 11


def test_units_not_of_the_document_are_marked_general(seed: Content) -> None:
    general = {unit.code for unit in seed.units if unit.source == "general"}
    assert "chenzhou.gaj" in general
    assert not general & {line.unit for line in seed.lines}


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
        ({"a.yaml": {"linse": []}}, ["a.yaml", "linse"]),
        ({"a.yaml": {"lines": {}}}, ["a.yaml", "lines", "list"]),
        ({"a.yaml": {"lines": [{**LINE, "mode": "gone"}]}}, ["a.yaml", "12345", "mode"]),
        ({"a.yaml": {"lines": [{**LINE, "colour": "red"}]}}, ["a.yaml", "12345", "colour"]),
        ({"a.yaml": {"lines": [{**LINE, "number": 12345}]}}, ["a.yaml", "12345", "number"]),
        ({"a.yaml": {"lines": ["12345"]}}, ["a.yaml", "#1"]),
        ({"a.yaml": {"lines": [LINE]}, "b.yaml": {"lines": [LINE]}}, ["b.yaml", "12345", "a.yaml"]),
        ({"a.yaml": {"lines": [{**LINE, "target": "999"}]}}, ["a.yaml", "12345", "target", "999"]),
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
    with pytest.raises(BadContent, match=r"broken\.yaml: not YAML"):
        parse_yaml({"broken.yaml": "lines: ["})


def test_a_unit_that_no_register_has_is_named_where_units_are_loaded() -> None:
    unit = {"code": "v", "name": "n", "source": "annex", "clause": "一", "does": "d"}
    with pytest.raises(BadContent, match="no units 'u'"):
        parse({"a.yaml": {"units": [unit], "articles": [ARTICLE]}})
