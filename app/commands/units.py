"""`./hotline units …`: the register of units: who leads, handles and keeps its knowledge, what is missing, files in."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import emit, out, reason
from app.commands.trunks import Json, with_session
from app.settings import settings
from core.errors import BadInput, HotlineError
from core.masking import mask_name, mask_number
from core.unit_register import CLAUSES, DUTY_NAMES, KIND_NAMES, LACK_NAMES, Lack

app = typer.Typer(help="承办单位登记 · the register of units", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="单位代码 · the unit's code")]
Where = Annotated[str, typer.Option("--division", help="只看一个区划，如 431021 · one place's units only")]


@app.command("list")
def list_units(division: Where = "", json: Json = False) -> None:
    """全部单位：归属、科室、缺项数 · every unit, where it belongs, how much its entry lacks."""
    rows = _standings(division)
    if json:
        emit({"units": [_standing_json(one) for one in rows]})
        return
    for one in rows:
        mark = f"缺 {len(one.lacks)} 项" if one.lacks else "完整"
        out.print(f"{one.code:<22} {one.name} {one.division or ''} {mark}", highlight=False, markup=False)
    out.print(f"共 {len(rows)} 个单位", highlight=False)


@app.command()
def show(
    code: Code,
    purpose: Annotated[
        str, typer.Option(help="说明目的则显示全名全号，并留痕 · in full, and the look is kept")
    ] = "",
    json: Json = False,
) -> None:
    """一个单位的人员、电话、归属、缺项 · one unit's entry; masked without a purpose."""
    from app import seeding
    from app.floor import now
    from store import lookups, units

    async def read(session: Any) -> Any:
        await seeding.registers_if_none(session, settings())
        kept = await units.kept(session, code)
        if purpose:
            await lookups.note(session, _who(), "unit.people", code, now(), purpose)
        return kept, await units.standings(session, codes=[code])

    kept, standing = with_session(read, looking=True)
    lacks = standing[0].lacks if standing else ()
    people = [
        {
            "duty": one.duty, "name": one.name if purpose else mask_name(one.name),
            "post": one.post if purpose else "*" if one.post else "", "login": one.login,
        }
        for one in kept.entry.people
    ]  # fmt: skip
    phones = [
        {
            "kind": one.kind, "number": one.number if purpose else mask_number(one.number),
            "holder": one.holder if purpose else mask_name(one.holder),
        }
        for one in kept.entry.phones
    ]  # fmt: skip
    unit = kept.unit
    if json:
        emit({
            "code": unit.code, "name": unit.name, "division": unit.division, "parent": unit.parent_code,
            "section": unit.section, "people": people, "phones": phones, "lacks": list(lacks), "version": unit.version,
        })  # fmt: skip
        return
    said = [
        f"{unit.code} {unit.name}",
        f"归属 {unit.division or '未填'}  上级 {unit.parent_code or '无'}  科室 {unit.section or '未填'}",
    ]
    said += [f"  {DUTY_NAMES[one['duty']]} {one['name']} {one['post']}" for one in people]
    said += [f"  {KIND_NAMES[one['kind']]} {one['number']} {one['holder']}" for one in phones]
    said += [f"  缺 {_lack(one)}" for one in lacks]
    for line in said:
        out.print(line.rstrip(), highlight=False, markup=False, soft_wrap=True)


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="要检查的文件；不给则查现有登记 · a file, or the register")
    ] = None,
    division: Where = "",
    json: Json = False,
) -> None:
    """登记缺什么；或文件对不对、会改变什么 · what entries lack, or whether a file is right and what it would change."""
    if file is not None:
        _import(file, "", dry=True, json=json)
        return
    rows = _standings(division)
    lacking = [one for one in rows if one.lacks]
    if json:
        emit(
            {
                "total": len(rows),
                "complete": len(rows) - len(lacking),
                "units": [_standing_json(one) for one in lacking],
            }
        )
        return
    for one in lacking:
        out.print(
            f"{one.code} {one.name} 缺：{'、'.join(_lack(lack) for lack in one.lacks)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    out.print(f"{len(rows)} 个单位，{len(rows) - len(lacking)} 个登记完整", highlight=False)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="单位登记：.csv 或 .yaml")],
    why: Annotated[str, typer.Option(help="变更依据 · why")] = "",
    json: Json = False,
) -> None:
    """导入登记：全部生效或全部不变 · all or none; the same file again changes nothing."""
    _import(file, reason(why, ask=True), dry=False, json=json)


def _import(file: Path, why: str, *, dry: bool, json: bool) -> None:
    from app import seeding, unit_file
    from app.floor import now
    from store import units

    given, tree, at = unit_file.read(file), seeding.city_divisions(settings().policy), now()

    async def write(session: Any) -> list[tuple[str, str, str]]:
        await seeding.registers_if_none(session, settings())
        told = []
        for one in given:
            if one.name and await units.enter(session, one.entry.code, one.name):
                told.append((one.entry.code, "unit", "added"))
        for one in given:
            try:
                entry = await units.filled(session, one.entry)
                done = await units.put(session, entry, None, _who(), at, tree, why)
            except HotlineError as error:
                raise BadInput(f"{one.place}: {error}") from error
            told += [(change.unit, change.what, change.action) for change in done]
        if dry:
            raise _OnlyLooked(told)
        return told

    try:
        told = with_session(write, trial=dry)
    except _OnlyLooked as looked:
        told = looked.told
    if json:
        changes = [{"unit": unit, "what": what, "action": action} for unit, what, action in told]
        emit({"file": str(file), "units": len(given), "applied": not dry, "changes": changes})
        return
    verb = "将变更" if dry else "已变更"
    out.print(f"✓ {len(given)} 个单位，{verb} {len(told)} 处", highlight=False)


class _OnlyLooked(Exception):
    """What would have changed; ends the transaction without a trace."""

    def __init__(self, told: list[tuple[str, str, str]]) -> None:
        self.told = told


def _standings(division: str) -> list[Any]:
    from app import seeding
    from store import units

    tree = seeding.city_divisions(settings().policy)
    if division:
        tree.get(division)

    async def read(session: Any) -> list[units.Standing]:
        await seeding.registers_if_none(session, settings())
        return await units.standings(session, tree.under(division) if division else None)

    return with_session(read, looking=True)


def _standing_json(one: Any) -> dict[str, Any]:
    return {"code": one.code, "name": one.name, "division": one.division, "lacks": list(one.lacks)}


def _lack(lack: Lack) -> str:
    return f"{LACK_NAMES[lack]}（{CLAUSES[lack]}）"


def _who() -> str:
    return f"cli:{getpass.getuser()}"
