"""Assessment over HTTP: sheets, a finding that two people stand for, a frozen sheet that leaves by release, who sees what."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from store import lookups
from tests.api.conftest import World
from tests.api.releasing import approved, ask
from tickets.clock import CHINA

pytestmark = pytest.mark.service
LAST_MONTH = (datetime.now(CHINA).replace(day=1) - timedelta(days=3)).strftime("%Y-%m")
LONG_AGO = f"{LAST_MONTH}-10T10:00:00+08:00"


async def second(world: World) -> str:
    """Another of the hotline office."""
    from store import users
    from tests.api.conftest import KEPT

    async with world.database.session() as session:
        made = await users.add(session, "office2", "Office2", "office", KEPT, datetime.now(UTC), None)
    world.user_ids["office2"] = made.id
    return "office2"


async def finding(world: World, **changes: Any) -> str:
    given = {
        "unit": "SW",
        "kind": "criticised",
        "happened_at": LONG_AGO,
        "what": "办理不力",
        "evidence": ["通报3号"],
    }
    return str((await world.post("office", "/unit-findings", given | changes)).json()["id"])


async def frozen(world: World) -> str:
    given = {"period": LAST_MONTH, "unit": "SW", "why": "月通报"}
    return str((await world.post("office", "/assessments/freeze", given)).json()["items"][0])


async def test_a_finding_counts_once_another_has_confirmed_it(world: World) -> None:
    other, made = await second(world), await finding(world)
    refused = await world.post("office", f"/unit-findings/{made}/review", {"state": "confirmed"})
    assert (refused.status_code, refused.json()["detail"]) == (403, "认定须由另一人复核")
    assert (await world.get("water", "/unit-findings")).json()["total"] == 0
    seen = (
        await world.post(other, f"/unit-findings/{made}/review", {"state": "confirmed", "note": "属实"})
    ).json()
    assert (seen["state"], seen["by"], seen["reviewed_by"]) == (
        "confirmed", world.user_ids["office"], world.user_ids[other],
    )  # fmt: skip
    assert (await world.get("water", "/unit-findings")).json()["total"] == 1
    (sheet,) = (await world.get("water", f"/assessments?period={LAST_MONTH}")).json()["items"]
    service = next(item for item in sheet["items"] if item["item"] == "service")
    assert (service["points"], service["changes"][0]["events"]) == ("3.00", [made, "通报3号"])


async def test_a_unit_sees_its_own_sheets_and_no_others(world: World) -> None:
    units = {
        sheet["unit"]
        for sheet in (await world.get("office", f"/assessments?period={LAST_MONTH}")).json()["items"]
    }
    assert units == {"SW", "JT"}
    assert (await world.get("roads", f"/assessments?period={LAST_MONTH}&unit=SW")).status_code == 404
    sheet = await frozen(world)
    assert (await world.get("roads", f"/assessments/frozen/{sheet}")).status_code == 404
    assert (await world.get("roads", "/assessments/frozen")).json()["total"] == 0
    assert (await world.get("water", "/assessments/frozen")).json()["total"] == 1


async def test_a_frozen_sheet_is_kept_recomputed_and_leaves_only_by_release(world: World) -> None:
    sheet = await frozen(world)
    assert await frozen(world) == sheet
    seen = (await world.get("audit", f"/assessments/frozen/{sheet}")).json()
    assert (seen["version"], seen["points"], seen["why"]) == (1, "72.00", "月通报")
    again = (await world.get("audit", f"/assessments/frozen/{sheet}/again")).json()
    assert (again["same"], again["differences"]) == (True, [])
    assert (await world.get("office", f"/assessments/frozen/{sheet}/file")).status_code == 404
    release = await ask(world, "water", "assessment", sheet)
    path = f"/releases/{release['id']}/file"
    assert (await world.get("water", path)).status_code == 409
    await approved(world, release["id"])
    for kind, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = await world.get("water", f"{path}?format={kind}")
        assert answer.content.startswith(begins)
    book = load_workbook(BytesIO(answer.content))
    assert all(release["id"] in (page.oddFooter.center.text or "") for page in book.worksheets)
    mine = (await world.get("water", f"/releases?kind=assessment&object_id={sheet}")).json()
    assert [one["id"] for one in mine["items"]] == [release["id"]]
    assert (await world.get("water", "/releases?kind=assessment&object_id=other")).json()["total"] == 0
    async with world.database.reading() as session:
        assert (await lookups.find(session, subject=sheet)).total == 1
        assert (await lookups.find(session, subject=release["id"])).total == 2


async def test_a_running_month_is_not_frozen_and_no_period_is_refused(world: World) -> None:
    now = datetime.now(CHINA).strftime("%Y-%m")
    assert (await world.post("office", "/assessments/freeze", {"period": now})).status_code == 422
    assert (await world.get("office", "/assessments?period=2026-13")).status_code == 422
    assert (await world.get("office", f"/assessments?period={LAST_MONTH}&profile=nowhere")).status_code == 404
    assert (
        await world.get("office", f"/assessments?period={LAST_MONTH}&profile=jiayuguan")
    ).status_code == 422


async def test_an_appeal_waits_until_the_office_has_set_a_window(world: World) -> None:
    sheet = await frozen(world)
    answer = await world.post(
        "water", "/appeals", {"sheet_id": sheet, "key": "leaders:x", "reason": "已登记"}
    )
    assert answer.status_code == 403
    assert "appeal_within" in answer.json()["detail"]
    assert (await world.get("water", "/appeals")).json() == {"total": 0, "items": []}


async def test_a_ruling_is_shown_for_its_period(world: World) -> None:
    given = {
        "unit": "SW", "scopes": ["sign", "network"], "starts_at": LONG_AGO, "ends_at": LONG_AGO.replace("T10", "T12"),
        "reason": "平台升级",
    }  # fmt: skip
    made = (await world.post("office", "/assessment-rulings", given)).json()
    assert (made["scopes"], made["by"]) == (["sign", "network"], world.user_ids["office"])
    listed = (await world.get("water", f"/assessment-rulings?period={LAST_MONTH}")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert (await world.get("roads", f"/assessment-rulings?period={LAST_MONTH}")).json()["items"] == []


async def test_seats_and_the_outsourcer_have_a_sheet_without_invented_points(world: World) -> None:
    now = datetime.now(UTC).astimezone(CHINA).strftime("%Y-%m")
    found = (await world.get("boss", f"/assessments/seats?period={now}")).json()
    assert (found["clause"], found["outsourcer"]["title"]) == ("001 4(二)、22", "外包服务商（全部座席）")
    assert [group["title"] for group in found["outsourcer"]["groups"]] == ["服务质量", "业务能力", "工作效能"]
    assert any("不计分" in note for note in found["notes"])
