"""/health and /metrics: for the machine's own watchers, from loopback or with a token; the health for people who log in."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api import scrape
from api.actor import Actor
from api.health import HealthReport
from api.metrics import CONTENT_TYPE
from api.parts import PartsDep, only
from api.peers import from_loopback
from api.problems import NotAuthenticated, documented


def watcher(request: Request, found: PartsDep) -> None:
    """Loopback may always look; others need the status token as a bearer."""
    token = found.settings.status_token.get_secret_value()
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return
    if not from_loopback(request):
        raise NotAuthenticated("仅限本机访问，或提供监控令牌")


people = APIRouter(prefix="/system", tags=["system"])
Caring = Annotated[Actor, only("supervisor", "office", "admin", "auditor")]
router = APIRouter(tags=["system"], dependencies=[Depends(watcher)], responses=documented(401))


@router.get(
    "/health",
    summary="各部分是否正常",
    responses={503: {"model": HealthReport, "description": "有必需部分不可用"}},
)
async def health(response: Response, found: PartsDep) -> HealthReport:
    """Every part asked side by side, each within its bound; 503 where a needed part is down."""
    report = await found.health.report()
    response.status_code = 503 if report.status == "down" else 200
    return report


@people.get("/health", summary="系统运行情况")
async def health_for_people(_: Caring, found: PartsDep) -> HealthReport:
    """The same report for whoever looks after the house, always 200; of the process that answers."""
    return await found.health.report()


@router.get(
    "/metrics",
    summary="Prometheus 指标",
    response_class=Response,
    responses={
        200: {
            "content": {"text/plain": {"example": "hl_queue_waiting 0.0\n"}},
            "description": "exposition text",
        }
    },
)
async def metrics(found: PartsDep) -> Response:
    """Prometheus exposition text; names begin with `hl_`."""
    await scrape.refresh(found.database, found.metrics, counted=found.counted)
    return Response(found.metrics.text(), media_type=CONTENT_TYPE)
