"""The published description: nothing without an example, nothing without its errors."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from api.openapi import ExampleMissing, describe, example, operations
from tests.api.conftest import World

pytestmark = pytest.mark.service
OPEN_TO_ALL = {
    "POST /api/v1/token", "POST /api/v1/token/refresh", "GET /api/v1/demo/accounts", "POST /api/v1/demo/token", "POST /api/v1/demo/call", "GET /health", "GET /metrics",
    "POST /api/v1/grades/online", "POST /api/v1/grades/online/choices", "POST /api/v1/texts/replies",  # a link's token, a signature
    "POST /api/v1/public/tickets/{number}/code", "GET /api/v1/public/tickets/{number}",
    *(f"POST /api/v1/public/tickets/{{number}}/{deed}" for deed in ("supplement", "urge", "withdraw")),  # a code by text
    *(f"POST /api/v1/public/tickets/{{number}}/{deed}" for deed in ("grade", "photos")),
    "GET /api/v1/wall",  # a screen's token
    "POST /api/v1/public/filing/code", "POST /api/v1/public/filing", "GET /api/v1/public/knowledge", "GET /api/v1/public/knowledge/changes", "GET /api/v1/public/places",
}  # fmt: skip
JsonObject = dict[str, Any]


@pytest.fixture
def document(small_world: World) -> JsonObject:
    return describe(small_world.app)


def bodies(operation: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Every body an operation takes or gives, by what it is."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", media
    for status, response in operation["responses"].items():
        for media in response.get("content", {}).values():
            yield status, media


def test_it_is_openapi_3_1_and_served(document: JsonObject) -> None:
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) >= 30


async def test_it_is_served_where_operators_look(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.get("/api/v1/openapi.json")
    assert answer.json()["info"]["title"] == "Hotline 12345"


def test_every_operation_has_a_summary_a_description_and_a_known_tag(document: JsonObject) -> None:
    known = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= known, name


def test_every_body_has_an_example_that_its_own_schema_accepts(document: JsonObject) -> None:
    for name, operation in operations(document):
        for what, media in bodies(operation):
            shown = [one["value"] for one in media.get("examples", {}).values()] or [media.get("example")]
            assert None not in shown, f"{name} {what}"
            if media.get("schema"):
                schema = {**media["schema"], "components": document["components"]}
                for value in shown:
                    jsonschema.validate(value, schema)


def test_every_parameter_has_an_example_or_a_default(document: JsonObject) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                continue  # ids look like the ids in the answers' examples
            schema = parameter["schema"]
            known = "default" in schema or "examples" in schema or "examples" in parameter
            assert known, f"{name} {parameter['name']}"


def test_every_operation_documents_its_errors_as_problems(document: JsonObject) -> None:
    for name, operation in operations(document):
        errors = {status: r for status, r in operation["responses"].items() if status >= "400"}
        assert "500" in errors, name
        assert name in OPEN_TO_ALL or {"401", "403"} <= errors.keys(), name
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= errors.keys(), name
        if "{" in name:
            assert "404" in errors, name
        for status, response in errors.items():
            if (name, status) != ("GET /health", "503"):  # the report itself tells what is down
                assert list(response["content"]) == ["application/problem+json"], f"{name} {status}"


def test_a_field_without_an_example_is_named() -> None:
    schemas = {"Thing": {"type": "object", "properties": {"size": {"type": "integer"}}}}
    with pytest.raises(ExampleMissing, match=r"GET /things Thing\.size"):
        example({"$ref": "#/components/schemas/Thing"}, schemas, "GET /things")
