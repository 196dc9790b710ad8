"""`./hotline notices …`: what could not be sent or may have arrived, and a person's word about it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput
from core.masking import mask_number
from core.notices import CHANNELS, STATES
from tickets.clock import CHINA
from tickets.clock import words as in_words

app = typer.Typer(help="通知：短信、语音、邮件、推送 · what is owed to be told", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
T = TypeVar("T")
WAYS = {"sms": "短信", "voice": "语音", "mail": "邮件", "webhook": "推送"}
KINDS = {
    "ticket_number": "工单编号", "grade": "评价", "refusal": "不予受理", "extension": "延期", "dates_moved": "期限调整", "card": "亮牌", "event": "事件", "alarm": "告警", "knowledge": "知识库",
}  # fmt: skip
STANDS = {
    "due": "待发", "sending": "发送中", "sent": "已送达", "uncertain": "存疑", "failed": "被拒收", "given_up": "已放弃",
    "not_sent": "未发",
}  # fmt: skip
VERDICTS = {"arrived": "已确认送达", "again": "将再次发送"}


def _with_session(work: Callable[[Any], Awaitable[T]], *, looking: bool = False) -> T:
    from app.opened import database

    async def run() -> T:
        async with database(settings(), looking=looking) as opened, opened.session() as session:
            return await work(session)

    return asyncio.run(run())


@app.command("list")
def list_notices(
    state: Annotated[str, typer.Option(help="、".join(STATES))] = "",
    channel: Annotated[str, typer.Option(help="、".join(CHANNELS))] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    json: Json = False,
) -> None:
    """最近的通知 · newest first; `--state uncertain`: those a person must decide about."""
    from store import notices

    for given, known in ((state, STATES), (channel, CHANNELS)):
        if given and given not in known:
            raise BadInput(f"没有 {given!r}；可用：{'、'.join(known)}")

    async def read(session: Any) -> Any:
        return await notices.find(session, state=state, channel=channel, limit=limit)

    page = _with_session(read, looking=True)
    if json:
        emit({"total": page.total, "notices": [_json(row) for row in page.items]})
        return
    if not page.items:
        out.print("没有这样的通知", highlight=False)
    for row in page.items:
        said = (
            f"{row.id}  {in_words(row.created_at, 0)}  {WAYS[row.channel]} {KINDS.get(row.kind, row.kind)}  "
        )
        said += f"{mask_number(row.recipient)}  {STANDS[row.state]}"
        said += f"（{row.reason}）" if row.reason else ""
        out.print(said, highlight=False, soft_wrap=True, markup=False)


def _json(row: Any) -> dict[str, Any]:
    kept = (
        "id", "kind", "channel", "state", "subject", "ticket_id", "tries", "via", "reason", "gateway_id", "resolved_by", "why",
    )  # fmt: skip
    moments = ("created_at", "due_at", "expires_at", "sent_at", "resolved_at")
    told: dict[str, Any] = {name: getattr(row, name) for name in kept}
    told |= {name: moment.isoformat() if (moment := getattr(row, name)) else None for name in moments}
    return told | {"recipient": mask_number(row.recipient)}


@app.command()
def replay(
    since: Annotated[datetime, typer.Argument(help="北京时间 · from, China's time")],
    until: Annotated[datetime, typer.Argument(help="北京时间 · until")],
    why: Annotated[str, typer.Option(help="原因 · why")] = "",
    json: Json = False,
) -> None:
    """把这段时间的推送按原编号重发一遍 · every webhook of this time once more, for a receiver that lost them."""
    from app.floor import now
    from store import notices

    if len(why.strip()) < 2:
        raise BadInput("请用 --why 写明原因")
    a, b = (at if at.tzinfo else at.replace(tzinfo=CHINA) for at in (since, until))

    async def again(session: Any) -> int:
        return await notices.replay(session, a, b, "cli", why.strip(), now())

    many = _with_session(again)
    if json:
        emit({"replayed": many})
    else:
        out.print(f"✓ 将重发 {many} 条推送", highlight=False)


@app.command()
def resolve(
    notice: Annotated[str, typer.Argument(help="通知编号 · the notice's id")],
    verdict: Annotated[str, typer.Argument(help="arrived 已送达, again 再发一次")],
    why: Annotated[str, typer.Option(help="依据 · how you know", prompt=False)] = "",
    json: Json = False,
) -> None:
    """处理一条存疑或未发出的通知 · it arrived, or it is to be sent again."""
    from app.floor import now
    from store import notices

    if verdict not in VERDICTS:
        raise BadInput(f"没有 {verdict!r}；可用：{'、'.join(VERDICTS)}")
    if len(why.strip()) < 2:
        raise BadInput("请用 --why 写明依据")
    meant: notices.Verdict = "arrived" if verdict == "arrived" else "send_again"

    async def decide(session: Any) -> Any:
        return await notices.resolve(session, notice, meant, "cli", why.strip(), now())

    row = _with_session(decide)
    if json:
        emit(_json(row))
    else:
        out.print(f"✓ {VERDICTS[verdict]}：{row.id}", highlight=False, soft_wrap=True)
