"""/health and /metrics of a process that has no HTTP of its own: a worker, a recogniser, the one beside Asterisk."""

from dataclasses import dataclass, field

from fastapi import FastAPI

from api import problems, system
from api.counted import Counted
from api.health import Health
from api.metrics import Metrics
from api.settings import ApiSettings
from store.database import Database


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What api.system asks of api.parts.Parts."""

    database: Database
    settings: ApiSettings
    metrics: Metrics
    health: Health
    counted: Counted = field(default_factory=Counted)


def create_watch(database: Database, metrics: Metrics, health: Health, settings: ApiSettings) -> FastAPI:
    """Loopback may look, others need the status token, as in the whole API."""
    health.register("database", database.check)
    app = FastAPI(title="Hotline 12345", version="1", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.parts = WatchParts(database, settings, metrics, health)
    problems.install(app)
    app.include_router(system.router)
    return app
