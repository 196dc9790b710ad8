"""Sealed text: opens only with its key, looks different each time, can be searched only by keyed hash."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text, select, text

from core.release import Voter
from store import calls, releases, tickets
from store.database import Database
from store.errors import KeyMissing, SealBroken
from store.keys import is_sealed
from store.sealed import Keyring, normal
from store.tables import AssessRuling, Ticket, metadata
from tests.store import make

pytestmark = pytest.mark.unit
RINGS = {name: Keyring.generate(name) for name in ("sm4-gcm", "aes-256-gcm")}


def rotated(ring: Keyring) -> Keyring:
    """As an operator does it: one more line in the key file."""
    return Keyring.parse(f"{ring.dump()}k2:{os.urandom(32).hex()}", ring.algorithm)


@pytest.mark.parametrize("algorithm", RINGS)
@given(given_text=st.text())
def test_what_was_sealed_opens(algorithm: str, given_text: str) -> None:
    ring = RINGS[algorithm]
    assert ring.open(ring.seal(given_text)) == given_text


@pytest.mark.parametrize("algorithm", RINGS)
def test_a_sealed_value_names_its_algorithm_and_key_and_is_never_the_same(algorithm: str) -> None:
    first, second = (RINGS[algorithm].seal("13812345678") for _ in range(2))
    assert first.startswith(f"{algorithm}:k1:")
    assert first != second
    assert "13812345678" not in base64.b64decode(first.rpartition(":")[2]).decode("latin-1")


def test_each_algorithm_opens_what_the_other_sealed_under_the_same_key() -> None:
    ours = Keyring.generate("sm4-gcm")
    assert Keyring.parse(ours.dump(), "aes-256-gcm").open(ours.seal("张三")) == "张三"


@pytest.mark.parametrize("algorithm", RINGS)
def test_a_changed_value_does_not_open(algorithm: str) -> None:
    head, _, packed = RINGS[algorithm].seal("张三").rpartition(":")
    raw = bytearray(base64.b64decode(packed))
    for place in (0, len(raw) // 2, len(raw) - 1):
        broken = bytearray(raw)
        broken[place] ^= 1
        with pytest.raises(SealBroken):
            RINGS[algorithm].open(f"{head}:{base64.b64encode(broken).decode()}")


@pytest.mark.parametrize(
    "broken", ["", "张三", "sm4-gcm", "sm4-gcm:k1", "sm4-gcm:k1:%%%", "sm4-gcm:k1:AAAA", "rot13:k1:AAAA"]
)
def test_what_is_not_sealed_by_us_is_refused(broken: str) -> None:
    with pytest.raises(SealBroken):
        RINGS["sm4-gcm"].open(broken)


def test_another_ring_does_not_open_it() -> None:
    with pytest.raises(SealBroken):
        Keyring.generate().open(Keyring.generate().seal("张三"))
    with pytest.raises(KeyMissing, match="k2"):
        RINGS["sm4-gcm"].open(rotated(RINGS["sm4-gcm"]).seal("张三"))


def test_after_a_rotation_old_rows_open_new_ones_use_the_new_key_and_look_ups_go_on() -> None:
    old = Keyring.generate()
    new = Keyring.parse(rotated(old).dump())
    assert new.open(old.seal("张三")) == "张三"
    assert new.seal("张三").startswith("sm4-gcm:k2:")
    assert new.lookup("13812345678") != old.lookup("13812345678")
    assert new.hashes("13812345678") == (new.lookup("13812345678"), old.lookup("13812345678"))


def test_keys_come_as_hex_or_base64_with_or_without_a_name() -> None:
    secret = bytes(range(32))
    rings = [
        Keyring.parse(written)
        for written in (secret.hex(), f"k1:{secret.hex()}", f"k1:{base64.b64encode(secret).decode()}")
    ]
    assert all(ring == Keyring({"k1": secret}) for ring in rings)
    assert secret.hex() not in repr(rings[0])


@pytest.mark.parametrize("written", ["", "k1:", "k1:AAAA", "a b", "k 1:x", ":" + "00" * 32 + "," + "zz" * 32])
def test_keys_that_cant_be_used_are_named(written: str) -> None:
    with pytest.raises(KeyMissing):
        Keyring.parse(written)
    with pytest.raises(KeyMissing, match="rot13"):
        Keyring.generate("rot13")


def test_a_number_has_one_look_up_value_however_it_is_written() -> None:
    ring = RINGS["sm4-gcm"]
    same = {
        ring.lookup(n)
        for n in ("13812345678", "+8613812345678", "008613812345678", "013812345678", "138 1234-5678")
    }
    assert len(same) == 1
    value = same.pop()
    assert value.startswith("h-sm3:k1:")
    assert ring.lookup(value) == value
    assert ring.lookup("07623456789") != ring.lookup("7623456789")
    assert ring.lookup("") == ""
    assert ring.lookup("13812345678") != Keyring.generate().lookup("13812345678")


@pytest.mark.parametrize(
    ("written", "plain"), [("anonymous", "anonymous"), ("0762-3388000", "07623388000"), ("12345", "12345")]
)
def test_what_is_no_mobile_number_keeps_its_shape(written: str, plain: str) -> None:
    assert normal(written) == plain


@pytest.mark.service
async def test_the_database_never_sees_what_is_sealed(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await tickets.file(session, make.ticket(call_id=call.id, citizen_name="张三丰"), [], "u")
        stored = (
            (await session.execute(text("SELECT * FROM tickets"))).one(),
            (await session.execute(text("SELECT * FROM calls"))).one(),
        )
    for secret in (make.CALLER, "张三丰", "三天没有水了"):
        assert secret not in str(stored)
    async with database.reading() as session:
        found = (await calls.find(session, caller=make.CALLER)).items
    assert [one.caller for one in found] == [make.CALLER]


@pytest.mark.service
async def test_comparing_a_sealed_column_is_refused_rather_than_finding_nothing(
    sqlite_database: Database,
) -> None:
    with pytest.raises(TypeError, match="look-up hash"):
        select(Ticket).where(Ticket.body == "停水")
    async with sqlite_database.reading() as session:
        assert (await session.scalars(select(Ticket).where(Ticket.citizen_name.is_(None)))).all() == []


def test_a_text_opened_again_and_again_is_what_it_was_and_a_broken_one_still_does_not_open() -> None:
    ring = Keyring.generate()
    sealed = ring.seal("已处理")
    assert [ring.open_again(sealed) for _ in range(3)] == ["已处理"] * 3
    with pytest.raises(SealBroken):
        ring.open_again(sealed[:-8] + "AAAAAAA=")


def test_what_a_key_sealed_that_was_given_up_elsewhere_does_not_open_again() -> None:
    old = Keyring.generate()
    ring = Keyring.parse(old.with_new().dump())
    sealed = old.seal("已处理")
    told = ring.dump()
    watching = Keyring(ring.secrets, source=lambda: told)
    assert watching.open_again(sealed) == "已处理"
    told = ring.without("k1").dump()
    assert watching.look()
    with pytest.raises(KeyMissing):
        watching.open_again(sealed)


IN_THE_CLEAR = {
    "articles": {"title", "answer", "clause"},
    "article_reviews": {"note"},
    "article_versions": {"title", "answer", "clause", "source", "why", "ended_why"},
    "bulletins": {"title", "text", "withdrawn_why"},
    "cdr": {"accountcode", "channel", "dcontext", "dstchannel", "lastapp", "lastdata", "peeraccount", "userfield"},
    "cel": {
        "accountcode", "appdata", "appname", "channame", "context", "exten", "extra", "peer", "userdeftype", "userfield",
    },
    "duty_shifts": {"note"},
    "errands": {"reason"},
    "grades": {"clause"},
    "legs": {"reason"},
    "lines": {"name", "clause", "note"},
    "messages": {"recording"},
    "notices": {"reason"},
    "proposals": {"title"},
    "quality_rules": {"why"},
    "recordings": {"path", "problem"},
    "refusals": {"clause", "title", "text", "words"},
    "seats": {"name", "pause_reason", "forced_why"},
    "specialists": {"name"},
    "supervisions": {"reason"},
    "transfers": {"name"},
    "trunks": {"host", "username"},
    "units": {"name", "section"},
    "users": {"name", "password_hash"},
    "wall_screens": {"name"},
    "withdrawn_lines": {"name", "why"},
}  # fmt: skip
"""Rules, the city's own texts, names of things and of staff, codes why something ended, and call details whose numbers are masked."""


def test_no_text_lies_in_the_clear_but_where_nobody_writes_about_a_person() -> None:
    found = {
        table.name: free
        for table in metadata.sorted_tables
        if (free := {column.name for column in table.c if type(column.type) is Text})
    }
    assert found == IN_THE_CLEAR


@pytest.mark.service
async def test_what_staff_wrote_is_sealed_and_an_older_version_reads_it_again(database: Database) -> None:
    why = "张三投诉李四，复核用"
    async with database.session() as session:
        asked = releases.Asked("ticket", "tkt_1", "某法院", why, make.later(60))
        release = await releases.ask(session, asked, "user_1", make.AT)
        boss = Voter("user_2", "office", None)
        await releases.vote(session, release, boss, "approve", why, make.later(1))
        day = {"starts_at": make.AT, "ends_at": make.later(60), "by": "user_2", "at": make.AT}
        session.add(AssessRuling(id="rul_1", scopes=[], reason=why, **day))

    async def stored() -> set[str]:
        asked = ("purpose FROM releases", "why FROM release_votes", "reason FROM assess_rulings")
        async with database.reading() as session:
            return {str(await session.scalar(text(f"SELECT {one}"))) for one in asked}

    assert all(is_sealed(one) for one in await stored())
    await database.downgrade("0037")
    assert await stored() == {why}
    await database.create_or_upgrade()
    async with database.reading() as session:
        assert (await releases.get(session, release)).purpose == why
