"""Who may use what: the whole table of roles, tried against every published operation."""

import re

import httpx
import pytest

from api.openapi import describe, operations
from tests.api.conftest import World
from tests.api.test_openapi import OPEN_TO_ALL

pytestmark = pytest.mark.service

LOGIN_OF = {
    "admin": "admin",
    "supervisor": "boss",
    "agent": "li",
    "unit": "water",
    "office": "office",
    "auditor": "audit",
}
ALL = set(LOGIN_OF)
FLOOR = {"agent", "supervisor"}
WATCHING = {"agent", "supervisor", "office", "admin"}
CALLS = {"agent", "supervisor", "office", "auditor", "admin"}
TRANSFER_DEEDS = ("merge", "swap", "leave", "cancel", "attitude")
RIGHTS = {
    "GET /users/me": ALL,
    "POST /users/me/password": ALL,
    "GET /seats": WATCHING,
    "GET /seats/pause-reasons": WATCHING,
    "PATCH /seats/{seat_id}": {"supervisor", "admin"},
    "POST /seats/{seat_id}/login": FLOOR,
    "POST /seats/{seat_id}/logout": FLOOR,
    "POST /seats/{seat_id}/ready": FLOOR,
    "POST /seats/{seat_id}/pause": FLOOR,
    "GET /calls": CALLS,
    "GET /calls/{call_id}": CALLS,
    "GET /calls/{call_id}/utterances": CALLS,
    "GET /calls/{call_id}/proposals": CALLS,
    "GET /calls/{call_id}/events": CALLS,
    "GET /calls/{call_id}/recordings": CALLS,
    "GET /calls/{call_id}/draft": FLOOR,
    "POST /calls/{call_id}/proposals/{proposal_id}/decision": FLOOR,
    "POST /calls/{call_id}/outcome": FLOOR,
    "POST /calls/{call_id}/hangup": FLOOR,
    "POST /calls/{call_id}/unanswered": FLOOR,
    "POST /calls/{call_id}/transfers": FLOOR,
    "GET /calls/{call_id}/transfers": CALLS,
    **{f"POST /calls/{{call_id}}/transfers/{{transfer_id}}/{deed}": FLOOR for deed in TRANSFER_DEEDS},
    "GET /lines/withdrawn": ALL,
    "GET /lines/states": ALL,
    "GET /lines/{number}/reached": ALL,
    "GET /lines/{number}/history": WATCHING - {"agent"} | {"auditor"},
    "POST /lines/import": {"office", "admin"},
    "PUT /lines/{number}": {"office", "admin"},
    "POST /lines/{number}/withdraw": {"office", "admin"},
    "GET /rota": {"supervisor", "admin"},
    "GET /rota/now": {"supervisor", "admin"},
    "POST /rota": {"supervisor", "admin"},
    "PUT /rota/{shift_id}": {"supervisor", "admin"},
    "DELETE /rota/{shift_id}": {"supervisor", "admin"},
    "GET /monitor": CALLS - {"agent"},
    "GET /calls/{call_id}/details": CALLS - {"agent"},
    "GET /units/{code}/phones": ALL - {"agent"},
    "POST /units/{code}/phones": WATCHING - {"agent"},
    "DELETE /unit-phones/{phone_id}": WATCHING - {"agent"},
    "POST /unit-phones/{phone_id}/probes": WATCHING - {"agent"},
    "GET /probes": ALL - {"agent"},
    "POST /probe-rulings": WATCHING - {"agent"},
    "GET /probe-rulings": ALL - {"agent"},
    "GET /reachability": ALL - {"agent"},
    "GET /floor": WATCHING - {"agent"},
    "POST /calls/{call_id}/supervise": {"supervisor", "admin"},
    "POST /calls/{call_id}/supervise/{supervision_id}/mode": {"supervisor", "admin"},
    "POST /calls/{call_id}/supervise/{supervision_id}/end": {"supervisor", "admin"},
    "GET /calls/{call_id}/supervision": CALLS,
    "POST /seats/{seat_id}/force": {"supervisor", "admin"},
    "GET /tags": CALLS,
    "GET /calls/{call_id}/tags": CALLS,
    "POST /calls/{call_id}/tags": FLOOR,
    "POST /calls/{call_id}/tags/{tag}/remove": FLOOR,
    "GET /callers/blocks": {"supervisor", "office", "auditor"},
    "POST /callers/blocks": {"supervisor", "office"},
    "POST /callers/blocks/{block_id}/review": {"supervisor", "office"},
    "GET /callers/care": {"supervisor", "office", "auditor"},
    "POST /callers/care": FLOOR | {"office"},
    "POST /callers/care/{care_id}/end": {"supervisor", "office"},
    "POST /callers/lookup": {"supervisor", "office", "auditor"},
    "POST /callers/evidence": {"supervisor", "office"},
    "GET /specialists": CALLS,
    "POST /specialists": {"supervisor", "office", "admin"},
    "POST /specialists/{specialist_id}": {"supervisor", "office", "admin"},
    "GET /enterprise/ledger": CALLS,
    "POST /enterprise/ledger": FLOOR | {"office"},
    "POST /enterprise/ledger/{item_id}/close": {"supervisor", "office", "admin"},
    "GET /recordings/{recording_id}": CALLS - {"admin"},
    "GET /recordings/{recording_id}/media": CALLS - {"admin"},
    "GET /tickets": ALL,
    "POST /tickets": FLOOR | {"office"},
    "GET /tickets/{ticket_id}": ALL,
    "POST /tickets/{ticket_id}/actions": FLOOR | {"office", "unit"},
    "GET /tickets/{ticket_id}/events": ALL,
    "POST /messages/{message_id}/callback": FLOOR | {"office"},
    "GET /errands": FLOOR | {"office"},
    "POST /errands/{errand_id}/cancel": {"supervisor", "office"},
    "GET /texts": {"supervisor", "office"},
    "GET /notices": {"supervisor", "office"},
    "POST /notices/{notice_id}/resolve": {"supervisor", "office"},
    "GET /grades/summary": {"supervisor", "office", "auditor", "admin"},
    "GET /calls/{call_id}/grades": {"supervisor", "office", "auditor", "admin"},
    "GET /tickets/{ticket_id}/grades": ALL,
    "POST /tickets/{ticket_id}/grade": FLOOR | {"office"},
    "GET /messages": FLOOR | {"office"},
    "GET /messages/{message_id}": FLOOR | {"office"},
    "POST /messages/{message_id}/done": FLOOR | {"office"},
    "GET /units": ALL,
    "GET /units/{code}": ALL,
    "GET /lines": ALL,
    "GET /lines/{number}": ALL,
    "GET /articles": ALL,
    "GET /articles/{article_id}": ALL,
}


def published(world: World) -> set[str]:
    return {name for name, _ in operations(describe(world.app))} - OPEN_TO_ALL


async def tried(client: httpx.AsyncClient, operation: str) -> httpx.Response:
    method, path = operation.split(" ")
    return await client.request(method, "/api/v1" + re.sub(r"\{\w+\}", "unknown", path))


def test_the_table_names_every_operation(small_world: World) -> None:
    assert {name.replace("/api/v1", "") for name in published(small_world)} == set(RIGHTS)


async def test_nothing_is_open_without_logging_in(small_world: World) -> None:
    async with small_world.client() as client:
        for operation in RIGHTS:
            assert (await tried(client, operation)).status_code == 401, operation


@pytest.mark.parametrize("role", sorted(ALL))
async def test_a_role_may_do_what_the_table_says_and_nothing_else(small_world: World, role: str) -> None:
    async with small_world.client(LOGIN_OF[role]) as client:
        for operation, roles in RIGHTS.items():
            answer = await tried(client, operation)
            by_role = answer.status_code == 403 and answer.json()["detail"].startswith("需要的角色")
            assert by_role == (role not in roles), operation
            assert answer.status_code < 500, operation
