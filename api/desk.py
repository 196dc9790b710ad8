"""The desk's pages, sent as the build made them under a strict Content-Security-Policy; any other path is the desk's own to show."""

from fastapi import FastAPI, Request, Response
from starlette.types import Receive, Scope, Send

from api.pages import INDEX, OURS, File
from api.parts import Parts
from api.problems import problem, request_id

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script, no eval, nothing from elsewhere; `data:` is for pictures only (small signs in style sheets)."""
HEADERS = {  # of a page; scripts and sheets obey the page that asks for them and need not say it a hundred times
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(self), geolocation=(self), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>12345</title></head>
<body><main><h1>网页工作台尚未构建</h1>
<p>接口正常运行。在本机项目目录下运行 <code>./hotline setup desk</code>，然后重新启动服务。</p>
<p lang="en">The web desk is not built yet. The API works. Run <code>./hotline setup desk</code> in the project's folder, then start the service again.</p>
</main></body></html>
"""


def install(app: FastAPI) -> None:
    """What no route takes is the desk's, where it is asked for with GET; routes keep their own 405."""
    otherwise = app.router.default

    async def desk(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].lstrip("/")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or path.startswith(OURS):
            await otherwise(scope, receive, send)
            return
        await page(path, Request(scope))(scope, receive, send)

    app.router.default = desk


def page(path: str, request: Request) -> Response:
    """A file of the desk, or the frame in which it shows the page of that address."""
    parts: Parts = request.app.state.parts
    if not parts.pages.files and path in ("", INDEX):
        return Response(_NOT_BUILT, 503, HEADERS, "text/html; charset=utf-8")
    file = parts.pages.find(path)
    return _answer(file, request) if file else problem(request_id(request.scope), 404, "没有这个地址")


def _answer(file: File, request: Request) -> Response:
    headers = {
        **(HEADERS if file.kind.startswith("text/html") else {}),
        "Cache-Control": file.cache,
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match", "") == file.tag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body = file.packed
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, 200, headers, file.kind)
