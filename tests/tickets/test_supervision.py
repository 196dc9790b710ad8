"""Pressing and supervision orders: only ways, triggers and forms the city's rules name, and a term that somebody named."""

from datetime import timedelta
from typing import Any

import pytest

from app.policies import load
from core.errors import BadInput, NotAllowed
from tests.tickets.desk import HEYUAN, YANJI, at, in_state, step
from tickets.papers import Matter, order_paper, urging_paper
from tickets.supervision import First, Order, ground

pytestmark = pytest.mark.unit
NOW = at("2026-11-09T11:00")
LATER = at("2026-11-12T18:00")


@pytest.mark.parametrize(
    ("profile", "way"),
    [("yanji", "warning"), ("henan", "phone"), ("chenzhou", "phone"), ("heyuan", "notice"), ("yanji", "fax")],
)
def test_a_way_the_rules_do_not_name_is_refused(profile: str, way: str) -> None:
    with pytest.raises((NotAllowed, BadInput)):
        step(in_state("signed", load(profile)), "press", NOW, load(profile), way=way)


def test_where_no_clause_names_a_way_the_unit_is_rung() -> None:
    assert HEYUAN.stages.supervise.urging is None
    assert step(in_state("signed"), "press", NOW, way="phone").state == "signed"


@pytest.mark.parametrize(
    ("way", "facts"),
    [
        ("phone", {"until": LATER.isoformat()}),
        ("notice", {"until": (NOW - timedelta(hours=1)).isoformat()}),
        ("notice", {"until": "2028-01-01T00:00:00+08:00"}),
        ("order", {"rang": True}),
    ],
)
def test_only_a_paper_names_a_day_and_only_a_call_was_rung(way: str, facts: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        step(in_state("signed", YANJI), "press", NOW, YANJI, way=way, **facts)


def test_a_notice_names_the_day_by_which_it_must_be_done() -> None:
    pressed = step(in_state("signed", YANJI), "press", NOW, YANJI, way="notice", until=LATER)
    assert pressed.history[-1].facts == {"way": "notice", "until": LATER.isoformat()}
    assert pressed.due == in_state("signed", YANJI).due  # the ticket's own term is not moved by it


@pytest.mark.parametrize("form", ["joint", "on_site", "listed", "summons", "special"])
def test_heyuan_names_no_form_but_the_media(form: Any) -> None:
    units = ("SW", "JT") if form == "joint" else ("SW",)
    with pytest.raises(NotAllowed, match="001 21"):
        ground(Order(units, form=form, leader="副市长" if form == "listed" else ""), HEYUAN, NOW)


@pytest.mark.parametrize("units", [(), ("SW", "SW"), ("SW", "JT")])
def test_a_plain_order_is_for_one_unit(units: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="units"):
        ground(Order(units), HEYUAN, NOW)


def test_a_sooner_term_may_be_named_where_the_rules_have_one() -> None:
    assert ground(Order(("SW",)), HEYUAN, NOW).named == {}
    until = at("2026-11-10T12:00")
    assert ground(Order(("SW",), until=until), HEYUAN, NOW).named["term"] == "shorter"


@pytest.mark.parametrize("until", [None, NOW, NOW + timedelta(days=400)])
def test_a_term_nobody_states_must_be_named_and_lie_ahead(until: Any) -> None:
    with pytest.raises(BadInput, match="until"):
        ground(Order(("SW",), "overdue", until=until), YANJI, NOW)


def test_a_listed_order_is_capped_only_where_a_clause_caps_it() -> None:
    listed = Order(("SW",), "other", "listed", NOW + timedelta(days=30), "分管副市长")
    first = First(NOW - timedelta(days=9), NOW - timedelta(days=6))
    with pytest.raises(NotAllowed, match="3日0小时"):
        ground(listed, YANJI, NOW, first)
    assert ground(listed, YANJI, NOW, None).form_clause == "002 18"  # it is itself the first
    assert ground(listed, load("chenzhou"), NOW, first).form_clause == "003 二.9"


def test_a_printed_order_names_document_and_clause_and_when_to_answer() -> None:
    matter = Matter("20261109-000001", "小区停水", NOW, LATER)
    paper = order_paper(
        HEYUAN, "20261116-000002", "市水务局", matter, "leader_note", None, "001 18(一)", NOW, LATER, "请即恢复"
    )  # fmt: skip
    assert paper.title == "督办单"
    assert "《河源市12345政府服务热线管理办法（征求意见稿）》18(一)" in paper.text
    assert "请于11月12日18:00前对本督办工单作出回复，并书面说明情况。" in paper.text
    notice = urging_paper(YANJI, "20261109-000001-01", "市水务局", matter, "notice", NOW, LATER, "")
    assert (notice.title, notice.lines[-1][1]) == ("督办通知", "请于11月12日18:00前落实并回复。")
