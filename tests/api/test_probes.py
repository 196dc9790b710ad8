"""Numbers of units, test calls and rulings over HTTP: masked, for those who answer for them, and a unit sees only itself."""

from datetime import UTC, datetime, timedelta

import pytest

from api.probes import CHINA, bounds
from core.reachability import FairUse
from store import lookups, probes
from tests.api.conftest import World

pytestmark = pytest.mark.service
NUMBER = "07352871234"


async def phone(world: World, unit: str = "SW", kind: str = "fixed") -> str:
    given = {"kind": kind, "number": NUMBER, "holder": "张三"}
    return str((await world.post("office", f"/units/{unit}/phones", given)).json()["id"])


async def outage(world: World, phone_id: str) -> datetime:
    """Three calls without an answer, fifteen minutes apart, today."""
    first = datetime.now(UTC) - timedelta(minutes=1)
    begin = max(first - timedelta(minutes=40), bounds("")[0].astimezone(UTC))
    async with world.database.session() as session:
        for n in range(3):
            at = begin + timedelta(minutes=15 * n)
            await probes.ask(session, phone_id, "clock", at, FairUse())
            claimed = await probes.claim(session, at)
            assert claimed is not None
            await probes.settle(session, claimed[0].id, "no_answer", 19, 20.0, at)
    return begin


async def test_a_number_is_kept_once_shown_masked_and_its_entry_logged(world: World) -> None:
    first, again = await phone(world), await phone(world)
    assert first == again
    seen = (await world.get("audit", "/units/SW/phones")).json()["items"]
    assert [(one["number"], one["holder"]) for one in seen] == [("073****1234", "张*")]
    async with world.database.reading() as session:
        assert (await lookups.find(session, subject="SW")).total == 2


async def test_a_month_shows_outages_and_what_they_cost_and_a_ruling_takes_them_out(world: World) -> None:
    phone_id = await phone(world, kind="leader")
    begin = await outage(world, phone_id)
    (unit,) = (await world.get("water", "/reachability")).json()["items"]
    assert (unit["unit"], unit["calls"], unit["answered"], unit["points_off"]) == ("SW", 3, 0, 0.5)
    assert unit["outages"][0]["tries"] == 3
    until = begin + timedelta(hours=2)
    ruling = {
        "unit": "SW",
        "starts_at": begin.isoformat(),
        "ends_at": until.isoformat(),
        "reason": "光缆中断",
    }
    made = (await world.post("office", "/probe-rulings", ruling)).json()
    assert made["ruled_by"] == world.user_ids["office"]
    (unit,) = (await world.get("water", "/reachability")).json()["items"]
    assert (unit["points_off"], unit["outages"][0]["excused"]) == (0.0, True)
    assert len((await world.get("audit", "/probe-rulings")).json()["items"]) == 1


async def test_a_unit_sees_itself_and_no_other(world: World) -> None:
    await outage(world, await phone(world))
    assert (await world.get("roads", "/reachability?unit=SW")).json()["items"] == []
    assert (await world.get("roads", "/probes?unit=SW")).json()["total"] == 0
    assert (await world.get("roads", "/units/SW/phones")).status_code == 404
    assert (await world.get("water", "/probes")).json()["total"] == 3


async def test_a_test_call_is_asked_for_once(world: World) -> None:
    phone_id = await phone(world)
    assert (await world.post("office", f"/unit-phones/{phone_id}/probes")).status_code == 201
    assert (await world.post("office", f"/unit-phones/{phone_id}/probes")).status_code == 409
    assert (await world.post("office", "/unit-phones/phone_x/probes")).status_code == 404
    (waiting,) = (await world.get("boss", "/probes")).json()["items"]
    assert (waiting["outcome"], waiting["asked_by"]) == (None, world.user_ids["office"])


async def test_a_number_given_up_is_no_longer_listed(world: World) -> None:
    phone_id = await phone(world)
    async with world.client("office") as client:
        assert (await client.delete(f"/api/v1/unit-phones/{phone_id}")).status_code == 204
        assert (await client.delete("/api/v1/unit-phones/phone_x")).status_code == 404
    assert (await world.get("office", "/units/SW/phones")).json()["items"] == []
    assert (await world.post("office", f"/unit-phones/{phone_id}/probes")).status_code == 404


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/units/SW/phones", {"kind": "fax", "number": NUMBER}),
        ("/units/SW/phones", {"kind": "fixed", "number": "PJSIP/1"}),
        (
            "/probe-rulings",
            {"starts_at": "2026-11-02T00:00:00Z", "ends_at": "2026-11-01T00:00:00Z", "reason": "雨雨"},
        ),
    ],
)
async def test_what_cannot_be_is_refused(small_world: World, path: str, given: dict[str, str]) -> None:
    assert (await small_world.post("office", path, given)).status_code == 422


async def test_agents_enter_nothing(small_world: World) -> None:
    given = {"kind": "fixed", "number": NUMBER}
    assert (await small_world.post("li", "/units/SW/phones", given)).status_code == 403
    assert (await small_world.post("water", "/units/SW/phones", given)).status_code == 403


def test_a_month_begins_and_ends_in_china() -> None:
    assert bounds("2026-12") == (datetime(2026, 12, 1, tzinfo=CHINA), datetime(2027, 1, 1, tzinfo=CHINA))
