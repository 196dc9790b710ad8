"""Transfers over HTTP: who may, what is checked, what is shown."""

from datetime import UTC, datetime, timedelta

import pytest

from store import line_state, transfers
from tests.api.conftest import World, talking

pytestmark = pytest.mark.service

LINE = {"to": {"kind": "line", "ref": "12366"}, "how": "consult"}


async def test_an_agent_calls_a_third_party_in_their_own_call_only(world: World) -> None:
    await talking(world)
    made = await world.post("li", f"/calls/{world.call_id}/transfers", LINE)
    assert made.status_code == 201
    body = made.json()
    assert (body["state"], body["how"], body["to"]["ref"]) == ("ringing", "consult", "12366")
    refused = await world.post("wang", f"/calls/{world.call_id}/transfers", LINE)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await world.post("audit", f"/calls/{world.call_id}/transfers", LINE)).status_code == 403
    listed = (await world.get("boss", f"/calls/{world.call_id}/transfers")).json()["items"]
    assert [one["id"] for one in listed] == [body["id"]]


@pytest.mark.parametrize("deed", ["merge", "swap", "leave", "cancel"])
async def test_each_deed_reaches_the_house_and_shows_the_transfer(small_world: World, deed: str) -> None:
    await talking(small_world)
    path = f"/calls/{small_world.call_id}/transfers"
    made = (await small_world.post("li", path, LINE)).json()["id"]
    done = await small_world.post("li", f"{path}/{made}/{deed}")
    assert done.status_code == 200
    assert done.json()["id"] == made
    assert small_world.house.deeds[-1][:4] == (deed, "li", small_world.call_id, made)
    assert (await small_world.post("li", f"{path}/tr_none/{deed}")).status_code == 404
    assert (await small_world.post("wang", f"{path}/{made}/{deed}")).status_code == 404


async def test_a_mistaken_call_may_be_given_up_without_a_ticket(small_world: World) -> None:
    await talking(small_world)
    path = f"/calls/{small_world.call_id}/transfers"
    made = (await small_world.post("li", path, LINE)).json()["id"]
    await small_world.post("li", f"{path}/{made}/cancel", {"ticket": False})
    assert small_world.house.deeds[-1] == ("cancel", "li", small_world.call_id, made, False)


async def test_an_attitude_is_marked_with_its_evidence(world: World) -> None:
    await talking(world)
    path = f"/calls/{world.call_id}/transfers"
    made = (await world.post("li", path, LINE)).json()["id"]
    mark = {"kind": "推诿拒接", "note": "称不归其管", "start_s": 3.0, "end_s": 12.5}
    shown = (await world.post("li", f"{path}/{made}/attitude", mark)).json()["attitude"]
    assert (shown["kind"], shown["start_s"], shown["end_s"]) == ("推诿拒接", 3.0, 12.5)
    backwards = await world.post("li", f"{path}/{made}/attitude", mark | {"end_s": 1.0})
    assert backwards.status_code == 422
    assert (await world.post("li", f"{path}/{made}/attitude", mark | {"kind": "客气"})).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"to": {"kind": "line"}},
        {"to": {"kind": "planet", "ref": "12366"}},
        {"to": {"kind": "line", "ref": "123;66"}},
        {"to": {"kind": "line", "ref": "12366"}, "how": "loud"},
        {"to": {"kind": "line", "ref": "12366"}, "surprise": 1},
    ],
)
async def test_what_makes_no_sense_is_refused_at_the_door(small_world: World, body: object) -> None:
    await talking(small_world)
    answer = await small_world.post("li", f"/calls/{small_world.call_id}/transfers", body)
    assert (answer.status_code, small_world.house.deeds) == (422, [])


async def test_a_private_number_is_masked(small_world: World) -> None:
    await talking(small_world)
    to = {"kind": "number", "ref": "13907350000"}
    made = await small_world.post("li", f"/calls/{small_world.call_id}/transfers", {"to": to})
    assert made.json()["to"]["number"] == "139****0000"
    assert "13907350000" not in made.text
    async with small_world.database.reading() as session:
        (row,) = await transfers.of_call(session, small_world.call_id)
    assert row.number == "13907350000"


async def lately(world: World, number: str, *outcomes: str, ago_s: float = 60) -> None:
    """Others' line was tried so, the last time `ago_s` seconds ago."""
    for outcome in outcomes:
        async with world.database.session() as session:
            at = datetime.now(UTC) - timedelta(seconds=ago_s)
            await line_state.tried(session, number, outcome, at, "transfer")


async def test_the_agent_is_told_at_once_that_a_line_did_not_answer_lately_and_it_is_rung_all_the_same(
    world: World,
) -> None:
    await talking(world)
    await lately(world, "12366", "no_answer", "unreachable")
    made = await world.post("li", f"/calls/{world.call_id}/transfers", LINE)
    assert (made.status_code, made.json()["state"]) == (201, "ringing")
    assert (made.json()["line"]["state"], made.json()["line"]["reason"]) == ("closed", "unreachable")
    assert "近2次呼叫均未接通（无法接通）" in made.json()["warning"]
    assert world.house.deeds[-1][0] == "transfer"


@pytest.mark.parametrize(
    ("outcomes", "ago_s", "state"),
    [
        ((), 0, None),
        (("no_answer", "answered"), 60, "open"),
        (("no_answer",), 60, "unknown"),
        (("no_answer", "no_answer"), 3600, "unknown"),
    ],
    ids=["nobody tried", "answers", "one miss", "long ago"],
)
async def test_no_warning_where_the_line_is_not_known_as_closed(
    small_world: World, outcomes: tuple[str, ...], ago_s: float, state: str | None
) -> None:
    await talking(small_world)
    await lately(small_world, "12366", *outcomes, ago_s=ago_s)
    made = (await small_world.post("li", f"/calls/{small_world.call_id}/transfers", LINE)).json()
    assert made["warning"] == ""
    assert (made["line"] and made["line"]["state"]) == state
