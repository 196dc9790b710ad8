"""The register of laws: names as people write them, articles in Chinese numerals, files with their mistakes named."""

import pytest

from app.laws import register
from core.laws import citations, lawlike, number
from core.laws_text import BadLaws, parse_laws

pytestmark = pytest.mark.unit


def test_the_house_register_is_read_and_has_no_name_twice() -> None:
    laws, generic = register()
    assert len(laws.laws) > 200
    assert len(generic) > 30
    for name in ("民法典", "中华人民共和国民法典", "劳动合同法（2012年修正）", "信访工作条例"):
        assert laws.get(name) is not None, name
    assert laws.get("不存在的法") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("一", 1),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百零二", 102),
        ("一千二百六十", 1260),
        ("98", 98),
        ("甲", None),
    ],
)
def test_articles_are_numbers(text: str, value: int | None) -> None:
    assert number(text) == value


def test_citations_name_the_article_that_follows() -> None:
    found = list(citations("依据《行政处罚法》第三十二条、《城市供水条例》和《通知》"))
    assert [(one.name, one.article) for one in found] == [
        ("行政处罚法", 32),
        ("城市供水条例", None),
        ("通知", None),
    ]
    assert [lawlike(one.name) for one in found] == [True, True, False]


@pytest.mark.parametrize(
    "text",
    ["law: 1", "laws: []", "law: [{name: 甲法, articles: 0}]", "law: [{name: 甲法}, {name: 甲法}]", "- 1"],
)
def test_a_bad_register_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(BadLaws, match=r"city\.yaml"):
        parse_laws(text, "city.yaml")
