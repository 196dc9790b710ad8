"""The knowledge base over HTTP: who sees and does what, versions, gaps, bulletins, findings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from store import knowledge, users
from store.tables import Unit
from tests.api.conftest import KEPT, World

pytestmark = pytest.mark.service
TEXT: dict[str, Any] = {
    "kind": "办事指南", "title": "用水报装怎么办", "questions": ["怎么报装", "报装要什么材料", "新装水表"], "answer": "到窗口申请。",
    "unit": "SW", "clause": "城市供水条例 19",
}  # fmt: skip


async def kept(world: World) -> None:
    """The article of the small house gets its first version, as a start does."""
    async with world.database.session() as session:
        await knowledge.keep_register(session, datetime.now(UTC), "seed")


async def draft(world: World, login: str = "water", **changes: Any) -> httpx.Response:
    return await world.post(login, "/articles", {"id": "new_meter", "text": TEXT, "why": "新办法"} | changes)


async def act(world: World, login: str, path: str, version: int | None = None, **step: Any) -> httpx.Response:
    """One step, decided on what is there now unless a version is given."""
    if version is None:
        version = (await world.get("office", path)).json()["version"]
    return await world.post(login, f"{path}/actions", step, **{"If-Match": f'"{version}"'})


async def published(world: World) -> str:
    """The path of a version from the unit's draft to its publication."""
    assert (await draft(world)).status_code == 201
    path = "/articles/new_meter/versions/1"
    for login, action in (("water", "submit"), ("office", "review"), ("office", "publish")):
        done = await act(world, login, path, action=action)
        assert done.status_code == 200, done.text
    return path


async def test_a_unit_writes_the_office_checks_and_the_desk_reads(world: World) -> None:
    made = await draft(world)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/articles/new_meter/versions/1")
    assert (made.json()["state_name"], made.json()["actions"]) == ("草稿", ["edit", "submit", "withdraw"])
    path = "/articles/new_meter/versions/1"
    for login in ("li", "roads"):
        assert (await world.get(login, path)).status_code == 404
    assert (await world.get("li", "/articles/new_meter")).status_code == 404
    assert (await world.get("boss", path)).status_code == 200
    assert (await act(world, "water", path, action="publish")).status_code == 403
    handed_in = await act(world, "water", path, action="submit", parties=["unit:JT"])
    assert handed_in.json()["waits_for"] == ["unit:JT"]
    assert (await world.get("roads", "/knowledge/versions?state=submitted")).json()["total"] == 1
    assert (await act(world, "office", path, action="review")).status_code == 403
    agreed = await act(world, "roads", path, action="review", note="同意")
    assert (agreed.json()["state"], agreed.json()["reviews"][0]["party"]) == ("reviewed", "unit:JT")
    assert (await act(world, "office", path, action="publish")).json()["state"] == "published"
    assert (await world.get("li", "/articles?search=报装")).json()["items"][0]["version"] == 1
    seen = (await world.get("li", path)).json()
    assert (seen["reviews"], seen["actions"], seen["answer"]) == ([], [], "到窗口申请。")


async def test_nobody_writes_anothers_article(small_world: World) -> None:
    for login in ("li", "boss", "audit", "admin"):
        assert (await draft(small_world, login)).status_code == 403
    refused = await draft(small_world, "roads")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert (await draft(small_world, text=TEXT | {"kind": "guide"})).status_code == 422
    assert (await draft(small_world, "office", text=TEXT | {"unit": "XX"})).status_code == 404


async def test_a_step_says_what_it_was_decided_on(small_world: World) -> None:
    await draft(small_world)
    path = "/articles/new_meter/versions/1"
    assert (await small_world.post("water", f"{path}/actions", {"action": "submit"})).status_code == 428
    edited = await small_world.post(
        "water", path, {"text": TEXT | {"answer": "到大厅申请。"}}, **{"If-Match": '"1"'}
    )
    assert (edited.json()["answer"], edited.headers["ETag"]) == ("到大厅申请。", '"2"')
    assert (await act(small_world, "water", path, 1, action="submit")).status_code == 409
    assert (await act(small_world, "water", path, 2, action="submit")).status_code == 200
    for number in ("2", "0", "100000", "99999999999999999999"):
        assert (await small_world.get("water", f"/articles/new_meter/versions/{number}")).status_code == 404


async def test_history_differences_and_what_held_when(world: World) -> None:
    await kept(world)
    await published(world)
    new = {"text": TEXT | {"answer": "到窗口申请。也可网上办理。"}, "why": "开通网办"}
    assert (await world.post("water", "/articles/new_meter/versions", new)).status_code == 201
    chain = (await world.get("water", "/articles/new_meter/versions")).json()
    assert [one["state"] for one in chain["items"]] == ["published", "draft"]
    assert (await world.get("li", "/articles/new_meter/versions")).json()["total"] == 1
    found = (await world.get("water", "/articles/new_meter/diff?before=1&after=2")).json()["items"]
    assert [(one["field"], one["lines"]) for one in found] == [
        ("answer", ["  到窗口申请。", "+ 也可网上办理。"])
    ]
    assert (await world.get("li", "/articles/new_meter/diff?before=1&after=2")).status_code == 404
    now = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await world.get("li", f"/articles/new_meter/held?at={now}")).json()["number"] == 1
    assert (await world.get("li", "/articles/new_meter/held?at=2020-01-01T00:00:00Z")).status_code == 404
    first = (await world.get("li", "/articles/art_water/held?at=2020-01-01T00:00:00Z")).json()
    assert (first["number"], first["source"]) == (1, "seed")
    for path in ("/articles/art_water/uses", "/knowledge/told", f"/knowledge/told?call_id={world.call_id}"):
        assert (await world.get("audit", path)).json() == {"items": []}
    async with world.database.session() as session:
        await knowledge.told(
            session, "art_water", "li", datetime.now(UTC), call_id=world.call_id, ticket_id=None
        )
    (use,) = (await world.get("audit", f"/knowledge/told?call_id={world.call_id}")).json()["items"]
    assert (use["article_id"], use["number"]) == ("art_water", 1)


async def test_an_editor_is_named(small_world: World) -> None:
    await published(small_world)
    named = await small_world.post(
        "water", "/articles/new_meter/editor", {"user_id": small_world.user_ids["water"]}
    )
    assert named.json()["editor_id"] == small_world.user_ids["water"]
    wrong = await small_world.post(
        "office", "/articles/new_meter/editor", {"user_id": small_world.user_ids["roads"]}
    )
    assert wrong.status_code == 422


async def test_who_may_be_named_is_told_to_owner_and_office_only(small_world: World) -> None:
    await published(small_world)
    path, ids = "/articles/new_meter/editors", small_world.user_ids
    for login in ("water", "office"):
        people = (await small_world.get(login, path)).json()["items"]
        assert {one["id"] for one in people} == {ids["water"], ids["head"]}
    assert (await small_world.get("roads", path)).status_code == 403


async def test_what_ends_soon_and_what_is_to_come_is_listed_for_its_owner(world: World) -> None:
    day = datetime.now(UTC).date() + timedelta(days=9)
    await draft(world, text=TEXT | {"valid_to": day.isoformat()})
    path = "/articles/new_meter/versions/1"
    later = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    await act(world, "water", path, action="submit", effective_from=later)
    await act(world, "office", path, action="review")
    whole = (await act(world, "office", path, action="publish")).json()
    assert [one["party"] for one in whole["reviews"]] == ["office"]
    assert whole["reviews"][0]["by_name"]
    for login, found in (("water", 1), ("office", 1), ("roads", 0)):
        assert (await world.get(login, "/knowledge/versions?coming=true")).json()["total"] == found
    assert (await world.get("office", "/knowledge/due?days=30")).json()["total"] == 0  # it does not hold yet
    async with world.database.session() as session:
        await knowledge.settle(session, "new_meter", datetime.now(UTC) + timedelta(days=6))
    for login, days, found in (("water", 30, 1), ("office", 5, 0), ("roads", 30, 0)):
        due = (await world.get(login, f"/knowledge/due?days={days}")).json()
        assert [one["id"] for one in due["items"]] == ["new_meter"] * found


# --- gaps -------------------------------------------------------------------------------------------------------------


async def test_a_gap_is_reported_at_the_desk_and_mended_by_its_unit(world: World) -> None:
    await kept(world)
    told = {"kind": "error", "title": "电话不对", "words": "市民张三13812345678来电", "article": "art_water"}
    gap = (await world.post("li", "/knowledge/gaps", told)).json()
    assert (gap["state"], gap["unit_code"], gap["words"]) == ("reported", "SW", "市民张三13812345678来电")
    path = f"/knowledge/gaps/{gap['id']}"
    assert (await world.get("roads", path)).status_code == 404
    assert "138****5678" in (await world.get("boss", path)).json()["words"]
    assigned = (await act(world, "office", path, action="assign")).json()
    assert assigned["due_at"]
    assert assigned["steps"]
    assert (await world.get("water", "/knowledge/gaps?state=assigned")).json()["items"][0]["actions"] == [
        "fix"
    ]
    assert (await world.get("roads", "/knowledge/gaps")).json()["total"] == 0
    assert (await act(world, "roads", path, action="fix", article="art_water", number=1)).status_code == 404
    fixed = await act(world, "water", path, action="fix", article="art_water", number=1)
    assert (fixed.json()["state"], fixed.json()["fixed_late"]) == ("fixed", False)
    assert (await act(world, "office", path, action="verify")).json()["state"] == "verified"
    assert (await act(world, "office", path, action="verify")).status_code == 403
    assert (await world.post("li", "/knowledge/gaps", told | {"article": "none"})).status_code == 404


async def test_searches_that_find_nothing_become_proposed_gaps_without_anybodys_words(world: World) -> None:
    for login in ("li", "wang", "water"):
        assert (await world.get(login, "/articles?search=充电桩报装")).json()["total"] == 0
    await world.get("li", "/articles?search=我叫张三丰，充电桩报装要什么材料")
    assert (await world.get("li", "/knowledge/proposed-gaps")).status_code == 403
    (group,) = (await world.get("office", "/knowledge/proposed-gaps")).json()["items"]
    assert (group["count"], group["words"]) == (3, "充电桩报装")
    taken = {"kind": "gap", "title": "没有充电桩报装指南", "unit": "SW", "members": group["members"]}
    gap = await world.post("office", "/knowledge/proposed-gaps/take", taken)
    assert (gap.status_code, gap.json()["asked"], gap.json()["state"]) == (201, 3, "assigned")
    assert (await world.post("office", "/knowledge/proposed-gaps/take", taken)).status_code == 409
    assert (await world.get("office", "/knowledge/proposed-gaps")).json() == {"items": []}
    gone = await world.post("office", "/knowledge/proposed-gaps/dismiss", {"members": group["members"]})
    assert gone.json() == {"questions": 0}


async def test_a_countys_office_sees_no_other_countys_gaps_nor_who_works_there(world: World) -> None:
    await kept(world)
    async with world.database.session() as session:
        for unit, division in (("SW", "431022"), ("JT", "431021")):
            await session.execute(update(Unit).where(Unit.code == unit).values(division=division))
        for login, division in (("guiyang", "431021"), ("yizhang", "431022")):
            made = await users.add(session, login, login, "office", KEPT, datetime.now(UTC), None, division)
            world.user_ids[login] = made.id
    told = {"kind": "error", "title": "张三电话有误", "words": "市民来电", "article": "art_water"}
    path = f"/knowledge/gaps/{(await world.post('li', '/knowledge/gaps', told)).json()['id']}"
    assert (await world.get("guiyang", "/knowledge/gaps")).json()["total"] == 0
    assert (await world.get("guiyang", path)).status_code == 404
    refused = await world.post("guiyang", f"{path}/actions", {"action": "assign"}, **{"If-Match": '"1"'})
    assert refused.status_code == 404
    for login in ("yizhang", "office", "water", "li"):
        assert (await world.get(login, path)).json()["title"] == "张三电话有误"
    nobodys = told | {"kind": "gap", "article": None}
    own = (await world.post("guiyang", "/knowledge/gaps", nobodys)).json()["id"]
    assert (await world.get("guiyang", f"/knowledge/gaps/{own}")).status_code == 200
    people = "/articles/art_water/editors"
    assert (await world.get("guiyang", people)).status_code == 403
    for login in ("yizhang", "office", "water"):
        assert (await world.get(login, people)).json()["items"]


# --- bulletins and findings -------------------------------------------------------------------------------------------


async def test_a_bulletin_is_on_the_desk_until_it_is_withdrawn(world: World) -> None:
    now = datetime.now(UTC)
    given = {
        "kind": "emergency", "title": "主管爆裂停水", "text": "北湖路停水抢修。", "unit": "SW", "from": (now - timedelta(minutes=5)).isoformat(),
        "until": (now + timedelta(hours=3)).isoformat(), "happens_at": (now - timedelta(hours=1)).isoformat(), "region": "431002",
    }  # fmt: skip
    assert (await world.post("roads", "/bulletins", given)).status_code == 403
    assert (
        await world.post("water", "/bulletins", given | {"kind": "advance", "happens_at": None})
    ).status_code == 422
    made = await world.post("water", "/bulletins", given)
    assert (made.status_code, made.json()["late"]) == (201, True)
    desk = (await world.get("li", "/bulletins?region=431002")).json()
    assert (desk["unread"], desk["items"][0]["read"]) == (1, False)
    assert (await world.get("li", "/bulletins?region=431003")).json()["items"] == []
    path = f"/bulletins/{made.json()['id']}"
    assert (await world.post("li", f"{path}/read")).status_code == 204
    assert (await world.get("li", "/bulletins")).json()["unread"] == 0
    readers = {
        one["name"]: one["read_at"] for one in (await world.get("boss", f"{path}/readers")).json()["items"]
    }
    assert (bool(readers["Li"]), readers["Wang"]) == (True, None)
    gone = await world.post("water", f"{path}/withdraw", {"version": 1, "why": "已恢复"})
    assert gone.json()["withdrawn_why"] == "已恢复"
    assert (
        await world.post("office", f"{path}/withdraw", {"version": 2, "why": "已恢复"})
    ).status_code == 409
    assert (await world.get("li", "/bulletins")).json()["items"] == []
    assert (await world.get("li", "/bulletins/history?unit=SW")).json()["total"] == 1


async def test_the_office_finds_who_was_misled_and_what_was_not_announced(world: World) -> None:
    await kept(world)
    filed = {"type": "complaint", "title": "按你们说的白跑", "body": "地址早已搬走", "unit": "SW"}
    ticket = (await world.post("li", "/tickets", filed, **{"Idempotency-Key": "key-000001"})).json()["id"]
    told = {
        "article": "art_water",
        "ticket_id": ticket,
        "told_at": datetime.now(UTC).isoformat(),
        "title": "地址过时",
    }
    assert (await world.post("boss", "/knowledge/findings/misled", told)).status_code == 403
    found = await world.post("office", "/knowledge/findings/misled", told)
    assert (found.status_code, found.json()["number"], found.json()["unit_code"]) == (201, 1, "SW")
    assert (await world.get("water", "/knowledge/misled")).json()["items"][0]["citizens"] == 1
    assert (await world.get("roads", "/knowledge/misled")).json() == {"items": []}
    missed = {"unit": "SW", "happened_at": datetime.now(UTC).isoformat(), "title": "计划停水未公告"}
    assert (await world.post("office", "/knowledge/findings/notice-missed", missed)).status_code == 201
    assert (await world.get("water", "/knowledge/findings")).json()["total"] == 2
    assert (await world.get("roads", "/knowledge/findings?unit=SW")).json()["total"] == 0
    path = f"/knowledge/findings/{found.json()['id']}/lift"
    assert (await world.post("office", path, {"why": "市民记错"})).json()["state"] == "lifted"
    assert (await world.post("office", path, {"why": "市民记错"})).status_code == 409
    assert (await world.get("office", "/knowledge/misled")).json() == {"items": []}
