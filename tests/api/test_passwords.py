"""Passwords are kept as argon2id and checked alike for logins that do not exist."""

import pytest

from api.passwords import Passwords, hash_password
from core.errors import BadInput

pytestmark = pytest.mark.unit


async def test_only_the_right_password_matches() -> None:
    passwords = Passwords()
    kept = await passwords.new_hash("正确的密码 123")
    assert kept.startswith("$argon2id$")
    assert await passwords.matches("正确的密码 123", kept)
    assert not await passwords.matches("wrong one 123", kept)


async def test_an_unknown_login_is_checked_against_a_decoy_and_never_matches() -> None:
    passwords = Passwords()
    assert not await passwords.matches("nobody has this password", None)


async def test_a_broken_hash_in_the_database_lets_nobody_in() -> None:
    assert not await Passwords().matches("anything at all", "plain text by mistake")


@pytest.mark.parametrize("password", ["", "seven77", "x" * 129])
def test_too_short_and_too_long_passwords_are_refused(password: str) -> None:
    with pytest.raises(BadInput):
        hash_password(password)
