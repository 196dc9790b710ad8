"""/health and /metrics: for the machine's own watchers, from loopback or with a token."""

import ipaddress
import secrets

from fastapi import APIRouter, Depends, Request, Response

from api import scrape
from api.health import HealthReport
from api.metrics import CONTENT_TYPE
from api.parts import PartsDep
from api.problems import NotAuthenticated, documented


def watcher(request: Request, found: PartsDep) -> None:
    """Loopback may always look; others need the status token as a bearer."""
    token = found.settings.status_token.get_secret_value()
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return
    if not _is_loopback(request):
        raise NotAuthenticated("仅限本机访问，或提供监控令牌")


def _is_loopback(request: Request) -> bool:
    """A peer on this machine and no proxy in between: behind one, everybody seems to come from loopback."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


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
