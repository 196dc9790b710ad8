"""What wraps every request: ids, limits, safe headers, one masked log line, and no error that leaks."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI, Response
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api import problems
from api.guard import Guard
from api.metrics import Metrics
from api.problems import Current, problem
from api.settings import ApiSettings
from core.errors import Conflict, HotlineError, SwitchSilent
from store.errors import StoreUnavailable
from tests.api.conftest import World, api_settings

pytestmark = pytest.mark.service


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def settings(tmp_path: Any) -> ApiSettings:
    return api_settings(tmp_path, request_timeout_s=0.2, max_body_bytes=1024)


@pytest.fixture
def app(settings: ApiSettings, metrics: Metrics) -> FastAPI:
    limits = Middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    made = FastAPI(middleware=[Middleware(Guard), limits])
    made.state.parts = SimpleNamespace(settings=settings, metrics=metrics)
    problems.install(made)

    @made.get("/fail/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "bug": RuntimeError("password=hunter2"),
            "silent": SwitchSilent("no answer from 10.1.2.3"),
            "store": StoreUnavailable("connection to 10.0.0.9 refused"),
            "base": HotlineError("inner words"),
            "conflict": Conflict("工单已被他人处理"),
        }[kind]

    @made.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    @made.get("/plain")
    async def plain() -> Response:
        return Response("range", 416, {"Content-Range": "bytes */9"}, "text/plain")

    @made.post("/echo")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    return made


def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hotline")


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:hotline:problem:{code}"
    assert body["request_id"] == answer.headers["x-request-id"] != ""
    return body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing/here", 404, "not_found"),
        ("/echo", 405, "method_not_allowed"),
        ("/fail/conflict", 409, "conflict"),
        ("/fail/silent", 503, "switch_silent"),
        ("/fail/store", 503, "store_unavailable"),
        ("/fail/base", 500, "hotline_error"),
        ("/fail/bug", 500, "internal_error"),
        ("/slow", 503, "unavailable"),
        ("/plain", 416, "range_not_satisfiable"),
    ],
)
async def test_every_error_is_a_problem_with_its_request_id(
    app: FastAPI, path: str, status: int, code: str
) -> None:
    async with client(app) as http:
        is_problem(await http.get(path), status, code)


@pytest.mark.parametrize("kind", ["bug", "silent", "store", "base"])
async def test_what_went_wrong_inside_stays_inside(app: FastAPI, kind: str) -> None:
    async with client(app) as http:
        text = (await http.get(f"/fail/{kind}")).text
    assert not any(
        secret in text for secret in ("hunter2", "10.", "RuntimeError", "Traceback", "inner words")
    )


async def test_words_meant_for_people_reach_them(app: FastAPI) -> None:
    async with client(app) as http:
        body = (await http.get("/fail/conflict")).json()
    assert (body["title"], body["detail"]) == ("与当前情况不符，未执行", "工单已被他人处理")


@pytest.mark.parametrize(
    ("status", "code", "current", "title"),
    [
        (409, "repeat_found", None, "已有同一事项的工单"),
        (409, "too_soon", None, "刚刚催过，请稍后再催"),
        (409, "conflict", None, "与当前情况不符，未执行"),
        (409, "conflict", Current.model_config["json_schema_extra"]["examples"][0], "数据已被他人更改"),
        (403, "wrong_state", None, "当前状态下不能进行此操作"),
        (403, "not_allowed", None, "不能进行此操作"),
    ],
)
def test_the_title_fits_what_happened(
    status: int, code: str, current: dict[str, object] | None, title: str
) -> None:
    body = json.loads(bytes(problem("req_1", status, code=code, current=current).body))
    assert (body["title"], body["status"], body["code"]) == (title, status, code)


async def test_a_range_error_keeps_the_size_it_tells(app: FastAPI) -> None:
    async with client(app) as http:
        assert (await http.get("/plain")).headers["content-range"] == "bytes */9"


async def test_wrong_input_names_the_fields_and_not_what_was_in_them(app: FastAPI) -> None:
    async with client(app) as http:
        answer = await http.post("/echo", json=["13812345678"])
    body = is_problem(answer, 422, "bad_input")
    assert body["errors"][0]["where"] == "body"
    assert "13812345678" not in answer.text


async def test_a_body_too_large_is_refused_announced_or_not(app: FastAPI) -> None:
    async def chunks() -> Any:
        for _ in range(8):
            yield b" " * 256

    async with client(app) as http:
        is_problem(await http.post("/echo", content=b"x" * 2000), 413, "too_large")
        is_problem(await http.post("/echo", content=chunks()), 413, "too_large")


async def test_answers_carry_safe_headers(app: FastAPI) -> None:
    async with client(app) as http:
        for answer in (await http.post("/echo", json={}), await http.get("/fail/bug")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_good_request_id_is_kept_and_a_strange_one_replaced(app: FastAPI) -> None:
    async with client(app) as http:
        kept = await http.post("/echo", json={}, headers={"X-Request-Id": "trace-12345678"})
        replaced = await http.post("/echo", json={}, headers={"X-Request-Id": "x y <script>"})
    assert kept.headers["x-request-id"] == "trace-12345678"
    assert replaced.headers["x-request-id"].startswith("req_")


async def test_requests_are_counted_by_route_and_never_by_what_was_asked(
    app: FastAPI, metrics: Metrics
) -> None:
    async with client(app) as http:
        await http.get("/fail/conflict")
        await http.request("BREW", "/no/such/13812345678")
    text = metrics.text().decode()
    assert 'hl_http_requests_total{method="GET",route="/fail/{kind}",status="409"} 1.0' in text
    assert 'method="OTHER",route="unknown",status="404"' in text


async def test_routes_are_named_in_full_in_the_metrics(small_world: World) -> None:
    await small_world.get("boss", f"/calls/{small_world.call_id}/events")
    text = small_world.metrics.text().decode()
    assert 'route="/api/v1/calls/{call_id}/events",status="200"' in text


async def test_the_log_line_masks_numbers_and_leaves_the_query_out(small_world: World) -> None:
    with structlog.testing.capture_logs() as lines:
        await small_world.get("boss", "/calls?search=13812345678")
        await small_world.get("boss", "/lines/13812345678")
    told = [line for line in lines if line["event"] == "request"]
    assert [line["path"] for line in told] == ["/api/v1/calls", "/api/v1/lines/138****5678"]
    assert {line["user"] for line in told} == {small_world.user_ids["boss"]}
    assert "13812345678" not in repr(lines)


async def test_the_log_of_a_failure_has_its_place_but_no_citizens_number(app: FastAPI) -> None:
    @app.get("/broken")
    async def broken() -> None:
        caller = "13812345678"
        raise RuntimeError(f"no seat for {caller}")

    with structlog.testing.capture_logs() as lines:
        async with client(app) as http:
            await http.get("/broken")
    (failure,) = [line for line in lines if line["event"] == "request_failed"]
    assert "in broken" in failure["trace"]
    assert "13812345678" not in repr(lines)
