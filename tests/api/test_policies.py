"""The rules over HTTP: profiles with clauses and readings, a deadline as `./hotline policy explain` tells it, a year's days."""

from datetime import datetime
from typing import Any

import pytest

from app import policies
from app.policy_desk import Case, explain_case
from core.policy_parts import STAGES, TYPES
from tests.api.conftest import World

pytestmark = pytest.mark.service
START = "2026-09-30T10:00:00+08:00"


async def explained(world: World, name: str, stage: str, type: str, **flags: bool) -> dict[str, Any]:
    given = "".join(f"&{flag}=true" for flag, on in flags.items() if on)
    at = START.replace("+", "%2B")
    answer = await world.get("water", f"/policies/{name}/explain?stage={stage}&type={type}&at={at}{given}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.mark.parametrize("flags", [{}, {"multi_unit": True, "on_site": True, "complex": True}])
@pytest.mark.parametrize("name", ["heyuan", "yanji"])
async def test_a_date_is_explained_as_the_command_line_explains_it(
    world: World, name: str, flags: dict[str, bool]
) -> None:
    calendar = policies.load_calendar()
    for stage in STAGES:
        for type in TYPES:
            told = await explained(world, name, stage, type, **flags)
            _, found = explain_case(Case(name, stage, type, START, **flags), policies.load, calendar)
            said = found.as_json()
            assert [(one["date"], one["counts"], one["why"]) for one in told["days"]] == [
                (one["date"], one["counts"], one["why"]) for one in said["steps"]
            ]
            assert (moment(told["due"]), told["clauses"], told["silent"]) == (
                found.due, said["clauses"], found.silent,
            )  # fmt: skip
            assert [moment(one["at"]) for one in told["cards"]] == [one.at for one in found.cards]


async def test_every_profile_is_listed_and_one_says_each_value_with_its_clause(world: World) -> None:
    listed = (await world.get("li", "/policies")).json()["items"]
    assert {"henan", "heyuan", "yanji", "chenzhou", "jiayuguan", "demo"} <= {one["name"] for one in listed}
    assert [one["name"] for one in listed if one["ours"]] == ["yanji"]
    one = (await world.get("li", "/policies/heyuan")).json()
    values = {value["path"]: value for value in one["values"]}
    term = values["stages.handle.help.term"]
    assert (term["value"], term["clause"]) == ({"value": 5, "unit": "working_days"}, "001 10(三)")
    assert "最迟5个工作日" in term["words"]
    assert not [path for path in values if path.startswith("switches.")]
    switch = next(one for one in one["switches"] if one["name"] == "help_due")
    assert (switch["value"], switch["readings"], switch["default"]) == ("latest", ["latest", "usual"], False)


async def test_the_table_of_items_adds_up_and_what_is_unsaid_is_named(world: World) -> None:
    one = (await world.get("office", "/policies/yanji")).json()
    assert sum(float(item["full"]) for item in one["items"]) == 100
    assert {"dispatch", "assessment.appeal_within"} <= set(one["silent"])
    assert one["appeals"] is False


async def test_nobodys_rules_and_years_without_a_calendar_are_refused_by_name(world: World) -> None:
    assert (await world.get("li", "/policies/nowhere")).json()["code"] == "unknown_policy"
    assert (
        await world.get("li", "/policies/yanji/explain?stage=sign&type=help&at=2026-01-01")
    ).status_code == 422
    assert (await world.get("li", "/calendar?year=1800")).status_code == 422


async def test_a_year_tells_its_days_off_and_its_make_up_days(world: World) -> None:
    found = (await world.get("li", "/calendar?year=2026")).json()
    assert found["published"] is True
    assert found["rest"]["2026-10-01"] == "国庆节放假"
    assert found["make_up"]["2026-10-10"] == "调休上班（国庆节）"
    later = (await world.get("li", "/calendar?year=2031")).json()
    assert (later["published"], later["make_up"]) == (False, {})
