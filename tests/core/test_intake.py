"""受理类型: the house's list, what a city makes of it, and what a draft becomes by its kind."""

from pathlib import Path

import pytest

from api.house import TicketDraft
from app import intake, policies
from core.errors import BadInput
from core.intake import BadIntake, UnknownIntake, parse_intake, parse_own
from tests.tickets.desk import under

pytestmark = pytest.mark.unit

HOUSE = intake.house()


def test_the_five_and_all_others_the_documents_name_are_there_each_with_its_clock_and_clause() -> None:
    assert {one.id: one.type for one in HOUSE} == {
        "consult": "consult", "help": "help", "complaint": "complaint", "report": "report", "suggestion": "suggestion",
        "efficiency": "complaint", "praise": "suggestion", "criticism": "suggestion", "emergency": "help",
        "service": "help", "safety_reward": "report", "economic": "economic", "enforcement": "report",
        "enterprise": "complaint",
    }  # fmt: skip
    assert all(one.clauses for one in HOUSE)


def test_a_kind_says_what_its_clause_wants_done_besides() -> None:
    assert HOUSE.get("emergency").urgent
    assert {one.id for one in HOUSE if one.enforcement} == {"safety_reward", "economic", "enforcement"}
    assert {one.id for one in HOUSE if "enterprise" in one.traits} == {"enterprise"}
    assert {one.id for one in HOUSE if "reward" in one.traits} == {"safety_reward"}


def test_a_city_that_refuses_all_complaints_about_conduct_does_not_offer_them() -> None:
    taken = intake.load(policies.load("heyuan"))
    refused = intake.load(under("heyuan", "conduct_complaints=refuse_all"))
    assert "efficiency" in taken
    assert {one.id for one in taken} - {one.id for one in refused} == {"efficiency", "criticism"}
    with pytest.raises(UnknownIntake, match="不受理“efficiency”"):
        refused.get("efficiency")


def test_a_draft_becomes_what_its_kind_wants() -> None:
    urgent = intake.settled(HOUSE, TicketDraft("help", "塌方", "路面塌方", intake="emergency"))
    assert (urgent.urgency, urgent.enforcement) == ("urgent", False)
    case = intake.settled(HOUSE, TicketDraft("economic", "偷税", "某店偷税", intake="economic"))
    assert (case.urgency, case.enforcement) == ("normal", True)
    assert intake.settled(HOUSE, TicketDraft("help", "停水", "停水")).intake == "help"
    assert intake.settled(HOUSE, TicketDraft("help", "停水", "停水", urgency="urgent")).urgency == "urgent"
    with pytest.raises(BadInput, match="按“economic”的时限"):
        intake.settled(HOUSE, TicketDraft("help", "偷税", "某店偷税", intake="economic"))
    with pytest.raises(UnknownIntake):
        intake.settled(HOUSE, TicketDraft("help", "停水", "停水", intake="flood"))


OWN = """documents: {"901": 某市办法}
without: [economic]
types:
  - {id: praise, name: 锦旗, type: suggestion, clauses: [901 3]}
  - {id: heating, name: 供暖, type: help, traits: [urgent], clauses: [901 4]}
"""


def test_a_citys_own_file_restricts_renames_and_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "heyuan").mkdir()
    (tmp_path / "heyuan" / "intake.yaml").write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    found = intake.load(policies.load("heyuan"))
    assert "economic" not in found
    assert (found.get("praise").name, found.get("heating").urgent) == ("锦旗", True)
    assert "901" in found.documents
    assert [one.id for one in parse_own("only: [help, consult]", "f.yaml", HOUSE)] == ["consult", "help"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("only: [flood]", "f.yaml:1: only: 没有受理类型 'flood'"),
        ("only: [help]\nwithout: [consult]", "f.yaml:2: without"),
        ("types:\n  - {id: a, name: x, type: help, clauses: [777 1]}", "cites a document"),
        ("types:\n  - {id: a, name: x, type: urgent, clauses: [000 1]}", "f.yaml:2: types.0.type"),
        (
            "types:\n  - {id: a, name: x, type: help, clauses: [000 1], traits: [loud]}",
            "f.yaml:2: types.0.traits.0",
        ),
        ("kinds: []", "f.yaml:1: kinds"),
        ("- a", "f.yaml:1"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadIntake) as caught:
        parse_own(text, "f.yaml", HOUSE)
    assert says in str(caught.value)


def test_the_houses_own_list_is_checked_too() -> None:
    twice = "documents: {'000': x}\ntypes:\n" + 2 * "  - {id: a, name: x, type: help, clauses: [000 1]}\n"
    with pytest.raises(BadIntake, match=r"f.yaml:4: types.1.id: 'a' stands twice"):
        parse_intake(twice, "f.yaml")
