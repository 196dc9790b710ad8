"""The screen pop and whom one can call in: one answer each, for whoever has the call."""

from datetime import UTC, datetime, timedelta

import pytest

from api.number_place import number_place
from core.call import Arrival
from store import calls, grades, line_state, lookups, reseal, rota, seats, tickets, transfers
from store.tables import Line
from tests.api.conftest import CALLER, World, talking

pytestmark = pytest.mark.service


async def test_it_tells_where_the_number_was_issued(world: World) -> None:
    await talking(world)
    pop = (await world.get("li", f"/calls/{world.call_id}/pop")).json()
    assert pop["number_place"] == number_place(CALLER) != ""


async def _earlier(world: World) -> str:
    """The same citizen's matter of last week: called, filed, graded badly, raised again."""
    at = datetime.now(UTC) - timedelta(days=7)
    async with world.database.session() as session:
        await calls.add_call(session, Arrival("old.1", "PJSIP/trunk-9", "12345", CALLER, at))
        made = []
        for n, (state, relation) in enumerate(
            (("dispatched", None), ("resolved", None), ("resolved", "repeat"))
        ):
            new = tickets.NewTicket(
                type="help", title=f"停水{n}", body="停水", state=state, filed_by="user_x", filed_at=at + timedelta(hours=n),
                policy="demo", policy_hash="abc", caller=CALLER, citizen_name="张三丰", unit_code="SW", place="431002",
                relation=relation, parent_id=made[0] if relation else None,
            )  # fmt: skip
            made.append((await tickets.file(session, new, [], "user_x"))[0].id)
        await grades.add(session, "unit", "dissatisfied", "sms", at + timedelta(days=1), ticket_id=made[1])
    return made[0]


async def test_it_tells_who_calls_and_how_we_stand_with_them(world: World) -> None:
    await _earlier(world)
    await talking(world)
    pop = (await world.get("li", f"/calls/{world.call_id}/pop")).json()
    assert (pop["caller"], pop["name"], pop["place"], pop["line_name"]) == (
        CALLER,
        "张三丰",
        "431002",
        "热线",
    )
    assert (pop["calls"], pop["total"], pop["open"], pop["repeats"]) == (1, 3, 1, 1)
    assert [one["title"] for one in pop["tickets"]] == ["停水2", "停水1", "停水0"]
    assert (pop["grade"]["stage"], pop["grade"]["grade"]) == ("unit", "dissatisfied")
    async with world.database.reading() as session:
        kept = (await lookups.find(session, subject=world.call_id)).items
    assert [(row.actor, row.purpose) for row in kept] == [(world.user_ids["li"], "弹屏")]


async def test_the_citizens_earlier_calls_stay_in_reach_while_the_look_up_key_turns(world: World) -> None:
    await _earlier(world)
    await talking(world)
    async with world.database.reading() as session:
        earlier = await calls.by_linkedid(session, "old.1")
    assert earlier is not None
    assert (await world.get("li", f"/calls/{earlier.id}")).status_code == 200
    ring = world.database.keyring
    object.__setattr__(ring, "secrets", ring.with_new().secrets)
    table = next(one for one in reseal.tables() if one.name == "calls")
    step = await reseal.batch(world.database, table, datetime.now(UTC), most=1)
    assert step.changed == 1, "one of the citizen's calls lies under the new key, the other under the old one"
    assert (await world.get("li", f"/calls/{earlier.id}")).status_code == 200
    assert (await world.get("wang", f"/calls/{earlier.id}")).status_code == 404


async def test_others_see_nothing_and_a_supervisor_sees_it_masked(world: World) -> None:
    await _earlier(world)
    await talking(world)
    assert (await world.get("wang", f"/calls/{world.call_id}/pop")).status_code == 404
    seen = (await world.get("boss", f"/calls/{world.call_id}/pop")).json()
    assert (seen["caller"], seen["name"]) == ("138****5678", "张**")


async def test_a_caller_we_do_not_know_has_no_history(world: World) -> None:
    await talking(world)
    pop = (await world.get("li", f"/calls/{world.call_id}/pop")).json()
    assert (pop["calls"], pop["total"], pop["grade"], pop["tickets"], pop["name"]) == (0, 0, None, [], "")


async def test_whom_one_can_call_in_is_told_with_who_is_there_and_how_long_they_take(world: World) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        tax = Line(number="12366", name="税务", mode="sub_centre", clause="一", reach={"number": "12366"})
        labour = Line(
            number="12333",
            name="人社",
            mode="dual_number",
            clause="一",
            expert_seat=True,
            reach={"skill": "line.12333"},
        )
        session.add_all([tax, labour])
        await seats.add(session, "8005", "s", at, name="专家", kind="expert", skills=["line.12333"])
        await seats.log_in(session, "8005", world.user_ids["tax"], at)
        await session.flush()
        shift = rota.Given("12333", at - timedelta(hours=1), at + timedelta(hours=1), seat_id="8005")
        await rota.add(session, shift, "user_x", at)
        await line_state.tried(session, "12366", "answered", at, "transfer")
        await transfers.add(
            session, id="tr_u", call_id=world.call_id, how="consult", kind="line", ref="12366", name="税务", number="12366",
            endpoint="", role="sub_centre", leg_id="leg_u", state="over", place="gone", requested_at=at,
            answered_at=at + timedelta(seconds=8), ended_at=at,
        )  # fmt: skip
    await talking(world)
    found = (await world.get("li", f"/calls/{world.call_id}/targets")).json()["items"]
    shown = {
        one["ref"]: (one["party"], one["staffed"], one["free"], one["state"], one["answer_s"])
        for one in found
    }
    assert {one["ref"]: one["duty"] for one in found}["12333"] == [{"name": "专家", "state": "ready"}]
    assert shown["12333"] == ("expert", 1, 1, "unknown", None)
    assert shown["12366"] == ("sub_centre", None, None, "open", 8.0)


async def test_the_seat_one_sits_at_comes_with_its_call(world: World) -> None:
    assert (await world.get("li", "/seats/mine")).json() == {"seat": None, "wrap_up_s": 120.0}
    await talking(world)
    mine = (await world.get("li", "/seats/mine")).json()["seat"]
    assert (mine["id"], mine["state"], mine["call_id"]) == ("8001", "talking", world.call_id)


@pytest.mark.parametrize("deed", ["bring-back", "hold", "resume"])
async def test_holding_and_coming_back_into_a_talk_are_for_who_has_it(world: World, deed: str) -> None:
    await talking(world)
    assert (await world.post("wang", f"/calls/{world.call_id}/{deed}")).status_code == 404
    assert (await world.post("li", f"/calls/{world.call_id}/{deed}")).status_code == 204
    assert world.house.deeds[-1] == (deed.replace("-", "_"), "li", world.call_id)
