"""Puts the HTTP edge together: one FastAPI application from injected parts."""

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from api import (
    accountability,
    accounts,
    anomalies,
    assessments,
    attachments,
    audit,
    bulletins,
    callers,
    calls,
    demo,
    desk,
    drafts,
    enterprise,
    errands,
    findings,
    grades,
    hot_issues,
    intake,
    invitations,
    knowledge,
    knowledge_feed,
    knowledge_gaps,
    lines,
    live,
    log_in,
    messages,
    monitor,
    notices,
    openapi,
    options,
    orders,
    phone,
    policies,
    pop,
    portal,
    precedents,
    probes,
    problems,
    public,
    quality,
    recordings,
    registers,
    releases,
    rota,
    seats,
    secrecy,
    supervision,
    system,
    tickets,
    transfers,
    units,
    users,
    wall,
    ways,
)
from api.audience import Audience
from api.guard import Guard
from api.health import Health
from api.house import House
from api.metrics import Metrics
from api.pages import Pages
from api.parts import Parts, no_key
from api.passwords import Passwords
from api.settings import ApiSettings
from api.throttle import Throttle
from api.tokens import Tokens
from core.divisions import Tree
from core.ports import Hints
from store.audit import Prove
from store.database import Database

PREFIX = "/api/v1"
TAGS = [
    {"name": "log-in", "description": "登录与令牌"},
    {"name": "users", "description": "当前用户；登录人员的账户"},
    {"name": "seats", "description": "座席：签入、示闲、示忙、签出"},
    {"name": "calls", "description": "通话、对话文字、系统建议"},
    {"name": "transfers", "description": "转接：咨询、三方、盲转、切换、退出；失败自动成单"},
    {"name": "recordings", "description": "录音：须说明目的，每次收听留痕"},
    {"name": "tickets", "description": "工单：登记、派单、签收、回复、办结"},
    {"name": "public", "description": "市民凭工单编号和短信验证码：查询、补充、催单、撤回"},
    {"name": "messages", "description": "未接通市民的留言"},
    {"name": "after-call", "description": "通话之后：回电、回访、评价、短信"},
    {"name": "notices", "description": "通知：短信、语音、邮件、推送；存疑的由人确认"},
    {"name": "units", "description": "承办单位：登记的人员、电话、归属，变更与缺项；行政区划"},
    {"name": "lines", "description": "热线号码"},
    {"name": "rota", "description": "值班表：哪条线路何时由谁值班，谁没有到岗"},
    {"name": "knowledge", "description": "知识库：版本、校核、缺漏与补正、公告、误导认定"},
    {"name": "supervision", "description": "现场管理：监听、密语、强插、接管、强制示忙与签出"},
    {
        "name": "supervision-orders",
        "description": "督办催办：督办单、联合与现场督办、挂牌督办、约谈、公开曝光，催办记录",
    },
    {"name": "accountability", "description": "责任追究：线索、查证、提出、处理结果"},
    {"name": "quality", "description": "智能质检：规则、结果、人工抽检与一致率"},
    {"name": "callers", "description": "来电人：标签、拦截与复核、关怀对象、证据包"},
    {"name": "assessment", "description": "考核：考核表、定稿、认定与复核、不可抗力、申诉"},
    {"name": "enterprise", "description": "政企通：政策专员、台账"},
    {"name": "releases", "description": "放行：经两人批准，带水印导出，每次留痕"},
    {"name": "wall", "description": "大屏：逐块授权，只有合计数字"},
    {"name": "secrecy", "description": "保密：查询留痕、法律保全"},
    {"name": "policy", "description": "规则、期限的解释与日历"},
    {"name": "system", "description": "健康检查与指标"},
]

ROUTERS = tuple(
    module.router
    for module in (
        log_in, demo, ways, options, public, portal, attachments, errands, grades, users, accounts, seats, phone, calls, pop, drafts, recordings, tickets, messages, registers, lines, live, knowledge, knowledge_feed, knowledge_gaps, bulletins, findings, assessments, monitor, notices, orders, precedents, quality, probes, rota, supervision, callers, enterprise, transfers, invitations, units, intake, anomalies, hot_issues, releases, secrecy, audit, accountability, wall, policies,
    )
)  # fmt: skip
"""In this order: `ways` before `tickets`, for /tickets/duplicates is no ticket."""


def create_api(
    database: Database,
    hints: Hints,
    house: House,
    settings: ApiSettings,
    metrics: Metrics,
    health: Health | None = None,
    divisions: Tree | None = None,
    prove: Prove = no_key,
) -> FastAPI:
    """The application; reads come from `database`, deeds go to `house`, live events come from `hints`.

    `health`: parts with their own probes (switch, asr, disk); the database's is added here. `divisions`: the city's places.
    `prove`: over the audit chain, whose key is not the edge's.
    """
    app = create_edge(settings)
    app.state.parts = make_parts(database, hints, house, settings, metrics, health, divisions, prove)
    return app


def create_edge(settings: ApiSettings) -> FastAPI:
    """Routes, errors and description, whose parts are put into `app.state.parts`; building them takes by far the longest."""
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
            Middleware(Guard),
            Middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes),
        ],
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(system.router)
    app.include_router(system.people, prefix=PREFIX)
    app.include_router(phone.socket_router)
    desk.install(app)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    return app


def make_parts(
    database: Database,
    hints: Hints,
    house: House,
    settings: ApiSettings,
    metrics: Metrics,
    health: Health | None = None,
    divisions: Tree | None = None,
    prove: Prove = no_key,
) -> Parts:
    """What the routes work with."""
    health = health or Health()
    health.register("database", database.check)
    key = settings.token_key.get_secret_value()
    return Parts(
        database=database,
        hints=hints,
        audience=Audience(hints),
        house=house,
        settings=settings,
        metrics=metrics,
        health=health,
        tokens=Tokens(key, settings.access_s, settings.shift_s),
        passwords=Passwords(),
        login_throttle=Throttle(settings.login_tries, settings.login_window_s),
        address_throttle=Throttle(settings.address_tries, settings.login_window_s),
        divisions=divisions or Tree(),
        prove=prove,
        pages=Pages.load(settings.desk),
    )
