"""`./hotline policy` as its users see it: one JSON object or a Chinese table, one-line errors, exit 0, 1 or 2."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app import cli
from app.commands.check import _policy
from app.commands.policy import app
from app.policies import UnknownPolicy, load, load_calendar, names
from app.settings import Settings, settings
from core.calendar_text import BadCalendar
from core.policy_text import BadPolicy
from tests.notice_2027 import NOTICE_2027

pytestmark = pytest.mark.service
Run = Callable[..., tuple[int, str, str]]
EXPLAIN = (
    "explain",
    "--profile",
    "heyuan",
    "--stage",
    "handle",
    "--type",
    "help",
    "--filed-at",
    "2026-09-30T10:00",
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The whole command line in this process, on an instance of its own: exit code, stdout, stderr."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["hotline", "policy", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    yield call
    settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's own policy folder."""
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    return tmp_path


def county(name: str = "county", extends: str = "heyuan", more: str = "") -> str:
    return f"""name: {name}
title: 某县
extends: {extends}
documents: {{"县": 某县办法}}
valid: {{status: in_force, from: 2026-01-01}}
{more}"""


def explained(run: Run, *args: str) -> dict[str, Any]:
    code, out, err = run(*args, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_explain_gives_exactly_one_json_object_with_the_promised_keys(run: Run) -> None:
    found = explained(run, *EXPLAIN)
    assert {"due", "cards", "steps", "clauses", "provisional"} <= found.keys()
    assert found["due"] == "2026-10-14T00:00:00+08:00"
    assert found["cards"] == [
        {"colour": "warning", "at": "2026-10-10T00:00:00+08:00"},
        {"colour": "yellow", "at": "2026-10-14T00:00:00+08:00"},
        {"colour": "red", "at": "2026-10-15T00:00:00+08:00"},
    ]
    assert found["steps"][0].keys() == {"date", "counts", "why"}
    assert found["usual"] == "2026-10-11T00:00:00+08:00"
    assert (found["provisional"], found["validity"]) == (False, "draft")


def test_sign_in_heyuan_has_cards_and_deemed_acceptance_but_no_due(run: Run) -> None:
    args = (
        "explain",
        "--profile",
        "heyuan",
        "--stage",
        "sign",
        "--type",
        "help",
        "--filed-at",
        "2026-10-03T10:00",
    )
    found = explained(run, *args)
    assert found["due"] is None
    assert len(found["cards"]) == 3
    assert found["deemed_accepted_at"] == "2026-10-09T00:00:00+08:00"


def test_flags_choose_the_other_term(run: Run) -> None:
    args = (
        "explain",
        "--profile",
        "heyuan",
        "--stage",
        "dispatch",
        "--type",
        "help",
        "--filed-at",
        "2026-11-09T10:00",
    )
    assert explained(run, *args)["due"] == "2026-11-11T00:00:00+08:00"
    assert explained(run, *args, "--multi-unit")["due"] == "2026-11-12T00:00:00+08:00"
    args = (
        "explain",
        "--profile",
        "yanji",
        "--stage",
        "return",
        "--type",
        "help",
        "--filed-at",
        "2026-11-09T10:00",
    )
    assert explained(run, *args)["due"] == "2026-11-11T00:00:00+08:00"
    assert explained(run, *args, "--on-site")["due"] == "2026-11-12T00:00:00+08:00"


def test_a_complex_matter_is_asked_for_by_its_own_flag_alone_or_in_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text(
        "".join(f"yanji\thandle\tconsult\t2026-11-09T10:00\t{flag}\n" for flag in ("", "--complex"))
    )
    _, out, _ = run("explain", "--cases", str(path))
    dues = [json.loads(line)["due"] for line in out.splitlines()]
    assert dues == ["2026-11-11T00:00:00+08:00", "2026-11-13T00:00:00+08:00"]


def test_validate_names_what_a_superior_overrules(run: Run, folder: Path) -> None:
    more = (
        "switches: {superior: {value: prevails, clause: 县 9, note: 上级优先}}\n"
        "stages: {handle: {consult: {term: {value: 1, unit: days, clause: 县 2}}}}\n"
    )
    (folder / "county.yaml").write_text(county(more=more), encoding="utf-8")
    assert "stages.handle.consult.term" in run("validate", "county")[1]
    found = json.loads(run("validate", "county", "--json")[1])
    assert found["profiles"][0]["overruled"] == ["stages.handle.consult.term"]


@pytest.mark.parametrize(
    "moment", ["2026-11-09T16:30Z", "2026-11-10T00:30", "2026-11-10T00:30+08:00", "2026-11-09T11:30-05:00"]
)
def test_any_offset_is_converted_and_none_is_chinas(run: Run, moment: str) -> None:
    args = ("explain", "--profile", "heyuan", "--stage", "dispatch", "--type", "help", "--filed-at", moment)
    assert explained(run, *args)["due"] == "2026-11-12T00:00:00+08:00"


def test_people_read_a_table_with_moments_in_their_own_words(run: Run) -> None:
    code, out, _ = run(*EXPLAIN)
    assert code == 0
    for words in (
        "10月13日24:00",
        "10月10日24:00",
        "国庆节放假",
        "调休上班",
        "起始日不计入",
        "黄牌",
        "第10条(三)",
        "征求意见稿",
    ):
        assert words in out


def test_people_are_told_where_the_rules_are_silent_or_provisional(run: Run) -> None:
    silent = (
        "explain",
        "--profile",
        "yanji",
        "--stage",
        "dispatch",
        "--type",
        "help",
        "--filed-at",
        "2026-11-09",
    )
    assert "规定没有写明" in run(*silent)[1]
    late = (
        "explain",
        "--profile",
        "heyuan",
        "--stage",
        "return",
        "--type",
        "help",
        "--filed-at",
        "2026-12-31",
    )
    out = run(*late)[1]
    assert "2027年1月4日24:00" in out
    assert "暂定" in out


WRONG = [
    (("explain",), "stage"),
    (("explain", "--profile", "nowhere", *EXPLAIN[3:]), "nowhere"),
    (("explain", "--profile", "../heyuan", *EXPLAIN[3:]), "heyuan"),
    ((*EXPLAIN[:4], "weigh", *EXPLAIN[5:]), "weigh"),
    ((*EXPLAIN[:6], "gossip", *EXPLAIN[7:]), "gossip"),
    ((*EXPLAIN[:8], "yesterday"), "yesterday"),
    ((*EXPLAIN[:8], "1900-01-01"), "1900"),
    ((*EXPLAIN[:8], "9999-12-31T23:59"), "9999"),
    (EXPLAIN[:-2], "--filed-at"),
    (("explain", "--cases", "no-such-file"), "no-such-file"),
    (("explain", "--cases", "any", "--on-site"), "--on-site"),
    (("diff", "heyuan", "nowhere"), "nowhere"),
    (("validate", "nowhere"), "nowhere"),
    (("validate", "no/such.yaml"), "such.yaml"),
]


@pytest.mark.parametrize(("args", "named"), WRONG)
def test_a_mistake_ends_in_one_line_and_exit_2(run: Run, args: tuple[str, ...], named: str) -> None:
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert named in err


CASES = (
    "heyuan\tsign\thelp\t2026-10-03T10:00\t\n"
    "yanji\treturn\thelp\t2026-10-03T10:00\t--on-site\n"
    "heyuan\tdispatch\thelp\t2026-11-09T10:00+08:00\t--multi-unit\n"
)


def test_many_cases_give_one_object_a_line_in_the_same_order(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text(CASES, encoding="utf-8")
    code, out, err = run("explain", "--cases", str(path))
    answers = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [answer["due"] for answer in answers] == [
        None,
        "2026-10-10T00:00:00+08:00",
        "2026-11-12T00:00:00+08:00",
    ]
    single = explained(
        run,
        "explain",
        "--profile",
        "heyuan",
        "--stage",
        "sign",
        "--type",
        "help",
        "--filed-at",
        "2026-10-03T10:00",
    )
    assert answers[0] == single


@pytest.mark.parametrize(
    ("text", "lines"), [("", 0), ("\n\n", 0), ("heyuan\tsign\thelp\t2026-11-09\t\n\n\n", 1)]
)
def test_no_lines_in_no_lines_out(run: Run, tmp_path: Path, text: str, lines: int) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text(text, encoding="utf-8")
    code, out, _ = run("explain", "--cases", str(path))
    assert (code, len(out.splitlines())) == (0, lines)


def test_a_start_at_midnight_is_told_as_the_day_the_table_starts_with(run: Run) -> None:
    args = ("--profile", "heyuan", "--stage", "sign", "--type", "help", "--filed-at", "2026-10-03")
    assert "自2026年10月3日00:00起" in run("explain", *args)[1]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_cases_from_a_spreadsheet_are_read_too(run: Run, tmp_path: Path, ending: str, mark: str) -> None:
    path = tmp_path / "cases.tsv"
    path.write_bytes((mark + CASES.replace("\n", ending)).encode())
    code, out, _ = run("explain", "--cases", str(path))
    assert (code, len(out.splitlines())) == (0, 3)


def test_a_file_in_another_encoding_is_refused_with_its_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_bytes(CASES.encode() + "河源".encode("gbk"))
    code, out, err = run("explain", "--cases", str(path))
    assert (code, out) == (2, "")
    assert "cases.tsv:4: 不是 UTF-8 文本" in err


BAD_LINES = [
    "heyuan\tsign\thelp\t2026-10-03T10:00",
    "heyuan\tsign\thelp\t2026-10-03T10:00\t--fast",
    "nowhere\tsign\thelp\t2026-10-03T10:00\t",
    "heyuan\tsign\thelp\tsoon\t",
    "",
]


def test_a_line_that_cannot_be_read_keeps_its_place_and_is_named_at_the_end(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.tsv"
    path.write_text("\n".join([*BAD_LINES, CASES]), encoding="utf-8")
    code, out, err = run("explain", "--cases", str(path))
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert "5 行有误，首见第 1 行：须有以制表符分隔的五栏" in err
    assert len(err.splitlines()) == 1
    assert [answer.get("line") for answer in answers] == [1, 2, 3, 4, 5, None, None, None]
    assert all(answer["error"] for answer in answers[:5])


def test_validate_finds_every_house_profile_good_and_names_what_is_silent(run: Run) -> None:
    code, out, _ = run("validate", "--json")
    found = {one["name"]: one for one in json.loads(out)["profiles"]}
    assert code == 0
    assert {"henan", "heyuan", "yanji", "chenzhou", "jiayuguan", "demo"} <= found.keys()
    assert all(one["ok"] for one in found.values())
    assert found["heyuan"]["silent"] == ["extension.length"]
    assert {"dispatch", "supervise", "redo", "assessment.urging_each"} <= set(found["yanji"]["silent"])
    assert {"handle.help", "extension.times", "extension.length"} <= set(found["henan"]["silent"])
    assert (found["chenzhou"]["validity"], found["heyuan"]["validity"]) == ("expired", "draft")
    assert found["demo"]["silent"] == []
    assert found["heyuan"]["hash"] == load("heyuan").hash


def test_validate_names_file_and_line_of_every_mistake_and_exits_1(run: Run, folder: Path) -> None:
    (folder / "county.yaml").write_text(county(more="colour: red\nreply: {fields: []}\n"), encoding="utf-8")
    code, out, _ = run("validate", str(folder / "county.yaml"))
    assert code == 1
    assert f"{folder}/county.yaml:6: colour" in out
    assert f"{folder}/county.yaml:7: reply" in out


def test_diff_shows_where_two_cities_rule_differently_and_only_there(run: Run) -> None:
    code, out, _ = run("diff", "heyuan", "yanji", "--json")
    found = {row["path"]: row for row in json.loads(out)["differences"]}
    assert code == 0
    consult = found["stages.handle.consult.term"]
    assert (consult["left"]["value"]["value"], consult["right"]["value"]["value"]) == (2, 1)
    assert (consult["left"]["clause"], consult["right"]["clause"]) == ("001 10(二)", "002 附五(一)3")
    assert found["stages.dispatch.term"]["right"] is None
    assert "stages.return.term" not in found  # one working day in both
    assert "switches.term_ends" not in found


def test_diff_reads_as_a_chinese_table(run: Run) -> None:
    code, out, _ = run("diff", "heyuan", "yanji")
    assert code == 0
    assert "办理·咨询·期限" in out
    assert "2个工作日" in out


def test_a_profile_does_not_differ_from_itself(run: Run) -> None:
    assert json.loads(run("diff", "yanji", "yanji", "--json")[1])["differences"] == []


def test_every_switch_is_shown_with_its_readings_and_why(run: Run) -> None:
    found = {one["name"]: one for one in json.loads(run("switches", "heyuan", "--json")[1])["switches"]}
    assert (found["help_due"]["value"], found["help_due"]["readings"]) == ("latest", ["latest", "usual"])
    assert (found["help_due"]["clause"], found["help_due"]["default"]) == ("001 10(三)", False)
    assert found["satisfaction_of"]["default"]
    assert all(one["note"] for one in found.values())
    code, out, _ = run("switches", "heyuan")
    assert (code, "n_times_24h" in out, "上级另有规定" in out) == (0, True, True)


def test_an_operators_own_profile_extends_one_of_the_house(folder: Path) -> None:
    (folder / "county.yaml").write_text(county(), encoding="utf-8")
    assert load("county").stages == load("heyuan").stages
    assert {"county", "heyuan"} <= set(names())


def test_profiles_that_extend_each_other_are_refused(folder: Path) -> None:
    (folder / "one.yaml").write_text(county("one", "two"), encoding="utf-8")
    (folder / "two.yaml").write_text(county("two", "one"), encoding="utf-8")
    with pytest.raises(BadPolicy, match=r"two\.yaml:3: extends: .*circle.*one -> two -> one"):
        load("one")


def test_a_file_must_bear_its_profiles_name(folder: Path) -> None:
    (folder / "other.yaml").write_text(county(), encoding="utf-8")
    with pytest.raises(BadPolicy, match="other"):
        load("other")


@pytest.mark.parametrize("name", ["../heyuan", "/etc/passwd", "", "HEYUAN", "x" * 60, "heyuan.yaml"])
def test_a_name_never_leaves_the_folder(name: str) -> None:
    with pytest.raises(UnknownPolicy):
        load(name)


def test_a_file_that_is_not_utf_8_is_refused_by_name(folder: Path) -> None:
    (folder / "county.yaml").write_bytes(county().encode("gb18030"))
    with pytest.raises(BadPolicy, match=r"county\.yaml"):
        load("county")


def test_a_calendar_file_ends_the_provisional_state_of_its_year(run: Run, folder: Path) -> None:
    args = (
        "explain",
        "--profile",
        "heyuan",
        "--stage",
        "return",
        "--type",
        "help",
        "--filed-at",
        "2026-12-31T10:00",
    )
    assert explained(run, *args)["provisional"]
    (folder / "calendars").mkdir()
    notice = NOTICE_2027.replace("to: 2027-01-03", "to: 2027-01-02").replace(
        "春节, day: 2027-01-30", "元旦, day: 2027-01-03"
    )
    (folder / "calendars" / "2027.yaml").write_text(notice, encoding="utf-8")
    found = explained(run, *args)
    assert (found["provisional"], found["due"]) == (False, "2027-01-04T00:00:00+08:00")


def test_two_calendar_files_for_one_year_are_refused(folder: Path) -> None:
    (folder / "calendars").mkdir()
    for name in ("a", "b"):
        (folder / "calendars" / f"{name}.yaml").write_text(NOTICE_2027, encoding="utf-8")
    with pytest.raises(BadCalendar, match="one year"):
        load_calendar()


def test_the_commands_stand_alone_as_well() -> None:
    result = CliRunner().invoke(app, ["validate", "heyuan"])
    assert (result.exit_code, "heyuan" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    ("profile", "ok", "word"),
    [
        ("chenzhou", None, "expired"),
        ("heyuan", None, "draft"),
        ("yanji", True, "valid"),
        ("demo", True, "valid"),
    ],
)
def test_check_warns_of_a_profile_out_of_force_and_stops_nobody(
    profile: str, ok: bool | None, word: str
) -> None:
    found = _policy(Settings(policy=profile))
    assert (found.ok, word in found.detail) == (ok, True)
