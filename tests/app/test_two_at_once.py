"""Two handlers at once on one ticket, over HTTP at two instances on one database: one wins, the other is told what changed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from api.metrics import Metrics
from api.passwords import hash_password
from api.server import create_api
from api.settings import ApiSettings
from api.tokens import Tokens
from app import aftermath, kin, overdue
from app.floor import Content
from core.errors import NotAllowed
from store import events, tickets, users
from store.database import Database
from store.hints import LocalHints
from store.sealed import Keyring
from tests.app.place import Place
from tests.app.test_kin import OTHER, do

pytestmark = pytest.mark.service
UNIT, KEY, KEPT = "chenzhou.rsj", "k" * 48, hash_password("correct horse")
ROUNDS = 6


@pytest.fixture
async def places(database_url: str, keyring: Keyring, content: Content) -> AsyncIterator[list[Place]]:
    """Two instances of the house."""
    opened = [Database(database_url, keyring), Database(database_url, keyring)]
    made = [Place(database, content) for database in opened]
    await made[0].registers()
    yield made
    for database in opened:
        await database.close()


async def person(place: Place, login: str, role: Any, unit: str | None = None) -> Actor:
    async with place.database.session() as session:
        made = await users.add(session, login, login, role, KEPT, datetime.now(UTC), unit)
    return Actor(made.id, login, login, role, unit)


def app_of(place: Place, folder: Path) -> FastAPI:
    settings = ApiSettings(token_key=SecretStr(KEY), recordings=folder)
    return create_api(
        place.database, LocalHints(), place.house, settings, Metrics(), divisions=place.floor.divisions
    )


def client(app: FastAPI, actor: Actor) -> httpx.AsyncClient:
    token = Tokens(KEY, 900, 3600).issue(actor.id, KEPT, datetime.now(UTC)).access_token
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://hotline", headers={"Authorization": f"Bearer {token}"}
    )  # fmt: skip


async def act(one: httpx.AsyncClient, ticket_id: str, action: str, **facts: Any) -> httpx.Response:
    return await one.post(
        f"/api/v1/tickets/{ticket_id}/actions", json={"action": action, "facts": facts}, headers={"If-Match": '"1"'}
    )  # fmt: skip


async def test_one_wins_and_the_other_hears_what_changed(places: list[Place], tmp_path: Path) -> None:
    office, unit = (
        await person(places[0], "rexian", "office"),
        await person(places[0], "renshe", "unit", UNIT),
    )
    apps = [app_of(place, tmp_path) for place in places]
    won = set()
    async with client(apps[0], unit) as handler, client(apps[1], office) as boss:
        for number in range(ROUNDS):
            draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
            ticket = await places[0].house.file_ticket(office, draft, f"key-{number}")
            deeds = [act(handler, ticket, "sign"), act(boss, ticket, "withdraw", reason="诉求人撤回")]
            answers = await asyncio.gather(*(deeds if number % 2 else reversed(deeds)))
            signed, withdrawn = answers if number % 2 else reversed(answers)
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            winner, state, action = (
                (unit, "signed", "sign") if signed.status_code == 200 else (office, "withdrawn", "withdraw")
            )
            won.add(winner.login)
            told = (withdrawn if signed.status_code == 200 else signed).json()
            async with places[0].database.reading() as session:
                row, history = await tickets.get(session, ticket), await events.of(session, ticket)
            assert (row.version, row.state) == (2, state)
            assert [one.payload["action"] for one in history if "action" in one.payload] == [
                "file",
                "dispatch",
                action,
            ]
            assert (told["code"], told["status"]) == ("conflict", 409)
            assert row.number in told["detail"]
            now = told["current"]
            assert datetime.fromisoformat(now.pop("at")) == history[-1].at
            assert now == {
                "id": ticket,
                "version": 2,
                "state": state,
                "unit": row.unit_code,
                "action": action,
                "by": winner.id,
            }
    assert won


async def replied(place: Place) -> tuple[str, Actor]:
    """A ticket whose unit has answered, and the office that may end it."""
    office, unit = await person(place, "rexian", "office"), await person(place, "renshe", "unit", UNIT)
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
    ticket = await place.house.file_ticket(office, draft, "key-1")
    await do(place, unit, ticket, "sign", "reply")
    return ticket, office


async def soon(*tasks: asyncio.Task[Any]) -> None:
    """Time enough for those who need not wait."""
    await asyncio.wait(tasks, timeout=1)


@pytest.mark.parametrize("between", [(overdue, "catch_up"), (aftermath, "of_step")])
async def test_a_child_added_while_its_ticket_is_being_ended_is_refused(
    places: list[Place], monkeypatch: pytest.MonkeyPatch, between: tuple[Any, str]
) -> None:
    ticket, office = await replied(places[0])
    (module, name), begun, go_on = between, asyncio.Event(), asyncio.Event()
    goes_on = getattr(module, name)

    async def held_up(*given: Any, **more: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await goes_on(*given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(module, name, held_up)
        ending = asyncio.create_task(do(places[0], office, ticket, "resolve"))
        await begun.wait()
        draft = ChildDraft("assist", OTHER)
        adding = asyncio.create_task(places[1].house.add_child(office, ticket, draft, "key-2"))
        await soon(adding)
        go_on.set()
        ended, added = await asyncio.gather(ending, adding, return_exceptions=True)
    assert (ended, type(added)) == (None, NotAllowed)
    assert "已经结束" in str(added)
    async with places[0].database.reading() as session:
        assert (await tickets.get(session, ticket)).state == "resolved"
        assert await tickets.children(session, ticket) == []


async def test_a_ticket_is_not_ended_over_a_child_that_is_just_being_added(places: list[Place]) -> None:
    ticket, office = await replied(places[0])
    async with places[0].database.session() as session:
        parent = await tickets.get(session, ticket)
        await kin.add(places[0].floor, session, parent, kin.Child("assist", OTHER), office, "key-2")
        ending = asyncio.create_task(do(places[1], office, ticket, "resolve"))
        await soon(ending)
    with pytest.raises(NotAllowed, match="尚有未办结的：协办"):
        await ending
    async with places[0].database.reading() as session:
        assert (await tickets.get(session, ticket)).state == "replied"


async def test_whoever_comes_later_with_an_old_version_hears_it_too(
    places: list[Place], tmp_path: Path
) -> None:
    office, unit = (
        await person(places[0], "rexian", "office"),
        await person(places[0], "renshe", "unit", UNIT),
    )
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
    ticket = await places[0].house.file_ticket(office, draft, "key-1")
    async with client(app_of(places[0], tmp_path), unit) as handler:
        assert (await act(handler, ticket, "sign")).status_code == 200
        late = await act(handler, ticket, "contact", talk="已联系")
        assert (late.status_code, late.json()["current"]["version"]) == (409, 2)
        assert "签收" in late.json()["detail"]
        missing = await act(handler, "tkt_unknown", "sign")
        assert (missing.status_code, "current" in missing.json()) == (404, False)
