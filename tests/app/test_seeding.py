"""The first start fills an empty house, later ones leave it as people made it."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.passwords import Passwords
from app import seeding
from app.settings import Settings
from core.rights import ROLES
from store import seats, users
from store.database import Database
from store.errors import StoreUnavailable
from store.sealed import Keyring
from store.tables import Article, Line, Refusal, Unit, User

pytestmark = pytest.mark.service


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", seats=2)


async def test_an_empty_house_gets_content_seats_and_people_whose_passwords_are_told_once(
    database: Database, settings: Settings
) -> None:
    accounts = await seeding.first_start(database, settings)
    assert {one.role for one in accounts} == set(ROLES)
    assert [one.seat for one in accounts if one.role == "agent"] == ["8001", "8002"]
    async with database.reading() as session:
        for table in (Unit, Line, Refusal, Article):
            assert (await session.execute(select(func.count()).select_from(table))).scalar_one() > 5
        assert [seat.state for seat in await seats.all_seats(session)] == ["logged_out"] * 2
        kept = {user.login: user for user in await users.all_users(session)}
    for account in (accounts[0], accounts[-1]):
        assert await Passwords().matches(account.password, kept[account.login].password_hash)
    path = settings.home / "secrets" / "accounts.json"
    assert path.stat().st_mode & 0o077 == 0


async def test_a_second_start_changes_nobodys_password_and_tells_the_same(
    database: Database, settings: Settings
) -> None:
    first = await seeding.first_start(database, settings)
    async with database.session() as session:
        (await session.scalars(select(Article).limit(1))).one().title = "改过的标题"
        before = {user.login: user.password_hash for user in await users.all_users(session)}
    assert await seeding.first_start(database, settings) == first
    async with database.reading() as session:
        assert {user.login: user.password_hash for user in await users.all_users(session)} == before
        titles = (await session.scalars(select(Article.title))).all()
    assert "改过的标题" in titles


async def test_two_processes_that_start_at_once_agree_on_the_passwords(
    database_url: str, keyring: Keyring, settings: Settings
) -> None:
    opened = [Database(database_url, keyring) for _ in range(2)]
    try:
        told = await asyncio.gather(*(seeding.first_start(one, settings) for one in opened))
        async with opened[0].reading() as session:
            kept = {user.login: user for user in await users.all_users(session)}
            assert (await session.execute(select(func.count()).select_from(User))).scalar_one() == len(kept)
    finally:
        for one in opened:
            await one.close()
    assert told[0] == told[1]
    for account in (told[0][0], told[0][-1]):
        assert await Passwords().matches(account.password, kept[account.login].password_hash)


def test_the_key_that_seals_is_made_once_however_many_ask_for_it_first(settings: Settings) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait(10)
        found.append(seeding.keyring(settings).dump())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert set(found) == {(settings.home / "secrets" / "data_key").read_text()}
    assert [path.name for path in (settings.home / "secrets").iterdir()] == ["data_key"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, no folder")
    with pytest.raises(StoreUnavailable, match="secrets"):
        seeding.keyring(Settings(home=tmp_path / "home"))


@pytest.mark.parametrize(("seal", "hashed"), [("sm4-gcm", "h-sm3"), ("aes-256-gcm", "h-sha256")])
def test_the_house_chooses_what_seals_and_keeps_to_it_when_keys_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seal: str, hashed: str
) -> None:
    monkeypatch.setenv("HOTLINE_SEAL", seal)
    chosen = Settings(home=tmp_path / "home")
    assert seeding.keyring(chosen).seal("张三").startswith(f"{seal}:k1:")
    assert seeding.keyring(chosen).lookup("13812345678").startswith(f"{hashed}:k1:")
    turned = seeding.turn_keys(chosen, lambda ring: ring.with_new())
    assert turned.seal("张三").startswith(f"{seal}:k2:")
    assert Settings(home=tmp_path).seal == seal
    monkeypatch.delenv("HOTLINE_SEAL")
    assert Settings(home=tmp_path).seal == "sm4-gcm"
