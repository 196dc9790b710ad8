"""The evidence pack: complete, checkable, and kept as a look-up before it is written."""

import hashlib
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.call import Arrival
from core.errors import NotAllowed, NotFound
from core.events import CallTagged
from core.ports import Utterance
from core.release import Voter
from core.rights import Scope
from store import callers, calls, events, evidence, lookups, recordings, releases, tickets, utterances
from store.database import Database
from store.evidence import Wanted
from store.releases import Asked
from store.tables import Ticket, Unit
from tests.store import make

pytestmark = pytest.mark.service
NUMBER = "13812345678"
WANTED = Wanted(NUMBER, "user_boss", "值班班长", "移送公安机关，案号 118", make.AT)
SOUND = b"RIFF" + bytes(range(256)) * 9000


async def a_call(database: Database, number: str, linkedid: str, days_ago: int = 0) -> str:
    at = make.AT - timedelta(days=days_ago)
    async with database.session() as session:
        call_id, _ = await calls.add_call(session, Arrival(linkedid, "PJSIP/x-1", "12345", number, at))
        said = [Utterance("你们等着", 1.0, 2.5, True), Utterance("请您冷静", 3.0, 4.0, True)]
        await utterances.add_live(session, call_id, "citizen", said[:1], "fake", at)
        await utterances.add_live(session, call_id, "agent", said[1:], "fake", at)
        await callers.tag(session, call_id, "abuse", "辱骂", "user_li", at)
        await events.append(session, CallTagged(at, call_id, "abuse", True), "user_li")
    return call_id


async def a_recording(database: Database, call_id: str, name: str, folder: Path | None) -> None:
    if folder is not None:
        (folder / f"{name}.wav").write_bytes(SOUND)
    async with database.session() as session:
        row = await recordings.add(session, call_id, name, make.AT)
        done = (f"{name}.wav", 2, 8000, 60.0, hashlib.sha256(SOUND).hexdigest())
        await recordings.settle(session, [recordings.Outcome(row, call_id, "ready", None, *done)])


async def test_a_pack_holds_everything_about_one_caller_and_proves_it(
    database: Database, tmp_path: Path
) -> None:
    mine = await a_call(database, "+86" + NUMBER, "1.1")
    other = await a_call(database, "13999999999", "1.2")
    sounds = tmp_path / "recordings"
    sounds.mkdir()
    await a_recording(database, mine, "one", sounds)
    await a_recording(database, mine, "lost", None)
    async with database.session() as session:
        block = await callers.block(
            session, NUMBER, "abuse", "辱骂", "user_boss", make.AT, make.AT + timedelta(days=7), make.AT
        )
        await callers.review(
            session, block.id, "kept", "又来", "user_boss", make.AT, make.AT + timedelta(days=9), make.AT
        )
    target = tmp_path / "pack.zip"
    packed = await evidence.write(database, sounds, WANTED, target)
    assert (packed.calls, packed.recordings, packed.missing) == (1, 1, 1)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == packed.sha256
    assert target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as pack:
        content = {name: pack.read(name) for name in pack.namelist()}
    manifest = json.loads(content.pop("manifest.json"))
    assert set(manifest["files"]) == set(content)
    for name, told in manifest["files"].items():
        assert hashlib.sha256(content[name]).hexdigest() == told["sha256"], name
        assert len(content[name]) == told["bytes"]
    assert manifest["caller"] == NUMBER
    assert (manifest["why"], manifest["exported_by"]["id"]) == (WANTED.why, "user_boss")
    assert manifest["missing_recordings"] == ["lost"]
    assert content["recordings/one.wav"] == SOUND
    assert "市民：你们等着" in content[f"transcripts/{mine}.txt"].decode()
    assert "话务员：请您冷静" in content[f"transcripts/{mine}.txt"].decode()
    (call,) = json.loads(content["calls.json"])
    assert (call["id"], call["caller"]) == (mine, "+86" + NUMBER)
    history = json.loads(content[f"calls/{mine}.json"])
    assert [tag["tag"] for tag in history["tags"]] == ["abuse"]
    assert "call.tagged" in [event["name"] for event in history["events"]]
    blocks = json.loads(content["blocks.json"])
    assert [row["deed"] for row in blocks["reviews"]] == ["kept"]
    assert other not in " ".join(content)
    async with database.reading() as session:
        (look,) = (await lookups.find(session, actor="user_boss")).items
    assert (look.action, look.subject, NUMBER[-4:] in look.purpose) == ("caller.evidence", "caller", False)
    assert look.purpose.startswith(f"{WANTED.why}（按号码导出，记号")
    assert NUMBER not in look.subject + look.purpose


async def a_secret(database: Database, call_id: str) -> Ticket:
    async with database.session() as session:
        new = make.ticket(call_id=call_id, caller=NUMBER, citizen_name="张三丰", confidential=True)
        return (await tickets.file(session, new, [], "user_x"))[0]


async def names_in(database: Database, folder: Path, wanted: Wanted) -> tuple[list[str], str]:
    """What is packed, and all its words."""
    target = folder / "pack.zip"
    await evidence.write(database, folder, wanted, target)
    with zipfile.ZipFile(target) as pack:
        names = [name for name in pack.namelist() if name.startswith("calls/")]
        return names, " ".join(pack.read(name).decode() for name in pack.namelist())


async def test_nothing_of_a_confidential_matter_is_packed_unless_its_reporter_was_released_to_the_same_recipient(
    database: Database, tmp_path: Path
) -> None:
    plain, hidden = await a_call(database, NUMBER, "1.1"), await a_call(database, NUMBER, "1.2")
    secret, until = await a_secret(database, hidden), make.AT + timedelta(days=7)
    async with database.session() as session:
        await callers.block(
            session, NUMBER, "abuse", "辱骂", "user_boss", make.AT, until, until, call_id=hidden
        )
    wanted = replace(WANTED, recipient="市公安局")
    names, words = await names_in(database, tmp_path, wanted)
    assert (names, hidden in words, secret.id in words) == ([f"calls/{plain}.json"], False, False)
    async with database.reading() as session:
        with pytest.raises(NotAllowed):
            await evidence.number_of(session, hidden, wanted.recipient, make.AT)
        assert await evidence.number_of(session, plain, wanted.recipient, make.AT) == NUMBER
    async with database.session() as session:
        asked = Asked("identity", secret.id, "市公安局", "侦办打击报复案", until)
        release = await releases.ask(session, asked, "user_boss", make.AT)
        for one in ("a", "b"):
            await releases.vote(session, release, Voter(one, "office"), "approve", "属实", make.AT)
    other = replace(wanted, recipient="市纪委监委")
    assert (await names_in(database, tmp_path, other))[0] == [f"calls/{plain}.json"]
    late = replace(wanted, at=until)
    assert (await names_in(database, tmp_path, late))[0] == [f"calls/{plain}.json"]
    names, words = await names_in(database, tmp_path, wanted)
    assert (set(names), hidden in words) == ({f"calls/{plain}.json", f"calls/{hidden}.json"}, True)
    async with database.reading() as session:
        assert await evidence.number_of(session, hidden, wanted.recipient, make.AT) == NUMBER
        kept = await lookups.find(session, actor="user_boss", action="release")
    assert [row.subject for row in kept.items] == [release]


async def test_a_pack_holds_what_lies_within_reach_of_who_exports_it(
    database: Database, tmp_path: Path
) -> None:
    mine, other = await a_call(database, NUMBER, "1.1"), await a_call(database, NUMBER, "1.2")
    async with database.session() as session:
        session.add(Unit(code="HERE", name="桂阳县水务局", division="431021"))
        session.add(Unit(code="THERE", name="宜章县水务局", division="431022"))
        await session.flush()
        for call_id, unit in ((mine, "HERE"), (other, "THERE")):
            new = make.ticket(call_id=call_id, caller=NUMBER, unit_code=unit)
            await tickets.file(session, new, [], "user_x")
    county = replace(WANTED, reach=Scope(places=frozenset({"431021"})))
    assert (await names_in(database, tmp_path, county))[0] == [f"calls/{mine}.json"]


async def test_a_pack_may_be_of_some_days_only(database: Database, tmp_path: Path) -> None:
    await a_call(database, NUMBER, "1.1", days_ago=9)
    recent = await a_call(database, NUMBER, "1.2", days_ago=2)
    wanted = replace(WANTED, since=make.AT - timedelta(days=3), until=make.AT)
    packed = await evidence.write(database, tmp_path, wanted, tmp_path / "pack.zip")
    assert packed.calls == 1
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        assert f"calls/{recent}.json" in pack.namelist()


async def test_nothing_is_written_for_a_number_that_never_called_but_the_question_is_kept(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        await evidence.write(database, tmp_path, WANTED, tmp_path / "pack.zip")
    assert list(tmp_path.glob("*.zip*")) == []
    async with database.reading() as session:
        assert (await lookups.find(session, actor="user_boss")).total == 1
