"""Tags, blocks, care and evidence over the API: who may, what is shown of a number, and what is kept of asking."""

import hashlib
import io
import re
import zipfile

import pytest
from sqlalchemy import text

from store import calls, lookups, tickets
from store.keys import is_sealed
from tests.api.conftest import CALLER, SOUND, World, talking
from tests.api.releasing import approved, ask
from tests.store import make

pytestmark = pytest.mark.service
WHY = "一天内辱骂话务员三次"


async def looked(world: World) -> list[tuple[str, str]]:
    async with world.database.reading() as session:
        found = (await lookups.find(session)).items
    return [(row.action, re.sub(r"[0-9a-f]{8}）$", "…）", row.purpose)) for row in found]


async def test_the_agent_who_had_the_call_tags_it_and_others_may_not(world: World) -> None:
    await talking(world)
    path = f"/calls/{world.call_id}/tags"
    told = await world.post("li", path, {"tag": "drunk", "note": "醉话"})
    assert [one["tag"] for one in told.json()["items"]] == ["drunk"]
    assert (await world.post("wang", path, {"tag": "silent"})).status_code == 404
    assert (await world.post("li", path, {"tag": "no_such"})).status_code == 422
    assert (await world.post("boss", f"{path}/drunk/remove")).json()["items"] == []
    assert (await world.post("boss", f"{path}/drunk/remove")).status_code == 404
    kinds = (await world.get("li", "/tags")).json()["items"]
    assert {"harassment", "silent", "drunk", "advert"} <= {one["code"] for one in kinds}


async def test_a_supervisor_blocks_the_caller_of_a_call_without_seeing_the_number(world: World) -> None:
    given = {"call_id": world.call_id, "tag": "harassment", "reason": WHY}
    made = await world.post("boss", "/callers/blocks", given)
    assert made.status_code == 201
    block = made.json()
    assert (block["caller"], block["active"], block["reviews"]) == ("138****5678", True, [])
    assert (await world.post("boss", "/callers/blocks", given)).status_code == 409
    kept = await world.post(
        "office", f"/callers/blocks/{block['id']}/review", {"deed": "kept", "why": "还在打", "days": 14}
    )
    assert [one["deed"] for one in kept.json()["reviews"]] == ["kept"]
    lifted = await world.post(
        "boss", f"/callers/blocks/{block['id']}/review", {"deed": "lifted", "why": "本人道歉"}
    )
    assert lifted.json()["active"] is False
    found = (await world.get("audit", "/callers/blocks?active=false")).json()
    assert (found["total"], found["items"][0]["id"]) == (1, block["id"])
    assert CALLER not in str(found)


async def test_a_block_names_a_number_or_a_call(small_world: World) -> None:
    for given in ({"tag": "harassment", "reason": WHY}, {"tag": "silent", "reason": WHY, "number": CALLER}):
        assert (await small_world.post("boss", "/callers/blocks", given)).status_code == 422


async def test_the_care_register_shows_masked_and_takes_somebody_once(world: World) -> None:
    given = {
        "number": CALLER,
        "kind": "elderly",
        "basis": "本人来电要求登记",
        "name": "张三丰",
        "skill": "lang.yue",
    }
    made = await world.post("li", "/callers/care", given)
    assert made.status_code == 201
    assert (await world.post("li", "/callers/care", given)).status_code == 409
    (row,) = (await world.get("boss", "/callers/care")).json()["items"]
    assert (row["caller"], row["name"], row["skill"]) == ("138****5678", "张**", "lang.yue")
    assert (await world.post("boss", f"/callers/care/{row['id']}/end")).status_code == 204
    assert (await world.get("boss", "/callers/care")).json()["total"] == 0


async def test_the_call_says_that_its_caller_needs_care_to_whoever_has_it(world: World) -> None:
    await talking(world)
    async with world.database.session() as session:
        await calls.change(session, world.call_id, menu_state={"care": "disabled"})
    path = f"/calls/{world.call_id}"
    shown = {who: (await world.get(who, path)).json()["care"] for who in ("li", "boss", "audit")}
    assert shown == {"li": "disabled", "boss": "disabled", "audit": ""}


async def test_looking_a_number_up_is_kept_with_its_reason_and_never_the_number(world: World) -> None:
    found = (await world.post("boss", "/callers/lookup", {"number": CALLER, "why": "核查骚扰来电"})).json()
    assert (found["calls"], found["blocks"], found["care"]) == (1, [], [])
    assert await looked(world) == [("caller.lookup", "核查骚扰来电（按号码查询138****5678，记号…）")]
    assert (await world.post("boss", "/callers/lookup", {"number": CALLER})).status_code == 422


async def test_an_evidence_pack_is_a_zip_whose_sum_is_told_and_whose_export_is_kept(world: World) -> None:
    release = await ask(world, "boss", "evidence", world.call_id)
    given = {"release_id": release["id"], "why": "移送公安机关，案号 118"}
    assert (await world.post("boss", "/callers/evidence", given)).status_code == 409
    await approved(world, given["release_id"])
    answer = await world.post("boss", "/callers/evidence", given)
    assert answer.headers["content-type"] == "application/zip"
    assert hashlib.sha256(answer.content).hexdigest() == answer.headers["x-content-sha256"]
    assert CALLER not in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert pack.read("recordings/one.wav") == SOUND
        assert f"calls/{world.call_id}.json" in pack.namelist()
    assert set(await looked(world)) == {
        ("caller.evidence", "移送公安机关，案号 118（按号码导出，记号…）"), ("release.download", "专项督查调阅"),
    }  # fmt: skip
    unknown = {"release_id": "rel_unknown", "why": "移送公安机关，案号 119"}
    assert (await world.post("boss", "/callers/evidence", unknown)).status_code == 404


async def test_an_enterprises_matter_goes_from_assigned_to_closed(world: World) -> None:
    expert = {"name": "王专员", "unit_code": "SW", "topics": ["水价"], "number": "07352220000"}
    made = (await world.post("boss", "/specialists", expert)).json()
    assert made["number"] == "0735****0000" or "****" in made["number"]
    assert [one["name"] for one in (await world.get("li", "/specialists?topic=水价")).json()["items"]] == [
        "王专员"
    ]
    assert (await world.get("li", "/specialists?topic=社保")).json()["items"] == []
    unreachable = {"name": "李专员", "topics": []}
    assert (await world.post("boss", "/specialists", unreachable)).status_code == 422
    item = {
        "enterprise": "郴州某某科技有限公司", "matter": "水价核定", "call_id": world.call_id,
        "specialist_id": made["id"], "unit_code": "SW",
    }  # fmt: skip
    entered = await world.post("li", "/enterprise/ledger", item)
    assert (entered.status_code, entered.json()["state"]) == (201, "assigned")
    assert (await world.post("li", "/enterprise/ledger", item)).status_code == 409
    assert (await world.post("li", "/enterprise/ledger", item | {"call_id": "call_none"})).status_code == 404
    path = f"/enterprise/ledger/{entered.json()['id']}/close"
    assert (await world.post("boss", path, {"version": 7, "result": "已核定"})).status_code == 409
    closed = (await world.post("boss", path, {"version": 1, "result": "已核定"})).json()
    assert (closed["state"], closed["result"]) == ("closed", "已核定")
    assert (await world.get("li", "/enterprise/ledger?state=assigned")).json()["total"] == 0
    found = (await world.get("li", "/enterprise/ledger?search=某某科技")).json()
    assert (found["total"], found["items"][0]["enterprise"]) == (1, "郴州某某科技有限公司")
    assert (await world.get("li", "/enterprise/ledger?search=某某地产")).json()["total"] == 0
    async with world.database.reading() as session:
        kept = (await session.execute(text("SELECT enterprise FROM enterprise_items"))).scalar_one()
    assert is_sealed(kept)


async def test_the_enterprises_ledger_hides_a_confidential_reporter_also_from_whoever_guesses(
    world: World,
) -> None:
    new = make.ticket(confidential=True, citizen_name="张三丰", call_id=world.call_id)
    async with world.database.session() as session:
        await tickets.file(session, new, [], "user_x")
    item = {"enterprise": "张三丰商行", "matter": "张三丰问水价", "call_id": world.call_id}
    assert (await world.post("li", "/enterprise/ledger", item)).json()["enterprise"] == "诉求人"
    read = await world.get("wang", "/enterprise/ledger")
    assert (read.json()["items"][0]["matter"], "张三丰" in read.text) == ("诉求人问水价", False)
    assert (await world.get("wang", "/enterprise/ledger?search=张三丰")).json()["total"] == 0
