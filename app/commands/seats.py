"""`./hotline seats …`: telephones as rows, who sits where, what they can do."""

import secrets as random
from typing import Annotated, Any

import typer

from app.cli import emit, out
from app.commands.trunks import Json, done, with_session

app = typer.Typer(help="座席话机 · seats", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="座席号，如 8005 · its number")]


@app.command("list")
def list_seats(json: Json = False) -> None:
    """全部座席、状态、技能 · all seats, their states and skills."""
    from store import seats

    async def read(session: Any) -> list[dict[str, Any]]:
        return [
            {"seat": s.id, "name": s.name, "state": s.state, "kind": s.kind, "region": s.region, "skills": s.skills}
            for s in await seats.all_seats(session)
        ]  # fmt: skip

    rows = with_session(read, looking=True)
    if json:
        emit({"seats": rows})
        return
    for row in rows:
        can = " ".join([*row["skills"], *([f"region.{row['region']}"] if row["region"] else [])])
        out.print(
            f"{row['seat']:<8} {row['state']:<11} {row['kind']:<11} {row['name']}  {can}", highlight=False
        )


@app.command("add")
def add_seat(
    seat: Number,
    name: Annotated[str, typer.Option(help="名称 · name")] = "",
    json: Json = False,
) -> None:
    """新增座席；SIP 密码在这里生成并显示一次 · its SIP secret is made here and shown."""
    from agi import plan
    from app.floor import now
    from store import seats

    made = plan.Seat(seat, seat, random.token_hex(12))

    async def write(session: Any) -> str:
        row = await seats.add(session, made.id, made.secret, now(), name=name or f"{seat} 号座席")
        return row.sip_secret or ""

    secret = with_session(write)
    done(json, {"seat": seat, "sip_user": seat, "sip_secret": secret})


@app.command("set")
def set_seat(
    seat: Number,
    name: Annotated[str | None, typer.Option(help="名称 · name")] = None,
    kind: Annotated[str | None, typer.Option(help="agent、remote、expert 或 supervisor")] = None,
    region: Annotated[
        str | None, typer.Option(help="远端座席所在县区，如 beihu；空为市 · its county")
    ] = None,
    skill: Annotated[
        list[str] | None, typer.Option(help="技能，可多次，如 lang.yue；空为无 · replaces all")
    ] = None,
    json: Json = False,
) -> None:
    """座席的类别、县区、技能；下一个来电即按此选座 · the next call is chosen by it, no restart."""
    from store import seats

    skills = None if skill is None else [word for word in dict.fromkeys(skill) if word]

    async def write(session: Any) -> dict[str, Any]:
        row = await seats.describe(session, seat, name=name, kind=kind, region=region, skills=skills)  # type: ignore[arg-type]
        return {
            "seat": row.id,
            "name": row.name,
            "kind": row.kind,
            "region": row.region,
            "skills": row.skills,
        }

    facts = with_session(write)
    if json:
        emit(facts)
    else:
        out.print("✓ " + "  ".join(f"{key} {value}" for key, value in facts.items()), highlight=False)
