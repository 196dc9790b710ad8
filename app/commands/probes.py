"""`./hotline probes …`: numbers of units, test calls to them, force-majeure rulings, the month."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar, cast

import typer

from app.cli import emit, out
from app.settings import settings
from core.errors import BadInput, NotFound
from core.masking import mask_number
from core.reachability import Kind
from core.transfer import REASON_NAMES
from core.unit_register import KIND_NAMES
from tickets.clock import CHINA, words

app = typer.Typer(help="单位联络畅通测试 · can units be reached", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
T = TypeVar("T")
WAIT_S = 60.0
OUTCOMES = {str(reason): said for reason, said in REASON_NAMES.items()} | {
    "answered": "接通",
    "not_placed": "没有拨出（服务中断或没有外线）",
}


def _with_session(work: Callable[[Any], Awaitable[T]], *, looking: bool = False) -> T:
    from app.opened import database

    async def run() -> T:
        async with database(settings(), looking=looking) as opened, opened.session() as session:
            return await work(session)

    return asyncio.run(run())


@app.command("list")
def list_probes(
    month: Annotated[str, typer.Option(help="2026-11；默认本月 · this month")] = "",
    unit: Annotated[str, typer.Option(help="单位代码 · only this unit")] = "",
    json: Json = False,
) -> None:
    """本月各单位接通情况与扣分 · each unit's month: calls, outages, points."""
    from api.probes import bounds
    from app import policies
    from store import probes
    from tickets.open_hours import open_hours

    try:
        since, until = bounds(month)
    except ValueError:
        raise BadInput(f"月份写作 2026-11，不是 {month!r}") from None

    s = settings()
    hours = open_hours(policies.load(s.policy), policies.load_calendar(*policies.calendar_folders(s.home)))

    async def read(session: Any) -> tuple[list[probes.Reach], dict[str, str]]:
        reached = await probes.summary(session, since, until, hours, unit)
        return reached, await probes.unit_names(session)

    found, names = _with_session(read, looking=True)
    if json:
        emit({"since": since.isoformat(), "units": [_json(one, names) for one in found]})
        return
    if not found:
        out.print("还没有登记单位号码；用 ./hotline probes add 登记", highlight=False, soft_wrap=True)
    for one in found:
        counted = sum(1 for _, outage in one.outages if not outage.excused)
        who = f"{names.get(one.unit, '')}（{one.unit}）"
        line = (
            f"{who:<24} 测试 {one.calls:<4} 接通 {one.answered:<4} 不畅 {counted:<3} 扣 {one.points_off:g} 分"
        )
        out.print(line, highlight=False, soft_wrap=True)


def _json(one: Any, names: dict[str, str]) -> dict[str, Any]:
    outages = [
        {"kind": kind, "began": o.began, "ended": o.ended, "tries": o.tries, "excused": o.excused}
        for kind, o in one.outages
    ]
    return {
        "unit": one.unit, "name": names.get(one.unit), "calls": one.calls, "answered": one.answered, "points_off": one.points_off, "outages": outages,
    }  # fmt: skip


@app.command()
def add(
    unit: Annotated[str, typer.Argument(help="单位代码 · the unit's code")],
    kind: Annotated[
        str,
        typer.Argument(
            help="fixed 联线电话, leader 分管领导手机, handler 经办人手机, duty 值班室, editor 采编员电话"
        ),
    ],
    number: Annotated[str, typer.Argument(help="号码 · digits")],
    holder: Annotated[str, typer.Option(help="姓名 · whose")] = "",
    json: Json = False,
) -> None:
    """登记一个联络号码 · enter a number."""
    from app.floor import now
    from store import probes

    if not number.removeprefix("+").isdecimal() or not 3 <= len(number) <= 20:
        raise BadInput("号码应为 3 至 20 位数字")

    async def write(session: Any) -> str:
        return (
            await probes.add_phone(session, unit, kind, number, holder, now(), f"cli:{getpass.getuser()}")
        ).id

    phone = _with_session(write)
    if json:
        emit({"phone": phone, "unit": unit, "kind": kind})
    else:
        out.print(
            f"✓ 已登记 {unit} {KIND_NAMES[cast(Kind, kind)]} {mask_number(number)}（{phone}）",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def run(
    unit: Annotated[str, typer.Argument(help="单位代码 · the unit's code")],
    json: Json = False,
) -> None:
    """现在测试一个单位的全部号码（由运行中的服务拨打） · test a unit's numbers now; the running service places the calls."""
    from app.floor import now
    from core.errors import Conflict
    from core.reachability import FairUse
    from store import probes

    async def want(session: Any) -> tuple[list[str], list[str]]:
        asked, refused = [], []
        for phone in await probes.phones(session, unit):
            try:
                asked.append((await probes.ask(session, phone.id, "cli", now(), FairUse())).id)
            except Conflict as error:
                refused.append(f"{KIND_NAMES[cast(Kind, phone.kind)]}：{error}")
        return asked, refused

    asked, refused = _with_session(want)
    if not asked and not refused:
        raise NotFound(f"单位 {unit} 没有登记号码；用 ./hotline probes add 登记")
    rows = asyncio.run(_results(asked))
    found = [{"kind": r.kind, "outcome": r.outcome or "waiting", "cause": r.cause} for r in rows]
    if json:
        emit({"unit": unit, "results": found, "refused": refused})
        return
    for one in found:
        came = OUTCOMES.get(one["outcome"], "尚未拨出：服务没有运行或没有外线，见 ./hotline status")
        out.print(f"{KIND_NAMES[cast(Kind, one['kind'])]}：{came}", highlight=False, soft_wrap=True)
    for text in refused:
        out.print(text, style="yellow", highlight=False, soft_wrap=True)


async def _results(asked: list[str]) -> Any:
    """As they are once every call has its result, or nobody placed them for a minute each."""
    from app.opened import database
    from store import probes

    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_S * max(1, len(asked))
    async with database(settings()) as opened:
        while True:
            async with opened.reading() as session:
                rows = await probes.by_id(session, asked)
            if all(row.outcome for row in rows) or loop.time() > deadline:
                return rows
            await asyncio.sleep(1)


@app.command()
def rule(
    since: Annotated[datetime, typer.Argument(help="北京时间 · from, China's time")],
    until: Annotated[datetime, typer.Argument(help="北京时间 · until")],
    reason: Annotated[str, typer.Argument(help="事由 · why")],
    unit: Annotated[str, typer.Option(help="单位代码；不填为全部 · empty: all")] = "",
    json: Json = False,
) -> None:
    """认定不可抗力 · failures of mobiles in this period do not count (002 附三(三))."""
    from app.floor import now
    from store import probes

    a, b = (at if at.tzinfo else at.replace(tzinfo=CHINA) for at in (since, until))

    async def write(session: Any) -> str:
        return (await probes.rule(session, unit, a, b, reason, "cli", now())).id

    made = _with_session(write)
    if json:
        emit({"ruling": made})
    else:
        period = f"{words(a, 0)} 至 {words(b, 0)}"
        out.print(
            f"✓ 已认定不可抗力：{unit or '全部单位'}，{period}，{reason}（{made}）",
            highlight=False,
            soft_wrap=True,
        )
