"""`./hotline openapi`: what the API offers, as OpenAPI 3.1, without starting anything; the desk's types are made from it."""

from pathlib import Path

from app.cli import emit


def openapi() -> None:
    """输出接口说明（OpenAPI 3.1）· print the API's description."""
    from pydantic import SecretStr

    from api.openapi import describe
    from api.server import create_edge
    from api.settings import ApiSettings

    emit(describe(create_edge(ApiSettings(token_key=SecretStr("-" * 32), recordings=Path()))))
