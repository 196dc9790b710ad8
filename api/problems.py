"""Every error leaves as one shape: problem details, RFC 9457, with a stable code and Chinese words first."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.field_words import sentence, wants_english
from core.errors import BadInput, Changed, HotlineError
from core.masking import mask_text

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "不能进行此操作",
    404: "没有找到",
    405: "不支持此方法",
    406: "无法提供所需格式",
    409: "与当前情况不符，未执行",
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
TITLES_OF = {
    "wrong_state": "当前状态下不能进行此操作",
    "wrong_code": "工单编号或验证码不正确",
    "precedented": "已有审定先例，须依先例办理",
    "missing_clock": "工单没有起算时间",
    "missing_fact": "缺少必填的内容",
    "reply_refused": "回复未通过审单",
    "repeat_refused": "该事项不再受理",
    "repeat_found": "已有同一事项的工单",
    "too_soon": "刚刚催过，请稍后再催",
    "too_many_filed": "今天反映的事项较多",
    "key_reused": "请求标识已用于其他内容",
    "unknown_unit": "没有此承办单位",
    "unknown_line": "没有此号码",
    "unknown_division": "没有此行政区划",
    "unknown_intake": "没有此诉求类型",
}
"""By code, where the status alone would mislead; a ticket that somebody else changed first says `CHANGED`."""
CHANGED = "数据已被他人更改"
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


class WrongKind(HotlineError):
    """A body of a kind that is not taken here."""

    code = "unsupported_media_type"
    status = 415


class KeyReused(HotlineError):
    """An Idempotency-Key that stands for something else already."""

    code = "key_reused"
    status = 422


class FieldError(BaseModel):
    """One part of the input that can't be used."""

    where: str = Field(description="path to the field, dots between steps", examples=["body.text"])
    kind: str = Field(description="kind of error, for programs", examples=["missing"])
    message: str = Field(description="Chinese; English with `Accept-Language: en`", examples=["必填"])


class Current(BaseModel):
    """What a ticket is now that somebody else was first: `action`: the last thing done to it, `by` whom and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "id": "tkt_01KB3V5M2R8Q4T6W9Y0A", "version": 4, "state": "signed", "unit": "chenzhou.rsj", "action": "sign",
        "by": "usr_01KB3V5M2R8Q4T6W9Y0A", "at": "2026-11-21T02:00:10+00:00",
    }]})  # fmt: skip

    id: str
    version: int
    state: str
    unit: str | None
    action: str
    by: str
    at: str


class Problem(BaseModel):
    """RFC 9457 problem details. `current`: with a 409 on a ticket, what it is now."""

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
    current: Current | None = None


def problem(
    request_id: str,
    status: int,
    detail: str = "",
    *,
    code: str = "",
    retryable: bool = False,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    current: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """A problem+json response; code follows from the status where it is not given, the title from both."""
    code = code or CODES.get(status, f"http_{status}")
    title = CHANGED if current else TITLES_OF.get(code) or TITLES.get(status, "请求未能完成")
    body = Problem(
        type=f"urn:hotline:problem:{code}",
        title=title,
        status=status,
        detail=detail or title,
        code=code,
        request_id=request_id,
        retryable=retryable,
        errors=list(errors),
        current=Current.model_validate(current) if current else None,
    )
    left_out = None if current else {"current"}
    return JSONResponse(body.model_dump(exclude=left_out), status, headers, MEDIA_TYPE)


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
    current = error.current if isinstance(error, Changed) else None
    errors = _fields(request, error.fields) if isinstance(error, BadInput) else []
    return problem(
        ours, error.status, detail, code=error.code, retryable=error.retryable, errors=errors, headers=_extra_headers(error),
        current=current,
    )  # fmt: skip


def _fields(request: Request, errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """What pydantic found, in the reader's language."""
    english = wants_english(request.headers.get("accept-language", ""))
    return [
        FieldError(where=".".join(map(str, e["loc"])), kind=str(e["type"]), message=sentence(e, english))
        for e in errors[:50]
    ]


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
    english = wants_english(request.headers.get("accept-language", ""))
    errors = _fields(request, error.errors())
    detail = "please check the fields listed" if english else "请检查所列的字段"
    return problem(request_id(request.scope), 422, detail, errors=errors)


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
    ).model_dump(exclude={"current"})
    return {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
