"""Who may use what: the whole table of roles, tried against every published operation."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import api
from api.openapi import describe, operations
from core.rights import ALSO, Right, roles_of
from store import precedents, tickets
from tests.api.conftest import World
from tests.api.test_openapi import OPEN_TO_ALL
from tests.store import make

pytestmark = pytest.mark.service

LOGIN_OF = {
    "admin": "admin",
    "supervisor": "boss",
    "agent": "li",
    "unit": "water",
    "office": "office",
    "auditor": "audit",
    "expert": "tax",
    "leader": "head",
}
ALL = set(LOGIN_OF) - set(ALSO)
SEATED = {"agent", "expert"}
OF_UNIT = {"unit", "leader"}
FLOOR = {*SEATED, "supervisor"}
WATCHING = {*SEATED, "supervisor", "office", "admin"}
CALLS = {*SEATED, "supervisor", "office", "auditor", "admin"}
DESK = {"agent", "supervisor", "office"}
HOTLINE = {"supervisor", "office"}
TRANSFER_DEEDS = ("merge", "swap", "leave", "cancel", "attitude")
FROZEN = "assessments/frozen/{sheet_id}"
ASSESSMENT = (
    "assessments", "assessments/due", "assessments/frozen", FROZEN, f"{FROZEN}/again", "unit-findings", "assessment-rulings", "appeals",
)  # fmt: skip
KEEPERS = {"unit", "office"}
ARTICLE_DEEDS = ("versions", "versions/{number}", "versions/{number}/actions", "editor")
RIGHTS = {
    "GET /articles/{article_id}/editors": KEEPERS,
    "GET /knowledge/due": ALL - SEATED,
    "GET /users": {"admin", "auditor", "office"},
    "POST /users": {"admin"},
    "PUT /users/{user_id}": {"admin"},
    "POST /users/{user_id}/password": {"admin"},
    "GET /audit/events": {"auditor", "office"},
    "POST /audit/trail": {"auditor", "office"},
    "POST /audit/verify": {"auditor", "office"},
    "GET /system/health": {"supervisor", "office", "admin", "auditor"},
    "GET /users/me": ALL,
    "POST /users/me/password": ALL,
    "GET /seats": WATCHING,
    "GET /seats/pause-reasons": WATCHING,
    "GET /seats/mine": FLOOR,
    "PATCH /seats/{seat_id}": {"supervisor", "admin"},
    "GET /seats/{seat_id}/phone": FLOOR,
    "POST /seats/{seat_id}/login": FLOOR,
    "POST /seats/{seat_id}/logout": FLOOR,
    "POST /seats/{seat_id}/answer": FLOOR,
    "POST /seats/{seat_id}/ready": FLOOR,
    "POST /seats/{seat_id}/pause": FLOOR,
    "GET /calls": CALLS,
    "GET /calls/{call_id}": CALLS,
    "GET /calls/{call_id}/utterances": CALLS,
    "GET /calls/{call_id}/proposals": CALLS,
    "GET /calls/{call_id}/events": CALLS,
    "GET /calls/{call_id}/recordings": CALLS,
    "GET /calls/{call_id}/draft": FLOOR,
    "GET /calls/{call_id}/pop": FLOOR,
    "GET /calls/{call_id}/targets": FLOOR,
    "POST /calls/{call_id}/hold": FLOOR,
    "POST /calls/{call_id}/resume": FLOOR,
    "POST /calls/{call_id}/bring-back": FLOOR,
    "POST /calls/{call_id}/proposals/{proposal_id}/decision": FLOOR,
    "POST /calls/{call_id}/outcome": FLOOR,
    "POST /calls/{call_id}/hangup": FLOOR,
    "POST /calls/{call_id}/unanswered": FLOOR,
    "POST /calls/{call_id}/transfers": FLOOR,
    "GET /calls/{call_id}/transfers": CALLS,
    **{f"POST /calls/{{call_id}}/transfers/{{transfer_id}}/{deed}": FLOOR for deed in TRANSFER_DEEDS},
    "GET /invitations": {"agent", "expert"},
    "GET /invitations/{transfer_id}": {"agent", "expert"},
    "GET /rota/mine": {"agent", "expert"},
    "GET /rota/choices": {"supervisor", "admin"},
    "GET /lines/withdrawn": ALL,
    "GET /lines/states": ALL,
    "GET /lines/{number}/reached": ALL,
    "GET /lines/{number}/history": WATCHING - SEATED | {"auditor"},
    "POST /lines/import": {"office", "admin"},
    "PUT /lines/{number}": {"office", "admin"},
    "POST /lines/{number}/withdraw": {"office", "admin"},
    "GET /rota": {"supervisor", "admin"},
    "GET /rota/now": {"supervisor", "admin"},
    "POST /rota": {"supervisor", "admin"},
    "PUT /rota/{shift_id}": {"supervisor", "admin"},
    "DELETE /rota/{shift_id}": {"supervisor", "admin"},
    "GET /monitor": CALLS - SEATED,
    "GET /monitor/hours": CALLS - SEATED,
    "GET /calls/{call_id}/decisions": CALLS - SEATED,
    "GET /calls/{call_id}/details": CALLS - SEATED,
    "GET /units/{code}/phones": ALL - SEATED,
    "POST /units/{code}/phones": WATCHING - SEATED,
    "DELETE /unit-phones/{phone_id}": WATCHING - SEATED,
    "POST /unit-phones/{phone_id}/probes": WATCHING - SEATED,
    "GET /probes": ALL - SEATED,
    "POST /probe-rulings": WATCHING - SEATED,
    "GET /probe-rulings": ALL - SEATED,
    "GET /reachability": ALL - SEATED,
    "GET /supervision-orders": ALL - SEATED,
    "POST /supervision-orders": HOTLINE,
    "GET /supervision-orders/{order_id}": ALL - SEATED,
    "POST /supervision-orders/{order_id}/records": HOTLINE,
    "POST /supervision-orders/{order_id}/publication": {"office"},
    "POST /supervision-orders/{order_id}/close": HOTLINE,
    "GET /supervision-orders/{order_id}/paper": ALL - SEATED,
    "GET /tickets/{ticket_id}/urgings": ALL,
    "GET /tickets/{ticket_id}/urgings/{number}/paper": ALL,
    "GET /bulletin": {"office", "supervisor", "auditor"},
    "GET /quality/checks": {"agent", "expert", "supervisor", "office", "auditor", "admin"},
    "GET /quality/sample": {"supervisor", "office"},
    "GET /quality/agreement": {"supervisor", "office", "auditor", "admin"},
    "GET /quality/rules": {"supervisor", "office", "auditor", "admin"},
    "PUT /quality/rules": {"supervisor", "office"},
    "GET /calls/{call_id}/quality": {"agent", "expert", "supervisor", "office", "auditor", "admin"},
    "POST /calls/{call_id}/quality/reviews": {"supervisor", "office"},
    "GET /accountability": {"office", "auditor"},
    "POST /accountability": {"office"},
    "GET /accountability/{case_id}": {"office", "auditor"},
    "POST /accountability/{case_id}/steps": {"office"},
    "GET /floor": WATCHING - SEATED,
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
    "POST /tickets/{ticket_id}/actions": FLOOR | OF_UNIT | {"office"},
    "GET /tickets/{ticket_id}/events": ALL,
    "GET /tickets/{ticket_id}/ledger": ALL,
    "GET /tickets/{ticket_id}/options": ALL,
    "POST /tickets/{ticket_id}/children": FLOOR | OF_UNIT | {"office"},
    "POST /messages/{message_id}/callback": DESK,
    "GET /errands": DESK,
    "POST /tickets/duplicates": FLOOR | {"office"},
    "POST /tickets/{ticket_id}/reply-check": OF_UNIT | {"supervisor", "office"},
    "GET /tickets/{ticket_id}/replies": ALL,
    "POST /tickets/{ticket_id}/call-citizen": OF_UNIT,
    "GET /tickets/{ticket_id}/unit-calls": ALL,
    "POST /tickets/{ticket_id}/repeats": FLOOR | {"office"},
    "POST /tickets/{ticket_id}/repeat-judgement": {"office"},
    "POST /tickets/{ticket_id}/joined": {"supervisor", "office"},
    "POST /tickets/{ticket_id}/joined/replies": OF_UNIT | {"supervisor", "office"},
    "POST /errands/{errand_id}/cancel": {"supervisor", "office"},
    "GET /texts": {"supervisor", "office"},
    "GET /notices": {"supervisor", "office"},
    "POST /notices/{notice_id}/resolve": {"supervisor", "office"},
    "GET /grades/summary": {"supervisor", "office", "auditor", "admin"},
    "GET /calls/{call_id}/grades": {"supervisor", "office", "auditor", "admin"},
    "GET /tickets/{ticket_id}/grades": ALL,
    "POST /tickets/{ticket_id}/grade": FLOOR | {"office"},
    "GET /messages": DESK,
    "GET /messages/{message_id}": DESK,
    "GET /messages/{message_id}/media": DESK,
    "POST /messages/{message_id}/done": DESK,
    "GET /units": ALL,
    "GET /units/{code}": ALL,
    "GET /units/{code}/register": ALL - {"agent"},
    "PUT /units/{code}/register": {"office", "admin", "unit"},
    "GET /units/{code}/people": {"office", "admin", "unit"},
    "GET /unit-register/lacks": ALL - {"agent", "unit"},
    "GET /unit-register/changes": ALL - {"agent"},
    "GET /divisions": ALL,
    "GET /intake-types": ALL,
    **{
        f"GET /{path}": ALL for path in ("policies", "policies/{name}", "policies/{name}/explain", "calendar")
    },
    "GET /anomalies": ALL - {"agent"},
    "GET /hot-issues": ALL - {"agent"},
    **{f"GET /{path}": ALL - {"agent"} for path in ASSESSMENT},
    "GET /assessments/seats": ALL - {"agent", "unit"},
    "POST /assessments/freeze": {"office"},
    "POST /unit-findings": {"office"},
    "POST /unit-findings/{finding_id}/review": {"office"},
    "POST /assessment-rulings": {"office"},
    "POST /appeals": {"unit"},
    "POST /appeals/{appeal_id}/decision": {"office"},
    "GET /lines": ALL,
    "GET /lines/{number}": ALL,
    "GET /precedents": ALL,
    "POST /precedents/{precedent_id}/retire": {"office"},
    "GET /wall/screens": {"supervisor", "admin"},
    "POST /wall/screens": {"supervisor", "admin"},
    "POST /wall/screens/{screen_id}/revoke": {"supervisor", "admin"},
    "GET /tickets/{ticket_id}/attachments": ALL,
    "POST /tickets/{ticket_id}/attachments": FLOOR | OF_UNIT | {"office"},
    "GET /tickets/{ticket_id}/attachments/{attachment_id}": ALL,
    "GET /articles": ALL,
    "POST /releases": ALL - {"admin"},
    "GET /releases": ALL - {"admin"},
    "GET /releases/{release_id}": ALL - {"admin"},
    "POST /releases/{release_id}/votes": {"office", "unit"},
    "POST /releases/{release_id}/withdraw": ALL - {"admin"},
    "GET /releases/{release_id}/file": ALL - {"admin"},
    "GET /lookups": {"office", "auditor"},
    "GET /holds": {"office", "auditor"},
    "POST /holds": {"office"},
    "POST /holds/{hold_id}/lift": {"office"},
    "GET /articles/{article_id}": ALL,
    **{
        f"GET /articles/{{article_id}}/{what}": ALL
        for what in ("versions", "versions/{number}", "diff", "held")
    },
    "GET /articles/{article_id}/uses": {"office", "supervisor", "auditor"},
    **{
        f"POST /articles{what}": KEEPERS
        for what in ("", *(f"/{{article_id}}/{deed}" for deed in ARTICLE_DEEDS))
    },
    "GET /knowledge/told": {"office", "supervisor", "auditor"},
    "GET /knowledge/versions": ALL - {"agent"},
    "GET /knowledge/gaps": ALL,
    "GET /knowledge/gaps/{gap_id}": ALL,
    "POST /knowledge/gaps": {*DESK, "unit"},
    "POST /knowledge/gaps/{gap_id}/actions": KEEPERS,
    "GET /knowledge/proposed-gaps": {"office"},
    "POST /knowledge/proposed-gaps/take": {"office"},
    "POST /knowledge/proposed-gaps/dismiss": {"office"},
    "GET /knowledge/findings": {"office", "supervisor", "auditor", "unit"},
    "GET /knowledge/misled": {"office", "supervisor", "auditor", "unit"},
    **{
        f"POST /knowledge/findings/{deed}": {"office"}
        for deed in ("misled", "notice-missed", "{finding_id}/lift")
    },
    "GET /bulletins": ALL,
    "GET /bulletins/history": ALL,
    "POST /bulletins": {"unit", "office", "supervisor"},
    "POST /bulletins/{bulletin_id}/withdraw": {"unit", "office", "supervisor"},
    "POST /bulletins/{bulletin_id}/read": DESK,
    "GET /bulletins/{bulletin_id}/readers": {"supervisor", "office", "auditor"},
}


def kin(roles: set[str]) -> set[str]:
    return roles | {one for one, other in ALSO.items() if other in roles}


def rights_of(world: World) -> dict[str, Right]:
    """Route -> the right of core.rights it asks for, read from its dependencies."""
    return dict(_declared(world.app.routes))


def _declared(routes: Any) -> Iterator[tuple[str, Right]]:
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from _declared(inner.routes)
        for dependency in getattr(getattr(route, "dependant", None), "dependencies", ()):
            right = getattr(dependency.call, "right", None)
            if right is not None:
                for method in route.methods:
                    yield f"{method} {route.path.removeprefix('/api/v1')}", right


def published(world: World) -> set[str]:
    return {name for name, _ in operations(describe(world.app))} - OPEN_TO_ALL


async def tried(client: httpx.AsyncClient, operation: str) -> httpx.Response:
    method, path = operation.split(" ")
    return await client.request(method, "/api/v1" + re.sub(r"\{\w+\}", "unknown", path))


def test_nothing_compares_a_role_with_a_units_handler_alone() -> None:
    """A unit's leader is of the unit too: what asks after the role asks Actor.of_a_unit."""
    alone = re.compile(
        r"""role\s*(?:==|!=)\s*["']unit["']|["']unit["']\s*(?:==|!=)\s*[\w.]*role"""
        r"""|role\s+(?:not\s+)?in\s*[(\[{]\s*["']unit["']\s*,?\s*[)\]}]"""
    )
    root = Path(api.__file__).parent.parent
    modules = [path for part in ("api", "app") for path in (root / part).rglob("*.py")]
    assert len(modules) > 100
    assert [path.name for path in modules if alone.search(path.read_text("utf-8"))] == []


async def test_a_units_leader_sees_the_units_own_precedents_only(small_world: World) -> None:
    at = datetime.now(UTC)
    async with small_world.database.session() as session:
        for unit in ("SW", "JT"):
            row, _ = await tickets.file(session, make.ticket(request_key=unit), [], "user_x")
            await precedents.add(session, unit, "供水管道", "三定方案", "office", row.id, "user_x", at)
    for login, units in (("head", {"SW"}), ("water", {"SW"}), ("roads", {"JT"}), ("office", {"SW", "JT"})):
        items = (await small_world.get(login, "/precedents")).json()["items"]
        assert {one["unit_code"] for one in items} == units, login


def test_the_table_names_every_operation(small_world: World) -> None:
    assert {name.replace("/api/v1", "") for name in published(small_world)} == set(RIGHTS)


async def test_nothing_is_open_without_logging_in(small_world: World) -> None:
    async with small_world.client() as client:
        for operation in RIGHTS:
            assert (await tried(client, operation)).status_code == 401, operation


@pytest.mark.parametrize("role", sorted(LOGIN_OF))
async def test_a_role_may_do_what_the_table_says_and_nothing_else(small_world: World, role: str) -> None:
    """An expert goes with the agents and a leader with the handlers, except where core.rights says otherwise."""
    asked = rights_of(small_world)
    async with small_world.client(LOGIN_OF[role]) as client:
        for operation, named in RIGHTS.items():
            roles = roles_of(asked[operation]) if operation in asked else kin(named)
            answer = await tried(client, operation)
            by_role = answer.status_code == 403 and answer.json()["detail"].startswith("需要的角色")
            assert by_role == (role not in roles), operation
            assert answer.status_code < 500, operation
