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
CASES_HELP = (
    "多条案例的文件，UTF-8，无表头，每行五栏以制表符分隔：profile、stage、type、filed_at、flags（可空，制表符保留；可写 --multi-unit 等标志）；"
    "逐行按序输出 JSON，读不懂的行为 {line, error}，末了退出码 2"
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
    cases: Annotated[Path | None, typer.Option(help=CASES_HELP)] = None,
    as_json: Json = False,
) -> None:
    """逐日解释一个期限及其条款 · explain a deadline day by day."""
    calendar = policies.load_calendar()
    asked = {"--profile": profile, "--stage": stage, "--type": type, "--filed-at": filed_at}
    if cases:
        flags = {"--multi-unit": multi_unit, "--on-site": on_site, "--complex": complex}
        if beside := [name for name, given in (asked | flags).items() if given]:
            raise BadInput(f"--cases 的各栏自有所问，不能与 {'、'.join(beside)} 并用")
        _many(cases, calendar)
        return
    if lacking := [name for name, given in asked.items() if not given]:
        raise BadInput(f"缺少 {'、'.join(lacking)}；用法见 ./hotline policy explain --help")
    case = Case(profile, stage, type, filed_at, multi_unit, on_site, complex)
    policy, found = explain_case(case, policies.load, calendar)
    if as_json:
        emit(found.as_json())
    else:
        view.show_explanation(policy, case, found)


def _many(path: Path, calendar: Any) -> None:
    """One JSON object a line, in order. Blank lines at the end are no lines. Raises BadInput, after the last, for lines that could not be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput(f"{path}:{line}: 不是 UTF-8 文本；请另存为 UTF-8") from error
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    bad: list[dict[str, Any]] = []
    text = text.replace("\r\n", "\n").rstrip("\n")
    lines = text.split("\n") if text else []
    for answer in explain_cases(lines, policies.load, calendar):
        bad += [answer] if "error" in answer else []
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    if bad:
        raise BadInput(f"{path}: {len(bad)} 行有误，首见第 {bad[0]['line']} 行：{bad[0]['error']}")


@app.command()
def validate(
    profiles: Annotated[list[str] | None, typer.Argument(help="规则名或 YAML 文件；不写则检查全部")] = None,
    as_json: Json = False,
) -> None:
    """检查规则文件：未知键、单位、条款、矛盾 · check profiles."""
    results = [_checked(one) for one in profiles] if profiles else [_listed(one) for one in policies.names()]
    if as_json:
        emit({"profiles": results})
    else:
        view.show_checks(results)
    raise typer.Exit(0 if all(result["ok"] for result in results) else 1)


def _listed(name: str) -> dict[str, Any]:
    """One of all there are: what lies in the folder and is no file that can be read is no reason to leave out the others."""
    try:
        return _checked(name)
    except policies.UnknownPolicy as error:
        return {"name": name, "ok": False, "errors": [f"{name}.yaml:1: {error}"]}


def _checked(profile: str) -> dict[str, Any]:
    path = Path(profile)
    is_file = path.suffix in (".yaml", ".yml")
    try:
        if is_file and not path.is_file():
            raise BadInput(f"没有文件 {profile}")
        if path.suffix == ".yml":
            raise BadPolicy(f"{profile}:1: 规则文件的扩展名须为 .yaml")
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
