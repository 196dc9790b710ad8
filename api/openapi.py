"""The API's own description (OpenAPI 3.1): every body with an example, every operation with the errors it may answer."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import Problem, documented

JsonObject = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")


class ExampleMissing(ValueError):
    """A field of a published model has no example; the text names it."""


def describe(app: FastAPI) -> JsonObject:
    """The document, made once. Raises ExampleMissing, so that no field is published without an example."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_own_schemas())
        for leftover in ("HTTPValidationError", "ValidationError"):
            schemas.pop(leftover, None)
        for name, operation in operations(document):
            _complete(operation, name, schemas)
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Every operation as ("GET /path", operation)."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def _own_schemas() -> JsonObject:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "Problem": schema}


def _complete(operation: JsonObject, name: str, schemas: JsonObject) -> None:
    errors = {500, 503}
    if operation.get("security"):
        errors |= {401, 403}
    if operation.get("parameters") or "requestBody" in operation:
        errors.add(422)
    if "requestBody" in operation:
        errors |= {400, 413}
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in documented(*sorted(errors)).items():
        responses.setdefault(str(status), response)
    bodies = [operation.get("requestBody", {}), *responses.values()]
    for content in (media for body in bodies for media in body.get("content", {}).values()):
        choices = content.get("schema", {}).get("discriminator", {}).get("mapping", {})
        if choices:
            shown = {choice: example({"$ref": ref}, schemas, name) for choice, ref in choices.items()}
            content["examples"] = {choice: {"value": value} for choice, value in shown.items()}
        elif "example" not in content and content.get("schema"):
            content["example"] = example(content["schema"], schemas, name)


def example(schema: JsonObject, schemas: JsonObject, where: str) -> Any:
    """An example of `schema`, put together from the examples of its fields."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return example(schemas[name], schemas, f"{where} {name}")
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {key: example(part, schemas, f"{where}.{key}") for key, part in schema["properties"].items()}
    if schema.get("type") == "array" and "items" in schema:
        return [example(schema["items"], schemas, f"{where}[]")]
    if isinstance(schema.get("additionalProperties"), dict):
        return {"database": example(schema["additionalProperties"], schemas, f"{where}{{}}")}
    for option in schema.get("anyOf", []):
        if option.get("type") != "null":
            return example(option, schemas, where)
    raise ExampleMissing(f"no example for {where}")
