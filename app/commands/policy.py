"""`./hotline policy`: what the rules say, whether they can be used, and how two cities differ."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app import policies
from app.cli import emit
from app.commands import policy_view as view
from app.commands.policy_cases import explain_cases
from app.commands.policy_diff import differences
from app.policy_desk import Case, explain_case, switches_of
from core.errors import BadInput
from core.policy import silent
from core.policy_text import BadPolicy
from tickets.clock import CHINA

app = typer.Typer(
    help="规则：解释期限、检查、比较 · policy profiles.", no_args_is_help=True, add_completion=False
)
Json = Annotated[bool, typer.Option("--json", help="标准输出只有一个 JSON 对象")]


@app.command()
def explain(
    profile: Annotated[str, typer.Option(help="规则名，如 heyuan、yanji、demo")] = "",
    stage: Annotated[str, typer.Option(help="dispatch|sign|return|handle|supervise|redo")] = "",
    type: Annotated[str, typer.Option(help="consult|help|complaint|report|suggestion|economic")] = "",
    filed_at: Annotated[str, typer.Option(help="该环节起算的时刻，ISO 8601；无时区按 +08:00")] = "",
    multi_unit: Annotated[bool, typer.Option("--multi-unit", help="涉及多个承办单位或职责不清")] = False,
    on_site: Annotated[bool, typer.Option("--on-site", help="确需现场核查")] = False,
    complex: Annotated[bool, typer.Option("--complex", help="复杂的事项")] = False,
    cases: Annotated[Path | None, typer.Option(help="制表符分隔的多条案例文件；逐行输出 JSON")] = None,
    as_json: Json = False,
) -> None:
    """逐日解释一个期限及其条款 · explain a deadline day by day."""
    calendar = policies.load_calendar()
    if cases:
        raise typer.Exit(_many(cases, calendar))
    case = Case(profile, stage, type, filed_at, multi_unit, on_site, complex)
    policy, found = explain_case(case, policies.load, calendar)
    if as_json:
        emit(found.as_json())
    else:
        view.show_explanation(policy, case, found)


def _many(path: Path, calendar: Any) -> int:
    """One JSON object a line, in order; 1 if any line could not be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error
    failed = False
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    for answer in explain_cases(lines, policies.load, calendar):
        failed |= "error" in answer
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return int(failed)


@app.command()
def validate(
    profiles: Annotated[list[str] | None, typer.Argument(help="规则名或 YAML 文件；不写则检查全部")] = None,
    as_json: Json = False,
) -> None:
    """检查规则文件：未知键、单位、条款、矛盾 · check profiles."""
    results = [_checked(profile) for profile in profiles or policies.names()]
    if as_json:
        emit({"profiles": results})
    else:
        view.show_checks(results)
    raise typer.Exit(0 if all(result["ok"] for result in results) else 1)


def _checked(profile: str) -> dict[str, Any]:
    path = Path(profile)
    is_file = path.suffix in (".yaml", ".yml")
    try:
        if is_file and not path.is_file():
            raise BadInput(f"没有文件 {profile}")
        policy = policies.load(path.stem, path.parent) if is_file else policies.load(profile)
    except BadPolicy as error:
        return {"name": profile, "ok": False, "errors": list(error.reasons)}
    today = datetime.now(CHINA).date()
    return {
        "name": policy.name, "ok": True, "title": policy.title, "hash": policy.hash,
        "validity": policy.validity(today), "silent": silent(policy), "overruled": list(policy.overruled),
    }  # fmt: skip


@app.command()
def switches(profile: str, as_json: Json = False) -> None:
    """条文可作多种解释之处：取了哪一种、还有哪些、为什么 · every reading that was chosen, the others, and why."""
    policy = policies.load(profile)
    found = switches_of(policy)
    if as_json:
        emit({"profile": policy.name, "switches": found})
    else:
        view.show_switches(policy, found)


@app.command()
def diff(left: str, right: str, as_json: Json = False) -> None:
    """比较两地规则 · where two profiles rule differently."""
    one, other = policies.load(left), policies.load(right)
    found = differences(one, other)
    if as_json:
        emit({"left": one.name, "right": other.name, "differences": found})
    else:
        view.show_differences(one, other, found)
