"""Every error leaves as one shape: problem details, RFC 9457, with a stable code and Chinese words first."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from core.errors import HotlineError
from core.masking import mask_text

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "无权进行此操作",
    404: "没有找到",
    405: "不支持此方法",
    406: "无法提供所需格式",
    409: "数据已被他人更改",
    412: "前提条件不满足",
    413: "内容过大",
    415: "不支持的内容类型",
    416: "请求的范围无效",
    422: "填写的内容有误",
    428: "缺少前提条件",
    429: "操作过于频繁，请稍后再试",
    500: "系统内部错误",
    503: "服务暂时不可用",
}
UNWELL = {
    "store_unavailable": "数据库暂时不可用，请稍后再试",
    "store_outdated": "数据库版本与程序不符，请联系管理员",
    "key_missing": "数据密钥缺失，请联系管理员",
    "switch_silent": "电话交换机没有回应，请稍后再试",
    "switch_elsewhere": "提供此接口的进程不连接电话交换机，请改用同时承担 agi 角色的进程",
    "model_missing": "语音模型未安装",
    "part_missing": "缺少所需的部件",
}  # what a 5xx says outside: its own text may hold an address or a path and stays in the log
CODES = {400: "bad_request", 401: "not_authenticated", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed",
         413: "too_large", 415: "unsupported_media_type", 416: "range_not_satisfiable", 422: "bad_input",
         500: "internal_error", 503: "unavailable"}  # fmt: skip


class NotAuthenticated(HotlineError):
    """Nobody is logged in, or the log-in has run out."""

    code = "not_authenticated"
    status = 401


class TooManyTries(HotlineError):
    """Too many failed log-ins; `after_s` says when to try again."""

    code = "too_many_tries"
    status = 429
    retryable = True

    def __init__(self, message: str, after_s: int) -> None:
        super().__init__(message)
        self.after_s = after_s


class PreconditionRequired(HotlineError):
    """A change must say which version it was decided on (RFC 6585 section 3)."""

    code = "precondition_required"
    status = 428


class KeyReused(HotlineError):
    """An Idempotency-Key that stands for something else already."""

    code = "key_reused"
    status = 422


class FieldError(BaseModel):
    """One part of the input that can't be used."""

    where: str = Field(description="path to the field, dots between steps", examples=["body.text"])
    message: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "type": "urn:hotline:problem:not_found", "title": "没有找到", "status": 404, "detail": "没有这张工单",
        "code": "not_found", "request_id": "req_01KB3V5M2R8Q4T6W9Y0A", "retryable": False, "errors": [],
    }]})  # fmt: skip

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    retryable: bool = False
    errors: list[FieldError] = []


def problem(
    request_id: str,
    status: int,
    detail: str = "",
    *,
    code: str = "",
    retryable: bool = False,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem+json response; title and code follow from the status where they are not given."""
    code = code or CODES.get(status, f"http_{status}")
    body = Problem(
        type=f"urn:hotline:problem:{code}",
        title=TITLES.get(status, "请求未能完成"),
        status=status,
        detail=detail or TITLES.get(status, "请求未能完成"),
        code=code,
        request_id=request_id,
        retryable=retryable,
        errors=list(errors),
    )
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


def request_id(scope: Mapping[str, Any]) -> str:
    """The id the guard gave this request; also in its answer's X-Request-Id and in the log."""
    return str(scope.get("hotline.request_id", ""))


async def _foreseen(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HotlineError)
    ours = request_id(request.scope)
    detail = str(error)
    if error.status >= 500:
        log.warning("part_failed", request_id=ours, code=error.code, detail=mask_text(detail))
        detail = UNWELL.get(error.code, "")
    return problem(
        ours, error.status, detail, code=error.code, retryable=error.retryable, headers=_extra_headers(error)
    )


def _extra_headers(error: HotlineError) -> dict[str, str]:
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.after_s)}
    if error.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": "5"} if error.status == 503 and error.retryable else {}


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(request_id(request.scope), error.status_code, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        FieldError(where=".".join(map(str, e["loc"])), message=str(e["msg"])) for e in error.errors()[:50]
    ]
    return problem(request_id(request.scope), 422, "请检查所列的字段", errors=errors)


def install(app: FastAPI) -> None:
    """Map every foreseen error once; unforeseen ones are the guard's."""
    app.add_exception_handler(HotlineError, _foreseen)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for these error statuses, each with an example."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    code = CODES.get(status) or {409: "conflict", 428: "precondition_required", 429: "too_many_tries"}.get(
        status, "error"
    )
    example = Problem(
        type=f"urn:hotline:problem:{code}",
        title=TITLES[status],
        status=status,
        detail=TITLES[status],
        code=code,
        request_id="req_01KB3V5M2R8Q4T6W9Y0A",
    ).model_dump()
    return {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
