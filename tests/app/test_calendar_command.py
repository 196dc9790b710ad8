"""`./hotline calendar`: a notice comes in, open tickets move with row, event and text together, and doing it twice is harmless."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import cli, filing, policies, rescheduling
from app.rescheduling import News, reschedule
from app.settings import settings
from core.calendar_text import parse_calendar
from store import events, probes, tickets
from store.database import Database
from store.tables import EventRow, NoticeRow, Unit
from tests.notice_2027 import NOTICE_2027
from tests.tickets.desk import AGENT, UNIT
from tickets.lifecycle import apply
from tickets.ticket import Ticket

pytestmark = pytest.mark.service
Run = Callable[..., tuple[int, str, str]]
NOTICE = NOTICE_2027.replace("to: 2027-01-03", "to: 2027-01-04").replace(
    "春节, day: 2027-01-30", "元旦, day: 2027-01-09"
)
FILED = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in China


async def ticket_in(database: Database, name: str, policy: str = "heyuan", at: datetime = FILED) -> str:
    """A ticket of the water office, dispatched and signed."""
    rules, calendar = policies.load(policy), policies.load_calendar(policies.HOUSE / "calendars")
    ticket = Ticket(name, "help", policy=policy)
    done = []
    for action, facts in (("file", {}), ("dispatch", {"unit": "SW"})):
        done.append(apply(ticket, action, AGENT, at, rules, calendar, **facts))  # type: ignore[arg-type]
        ticket = done[-1].ticket
    order = filing.Order("help", "停水", "小区停水", unit="SW")
    async with database.session() as session:
        if await session.get(Unit, "SW") is None:
            session.add(Unit(code="SW", name="市水务局"))
            await session.flush()
            await probes.add_phone(session, "SW", "handler", "13800000001", "李工", at)
            await probes.add_phone(session, "SW", "leader", "13800000002", "王局", at)
        new = filing.new_row(order, done, AGENT, f"key-{name}", "")
        row, _ = await tickets.file(session, new, [e for d in done for e in d.events], AGENT.id)
        await filing.save_step(session, row, apply(ticket, "sign", UNIT, at, rules, calendar), UNIT.id)
    return row.id


def news(text: str = NOTICE, key: str = "k1") -> News:
    known = policies.load_calendar(policies.HOUSE / "calendars")
    return News(known, known.under(parse_calendar(text, "2027.yaml")), FILED, "2027年放假安排已公布", key)


async def run_through(database: Database, came: News, *, dry: bool = False) -> list[rescheduling.Moved]:
    return [moved async for moved in reschedule(database, "demo", came, dry=dry)]


async def test_row_event_and_text_move_together(database: Database) -> None:
    ticket_id = await ticket_in(database, "T1")
    moved = await run_through(database, news())
    assert [(m.unit, m.changes["due"][1]) for m in moved] == [("SW", "2027-01-09T00:00:00+08:00")]
    async with database.reading() as session:
        row = await tickets.get(session, ticket_id)
        told = (await events.of(session, ticket_id))[-1]
        words = (await session.scalars(select(NoticeRow))).all()
    assert row.due_at == datetime(2027, 1, 8, 16, tzinfo=UTC)
    assert row.next_alarm_at == datetime(2027, 1, 5, 16, tzinfo=UTC)
    assert (row.clock["provisional"], row.steps[-1]["date"]) == (False, "2027-01-08")
    assert (told.name, told.actor, told.payload["changes"]["provisional"]) == (
        "ticket.rescheduled",
        "calendar",
        ["true", "false"],
    )
    assert [(text.recipient, text.kind) for text in words] == [("13800000001", "dates_moved")]


async def test_a_unit_with_many_tickets_gets_one_text(sqlite_database: Database) -> None:
    for n in range(3):
        await ticket_in(sqlite_database, f"T{n}")
    assert len(await run_through(sqlite_database, news())) == 3
    async with sqlite_database.reading() as session:
        assert len((await session.scalars(select(NoticeRow))).all()) == 1


async def test_a_second_import_moves_nothing_and_tells_nobody(sqlite_database: Database) -> None:
    await ticket_in(sqlite_database, "T1")
    await run_through(sqlite_database, news())
    assert await run_through(sqlite_database, news()) == []
    async with sqlite_database.reading() as session:
        names = (await session.scalars(select(EventRow.name))).all()
    assert names.count("ticket.rescheduled") == 1


async def test_a_dry_run_tells_and_leaves_everything(sqlite_database: Database) -> None:
    ticket_id = await ticket_in(sqlite_database, "T1")
    assert len(await run_through(sqlite_database, news(), dry=True)) == 1
    async with sqlite_database.reading() as session:
        assert (await tickets.get(session, ticket_id)).clock["provisional"] is True


async def test_whoever_acts_meanwhile_wins_and_the_dates_are_moved_after(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = await ticket_in(sqlite_database, "T1")
    save, calls = filing.save_step, []

    async def beaten(session: Any, row: Any, done: Any, actor: str) -> None:
        calls.append(actor)
        if len(calls) == 1:
            await tickets.change(session, row.id, row.version, [], "other", title="改过")
        await save(session, row, done, actor)

    monkeypatch.setattr(filing, "save_step", beaten)
    moved = await run_through(sqlite_database, news())
    async with sqlite_database.reading() as session:
        row = await tickets.get(session, ticket_id)
    assert (len(moved), moved[0].failed, row.clock["notice"]) == (1, "", "k1")


async def test_a_ticket_whose_rules_are_gone_is_named_and_stops_nobody(sqlite_database: Database) -> None:
    lost = await ticket_in(sqlite_database, "T0")
    await ticket_in(sqlite_database, "T1")
    async with sqlite_database.session() as session:
        await tickets.change(session, lost, 2, [], "test", policy="gone")
    moved = await run_through(sqlite_database, news())
    assert ["gone" in m.failed for m in moved].count(True) == 1
    assert len(moved) == 2


async def test_more_tickets_than_a_batch_are_all_seen(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescheduling, "BATCH", 2)
    for n in range(5):
        await ticket_in(sqlite_database, f"T{n}")
    assert len(await run_through(sqlite_database, news())) == 5


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The whole command line in this process on an instance of its own."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["hotline", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    yield call
    settings.cache_clear()


def notice(tmp_path: Path, text: str = NOTICE) -> str:
    path = tmp_path / "notice.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


ASKED = ("policy", "explain", "--profile", "heyuan", "--stage", "return", "--type", "help", "--filed-at", "2026-12-31T10:00", "--json")  # fmt: skip


def test_what_was_imported_rules_from_then_on(run: Run, tmp_path: Path) -> None:
    before = json.loads(run(*ASKED)[1])
    code, out, _ = run("calendar", "import", notice(tmp_path), "--json")
    assert (code, json.loads(out)["moved"]) == (0, [])
    after = json.loads(run(*ASKED)[1])
    assert (before["due"], before["provisional"]) == ("2027-01-05T00:00:00+08:00", True)
    assert (after["due"], after["provisional"]) == ("2027-01-06T00:00:00+08:00", False)


def test_open_tickets_are_listed_with_their_old_and_new_dates(run: Run, tmp_path: Path) -> None:
    from app.opened import database

    async def file() -> None:
        async with database(settings()) as opened:
            await ticket_in(opened, "T1")

    asyncio.run(file())
    seen = run("calendar", "import", notice(tmp_path), "--dry-run")[1]
    assert all(words in seen for words in ("2027年1月7日24:00", "2027年1月8日24:00", "办理·红牌"))
    code, out, _ = run("calendar", "import", notice(tmp_path), "--json")
    moved = json.loads(out)["moved"]
    assert code == 0
    assert moved[0]["changes"]["due"] == ["2027-01-08T00:00:00+08:00", "2027-01-09T00:00:00+08:00"]
    assert run("calendar", "import", notice(tmp_path))[1].strip().endswith("已收入，0 件在办工单的期限调整")


def test_a_dry_run_keeps_no_file(run: Run, tmp_path: Path) -> None:
    assert run("calendar", "import", notice(tmp_path), "--dry-run")[0] == 0
    assert not (tmp_path / "home" / "calendars").exists()
    assert json.loads(run(*ASKED)[1])["provisional"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("year: 2027\nsource: x\nholidays: []\n", "holidays"), (NOTICE.replace("2027-01-09", "2027-01-08"), "weekday"), ("- 1", "notice.yaml")],
)  # fmt: skip
def test_a_file_that_is_no_notice_ends_in_one_line_and_changes_nothing(
    run: Run, tmp_path: Path, text: str, named: str
) -> None:
    code, out, err = run("calendar", "import", notice(tmp_path, text))
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1)
    assert named in err
    assert not (tmp_path / "home" / "calendars").exists()


def test_a_missing_file_is_named(run: Run, tmp_path: Path) -> None:
    code, _, err = run("calendar", "import", str(tmp_path / "nowhere.yaml"))
    assert (code, "nowhere.yaml" in err) == (2, True)


def test_a_year_is_shown_with_its_source_and_whether_it_is_published(run: Run, tmp_path: Path) -> None:
    found = json.loads(run("calendar", "show", "2026", "--json")[1])
    assert found["published"]
    assert list(found["make_up"]) == [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ]
    assert not json.loads(run("calendar", "show", "2027", "--json")[1])["published"]
    assert "尚未公布" in run("calendar", "show", "2027")[1]
    run("calendar", "import", notice(tmp_path))
    found = json.loads(run("calendar", "show", "2027", "--json")[1])
    assert (found["published"], found["source"], list(found["make_up"])) == (
        True,
        "made up for this test",
        ["2027-01-09"],
    )
    assert "2027-01-04" in found["rest"]
    assert "2027-06-09" in found["rest"]  # 端午节: no notice takes a day of the statute away


def test_a_correction_of_a_year_taken_in_whole_is_refused_lest_the_whole_be_lost(
    run: Run, tmp_path: Path
) -> None:
    run("calendar", "import", notice(tmp_path))
    code, _, err = run(
        "calendar", "import", notice(tmp_path, "complete: false\nyear: 2027\nsource: typhoon\n")
    )
    assert (code, "made up for this test" in err) == (2, True)


def test_what_was_imported_rules_over_the_operators_own_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "2027.yaml").write_text(
        NOTICE_2027.replace("made up for this test", "by hand"), encoding="utf-8"
    )
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    assert json.loads(run("calendar", "show", "2027", "--json")[1])["source"] == "by hand"
    run("calendar", "import", notice(tmp_path))
    assert json.loads(run("calendar", "show", "2027", "--json")[1])["source"] == "made up for this test"
