"""Anything may be sent: no answer is a server error, and every answer is one that the description foresees."""

import contextlib
import functools
import secrets
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi import describe
from store import audit
from store.chain import Sealer
from tests.api.conftest import World, talking
from tests.api.test_rights import LOGIN_OF, RIGHTS, kin

pytestmark = pytest.mark.service

EXAMPLES = 20
KEY = Sealer(secrets.token_bytes(32))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
BOUNDS = settings(
    max_examples=EXAMPLES // len(MODES),
    phases=[Phase.generate],
    derandomize=True,  # the same cases every time: a run that fails must fail again
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def cases(operation: Any) -> list[Any]:
    """Up to EXAMPLES requests, half as described and half broken on purpose."""
    found: list[Any] = []
    for mode in MODES:

        @BOUNDS
        @given(operation.as_strategy(generation_mode=mode))
        def keep(case: Any) -> None:
            found.append(case)

        with contextlib.suppress(Unsatisfiable):  # what takes no input can't be given something broken
            keep()
    return found


def askers_of(operation: Any) -> list[str]:
    """Roles: all that may, and one that may not; each asks with ids that exist and with others."""
    may = kin(
        RIGHTS.get(f"{operation.method.upper()} {operation.path.removeprefix('/api/v1')}", set(LOGIN_OF))
    )
    return [*sorted(may), *sorted(set(LOGIN_OF) - may)[:1]]


async def sent(client: httpx.AsyncClient, case: Any, ids: dict[str, str] | None) -> httpx.Response:
    if ids and case.path_parameters:
        case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
    request = case.as_transport_kwargs(base_url="http://hotline")
    named = {
        name: value
        for name, value in request["headers"].items()
        if name.lower() not in ("authorization", "x-auth-token")
    }
    request["headers"] = {
        name.encode("latin-1"): str(value).encode("latin-1", "replace") for name, value in named.items()
    }
    if isinstance(request.get("data"), bytes):
        request["content"] = request.pop("data")
    return await client.request(**{name: value for name, value in request.items() if name != "cookies"})


@pytest.mark.timeout(1200)  # some thousand requests, beside other tests
async def test_nothing_that_can_be_sent_breaks_the_edge(strict_world: World) -> None:
    await talking(strict_world)
    parts = strict_world.app.state.parts
    strict_world.app.state.parts = replace(parts, prove=functools.partial(proof, strict_world))
    ids = await known_ids(strict_world)
    schema = schemathesis.openapi.from_dict(describe(strict_world.app))
    met: Counter[int] = Counter()
    async with contextlib.AsyncExitStack() as open_until_here:
        clients = {
            role: await open_until_here.enter_async_context(strict_world.client(login))
            for role, login in LOGIN_OF.items()
        }
        for operation in schema.get_all_operations():
            asked = cast(Any, operation).ok()
            askers = askers_of(asked)
            for turn, case in enumerate(cases(asked)):
                answer = await sent(clients[askers[turn // 2 % len(askers)]], case, ids if turn % 2 else None)
                case.validate_response(answer, checks=CHECKS)
                met[answer.status_code] += 1
    assert met.total() > 400
    assert min(met[200], met[403], met[404], met[422]) > 10, (
        met
    )  # it got past the door, and was stopped there too


async def proof(world: World, after: audit.Head | None) -> audit.Proof:
    """The chain held against a key of this run."""
    return await audit.verify(world.database, KEY, [], datetime.now(UTC), after, 1000)


async def known_ids(world: World) -> dict[str, str]:
    """Ids that exist, so that half of the requests get past the look-up."""
    filed = {"type": "help", "title": "小区停水", "body": "停水两天", "unit": "SW"}
    ticket = await world.post("li", "/tickets", filed, **{"Idempotency-Key": "key-000001"})
    return {
        "call_id": world.call_id,
        "proposal_id": world.proposal_id,
        "recording_id": world.recording_id,
        "message_id": world.message_id,
        "ticket_id": ticket.json()["id"],
        "seat_id": "8001",
        "code": "SW",
        "number": "12319",
        "article_id": "art_water",
    }
