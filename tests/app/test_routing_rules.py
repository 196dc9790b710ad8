"""A city's routing rules come from its folder; a reload takes them up, or leaves everything as it was."""

from pathlib import Path

import pytest

from app.routing_rules import load_routing
from app.seeding import city_lines
from app.settings import Settings
from app.wire import House
from routing import RoutingInvalid, RoutingPolicy
from store import lines
from tests.app.place import Place

pytestmark = pytest.mark.service


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's folder of rules, with a city in it."""
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    (tmp_path / "heyuan").mkdir()
    return tmp_path / "heyuan" / "routing.yaml"


def settings(policy: str = "heyuan") -> Settings:
    return Settings(policy=policy, offer_callback_after_s=33)  # type: ignore[call-arg]


def test_the_house_ships_rules_that_say_what_the_program_would_do_without_them() -> None:
    shipped = load_routing(settings("chenzhou")).as_json()
    assert shipped == RoutingPolicy(offer_callback_after_s=33).as_json() | {
        "patience_s": shipped["patience_s"]
    }
    assert shipped["patience_s"] == {"": 10, "lang.": 45, "enterprise": 30, "region.": 8, "line.": 0}


def test_a_citys_own_file_goes_before_the_houses(own: Path) -> None:
    assert load_routing(settings()).miss_limit == 3
    own.write_text("miss_limit: 5", encoding="utf-8")
    assert load_routing(settings()).miss_limit == 5


async def test_a_reload_takes_up_rules_and_survives_what_it_cannot_read(
    own: Path, sqlite_place: Place
) -> None:
    house = House(settings(), ())
    house.floor = sqlite_place.floor
    await sqlite_place.registers()
    async with sqlite_place.database.session() as session:
        await lines.seed(session, city_lines("chenzhou"), sqlite_place.clock())
    own.write_text("miss_limit: 5", encoding="utf-8")
    await house._reread()
    assert house.floor.routing.miss_limit == 5
    before = house.floor.content
    own.write_text("miss_limit: none at all", encoding="utf-8")
    with pytest.raises(RoutingInvalid, match=str(own)):
        load_routing(settings())
    await house._reread()
    assert (house.floor.routing.miss_limit, house.floor.content) == (5, before)
