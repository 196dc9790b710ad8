"""`./hotline kb …`: the knowledge base: what is known and by whom, versions, files in and out, what is due, what is missing."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from app.cli import emit, out, reason
from app.settings import settings
from core.errors import BadInput
from match.governance import STATE_NAMES
from tickets.clock import CHINA, local
from tickets.clock import words as in_words

app = typer.Typer(help="知识库 · the knowledge base", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON")]
Unit = Annotated[str, typer.Option(help="只看一个单位 · one unit only")]
T = TypeVar("T")


def _with_house(work: Callable[[Any], Awaitable[T]], *, looking: bool = True) -> T:
    """Opened, with its registers: an empty one is filled first."""
    from app import seeding
    from app.opened import database

    async def run() -> T:
        async with database(settings(), looking=looking) as opened:
            async with opened.session() as session:
                await seeding.registers_if_none(session, settings())
            return await work(opened)

    return asyncio.run(run())


@app.command("list")
def list_articles(
    unit: Unit = "",
    kind: Annotated[str, typer.Option(help="职责职能、法律法规、政策、办事指南、常见问题")] = "",
    search: Annotated[str, typer.Option(help="标题或答复中的词 · words")] = "",
    json: Json = False,
) -> None:
    """现行知识点 · what holds now: owner, kind, version."""
    from api import queries
    from app.floor import now

    async def read(opened: Any) -> Any:
        async with opened.reading() as session:
            return await queries.articles(session, search, unit, kind, now(), 1000, 0)

    page = _with_house(read)
    rows = [
        {"id": one.id, "kind": one.kind, "title": one.title, "unit": one.unit_code, "version": one.version, "editor": one.editor_id}
        for one in page.items
    ]  # fmt: skip
    if json:
        emit({"total": page.total, "articles": rows})
        return
    for row in rows:
        _say(f"{row['id']:<22} v{row['version']:<3} {row['kind']} {row['title']}（{row['unit']}）")
    out.print(f"共 {page.total} 条", highlight=False)


@app.command()
def show(
    article: Annotated[str, typer.Argument(help="知识点编号 · the article's id")],
    at: Annotated[datetime | None, typer.Option(help="北京时间某一时刻 · what held then")] = None,
    json: Json = False,
) -> None:
    """一个知识点的历次版本和当时有效的文本 · its versions, and the text that holds or held."""
    from app.floor import now
    from store import knowledge

    moment = _china(at) if at else now()

    async def read(opened: Any) -> tuple[Any, Any, int | None]:
        async with opened.reading() as session:
            row = await knowledge.article(session, article)
            return (
                row,
                await knowledge.chain(session, article),
                await knowledge.held(session, article, moment),
            )

    row, chain, held = _with_house(read)
    text = next((one for one in chain if one.number == held), None)
    if json:
        versions = [_version(one) for one in chain]
        shown = {**knowledge.seen(text)} if text else None
        emit({"id": row.id, "unit": row.unit_code, "editor": row.editor_id, "held": held, "text": shown, "versions": versions})  # fmt: skip
        return
    for one in chain:
        since = f"，{in_words(one.serves_from, 0, begins=True)}起" if one.serves_from else ""
        late = "，迟报" if one.late else ""
        mark = "▶" if one.number == held else " "
        _say(f"{mark} v{one.number} {STATE_NAMES[one.state]}{since}{late}  来源 {one.source}  {one.why}")
    if text is not None:
        _say(f"\n{text.title}（{text.unit_code}，{text.clause}）\n{text.answer}")
    else:
        _say("此时没有生效的版本")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="articles: 的 YAML 文件")],
    why: Annotated[str, typer.Option(help="依据 · why")] = "",
    effective: Annotated[
        datetime | None, typer.Option(help="实施时间（北京时间） · when it takes effect")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="不经校核直接发布 · publish without review")
    ] = False,
    json: Json = False,
) -> None:
    """导入知识点：新的或改过的成为新版待校核，相同的不变，全部生效或全部不变 · all or none, the same again changes nothing."""
    from api.actor import Actor
    from app.knowledge import intake
    from app.knowledge.house import Rules
    from app.policies import calendar_folders, load, load_calendar

    try:
        given = intake.read(file.name, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}：读不出：{getattr(error, 'strerror', None) or error}") from error
    why = reason(why)
    s = settings()
    rules = Rules(load(s.policy), load_calendar(*calendar_folders(s.home)))
    who = f"cli:{getpass.getuser()}"
    actor = Actor(who, who, who, "office")

    async def write(opened: Any) -> list[intake.TakenIn]:
        from app.floor import now

        async with opened.session() as session:
            since = _china(effective) if effective else None
            return await intake.take_in(
                session, given, actor, why, now(), rules,
                source=f"import:{file.name}", effective_from=since, publish=publish,
            )  # fmt: skip

    done = _with_house(write, looking=False)
    counts = {what: sum(one.what == what for one in done) for what in ("added", "changed", "same")}
    late = [one.article for one in done if one.late]
    if json:
        changed = [{"id": one.article, "version": one.number, "what": one.what, "late": one.late} for one in done if one.what != "same"]  # fmt: skip
        emit({"file": str(file), **counts, "late": late, "published": publish, "changes": changed})
        return
    state = "已发布" if publish else "待校核"
    _say(f"✓ 新增 {counts['added']} 条，修改 {counts['changed']} 条（{state}），相同 {counts['same']} 条")
    if late:
        _say(f"迟报 {len(late)} 条：{'、'.join(late[:10])}")


@app.command("export")
def export_file(
    file: Annotated[Path, typer.Argument(help="写到哪个文件 · where to")], unit: Unit = "", json: Json = False
) -> None:
    """导出现行知识点，可再导入 · what holds now, as a file that import reads."""
    from app.knowledge import intake
    from store.content import load_content

    async def read(opened: Any) -> Any:
        async with opened.reading() as session:
            return (await load_content(session)).articles

    texts = [one for one in _with_house(read) if unit in ("", one.unit)]
    try:
        file.write_text(intake.written(texts), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file}：写不了：{error.strerror}") from error
    if json:
        emit({"file": str(file), "articles": len(texts)})
    else:
        _say(f"✓ {len(texts)} 条写入 {file}")


@app.command()
def due(unit: Unit = "", json: Json = False) -> None:
    """到期和待办：待补正的缺漏、待校核和待生效的版本、依据已过有效期的知识点 · gaps to mend, versions to check and to come, what lapsed."""
    from app.floor import now
    from store import knowledge, knowledge_gaps

    at = now()

    async def read(opened: Any) -> tuple[Any, Any, Any, Any, Any]:
        async with opened.reading() as session:
            gaps = await knowledge_gaps.find(session, states=("assigned",), unit=unit, limit=1000)
            submitted = await knowledge.find_versions(session, state="submitted", unit=unit, limit=1000)
            reviewed = await knowledge.find_versions(session, state="reviewed", unit=unit, limit=1000)
            coming = await knowledge.find_versions(session, unit=unit, serves_after=at, limit=1000)
            lapsed = await knowledge.ending(session, local(at).date(), unit)
            return gaps.items, submitted.items, reviewed.items, coming.items, lapsed.items

    gaps, submitted, reviewed, coming, lapsed = _with_house(read)
    if json:
        emit(
            {
                "gaps": [_gap(one, at) for one in gaps],
                "to_review": [_version(one) for one in submitted],
                "to_publish": [_version(one) for one in reviewed],
                "to_come": [_version(one) for one in coming],
                "lapsed": [
                    {"id": one.id, "unit": one.unit_code, "title": one.title, "valid_to": str(one.valid_to)}
                    for one in lapsed
                ],
            }
        )
        return
    for one in gaps:
        by = f"{in_words(one.due_at, 0)}到期" if one.due_at else "未定期限"
        late = "，已逾期" if one.due_at and one.due_at <= at else ""
        _say(f"待补正  {one.id}  {one.unit_code}  {one.title}  {by}{late}")
    for name, rows in (("待校核", submitted), ("待发布", reviewed)):
        for one in rows:
            _say(f"{name}  {one.article_id} v{one.number}  {one.unit_code}  {one.title}")
    for one in coming:
        _say(f"待生效  {one.article_id} v{one.number}  {in_words(one.serves_from, 0, begins=True)}起")
    for one in lapsed:
        _say(f"已过有效期  {one.id}  {one.unit_code}  {one.title}  至 {one.valid_to}")
    _say(
        f"已过有效期 {len(lapsed)}，待补正 {len(gaps)}，待校核 {len(submitted)}，待发布 {len(reviewed)}，待生效 {len(coming)}"
    )


@app.command()
def gaps(
    least: Annotated[int, typer.Option(min=2, max=1000, help="至少问过几次 · asked at least so often")] = 2,
    json: Json = False,
) -> None:
    """缺漏：已报告未了结的，和市民问到而没有找到的 · reported ones that are open, and what was asked and not found."""
    from app.floor import now
    from app.knowledge.misses import proposed
    from match.gap_table import OPEN
    from match.gap_table import STATE_NAMES as GAP_STATES
    from store import knowledge_gaps

    at = now()

    async def read(opened: Any) -> tuple[Any, Any]:
        async with opened.reading() as session:
            found = await knowledge_gaps.find(session, states=OPEN, limit=1000)
        return found.items, await proposed(opened, at, least)

    reported, mined = _with_house(read)
    if json:
        groups = [{"words": one.words, "count": one.count} for one in mined]
        emit({"reported": [_gap(one, at) for one in reported], "proposed": groups})
        return
    for one in reported:
        _say(f"{GAP_STATES[one.state]}  {one.id}  {one.unit_code or '（未定单位）'}  {one.title}")
    for group in mined:
        _say(f"问到 {group.count} 次  {group.words}")
    _say(f"已报告 {len(reported)}，问到而没有找到 {len(mined)}")


def _version(one: Any) -> dict[str, Any]:
    moments = ("created_at", "submitted_at", "effective_from", "published_at", "serves_from", "serves_until")
    told = {"article": one.article_id, "number": one.number, "state": one.state, "unit": one.unit_code, "title": one.title}  # fmt: skip
    told |= {"source": one.source, "why": one.why, "author": one.author, "late": one.late, "lead": one.lead}
    return told | {name: at.isoformat() if (at := getattr(one, name)) else None for name in moments}


def _gap(one: Any, at: datetime) -> dict[str, Any]:
    told = {
        "id": one.id,
        "kind": one.kind,
        "state": one.state,
        "unit": one.unit_code,
        "article": one.article_id,
    }
    told |= {"title": one.title, "asked": one.asked}
    due = one.due_at
    return told | {"due": due.isoformat() if due else None, "late": bool(due and due <= at and one.state == "assigned")}  # fmt: skip


def _china(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
