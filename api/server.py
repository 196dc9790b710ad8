"""Puts the HTTP edge together: one FastAPI application from injected parts."""

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api import (
    callers,
    calls,
    drafts,
    enterprise,
    errands,
    grades,
    lines,
    live,
    log_in,
    messages,
    monitor,
    notices,
    openapi,
    probes,
    problems,
    recordings,
    registers,
    rota,
    seats,
    supervision,
    system,
    tickets,
    transfers,
    users,
)
from api.guard import Guard
from api.health import Health
from api.house import House
from api.metrics import Metrics
from api.parts import Parts
from api.passwords import Passwords
from api.settings import ApiSettings
from api.throttle import Throttle
from api.tokens import Tokens
from core.ports import Hints
from store.database import Database

PREFIX = "/api/v1"
TAGS = [
    {"name": "log-in", "description": "登录与令牌"},
    {"name": "users", "description": "当前用户"},
    {"name": "seats", "description": "座席：签入、示闲、示忙、签出"},
    {"name": "calls", "description": "通话、对话文字、系统建议"},
    {"name": "transfers", "description": "转接：咨询、三方、盲转、切换、退出；失败自动成单"},
    {"name": "recordings", "description": "录音：须说明目的，每次收听留痕"},
    {"name": "tickets", "description": "工单：登记、派单、签收、回复、办结"},
    {"name": "messages", "description": "未接通市民的留言"},
    {"name": "after-call", "description": "通话之后：回电、回访、评价、短信"},
    {"name": "notices", "description": "通知：短信、语音、邮件、推送；存疑的由人确认"},
    {"name": "units", "description": "承办单位"},
    {"name": "lines", "description": "热线号码"},
    {"name": "rota", "description": "值班表：哪条线路何时由谁值班，谁没有到岗"},
    {"name": "knowledge", "description": "知识库"},
    {"name": "supervision", "description": "现场管理：监听、密语、强插、接管、强制示忙与签出"},
    {"name": "callers", "description": "来电人：标签、拦截与复核、关怀对象、证据包"},
    {"name": "enterprise", "description": "政企通：政策专员、台账"},
    {"name": "system", "description": "健康检查与指标"},
]


def create_api(
    database: Database,
    hints: Hints,
    house: House,
    settings: ApiSettings,
    metrics: Metrics,
    health: Health | None = None,
) -> FastAPI:
    """The application; reads come from `database`, deeds go to `house`, live events come from `hints`.

    `health`: parts with their own probes (switch, asr, disk); the database's is added here.
    """
    app = FastAPI(
        title="Hotline 12345",
        summary="12345 政务服务热线接口",
        description="通话、录音、字幕、建议、工单、承办单位与知识库。错误一律为 RFC 9457 problem+json。",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the ready-made pages load scripts from elsewhere; we work offline
        redoc_url=None,
        openapi_tags=TAGS,
        middleware=[
            Middleware(Guard, settings=settings, metrics=metrics),
            Middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes),
        ],
    )
    app.state.parts = _parts(database, hints, house, settings, metrics, health or Health())
    problems.install(app)
    app.include_router(_routes())
    app.include_router(system.router)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    return app


def _parts(
    database: Database, hints: Hints, house: House, settings: ApiSettings, metrics: Metrics, health: Health
) -> Parts:
    health.register("database", database.check)
    key = settings.token_key.get_secret_value()
    return Parts(
        database=database,
        hints=hints,
        house=house,
        settings=settings,
        metrics=metrics,
        health=health,
        tokens=Tokens(key, settings.access_s, settings.shift_s),
        passwords=Passwords(),
        login_throttle=Throttle(settings.login_tries, settings.login_window_s),
        address_throttle=Throttle(settings.address_tries, settings.login_window_s),
    )


def _routes() -> APIRouter:
    router = APIRouter(prefix=PREFIX)
    for module in (
        log_in,
        errands,
        grades,
        users,
        seats,
        calls,
        drafts,
        recordings,
        tickets,
        messages,
        registers,
        lines,
        live,
    ):
        router.include_router(module.router)
    for added in (monitor, notices, probes, rota, supervision, callers, enterprise, transfers):
        router.include_router(added.router)
    return router
