"""Log-in tokens: what they carry, when they end, and that nobody else can make them."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from api.problems import NotAuthenticated
from api.tokens import Tokens, still_good

pytestmark = pytest.mark.unit

KEY = "k" * 32
TOKENS = Tokens(KEY, access_s=900, shift_s=8 * 3600)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def test_an_access_token_says_who_and_ends_after_fifteen_minutes() -> None:
    at = now()
    pair = TOKENS.issue("user_1", "hash", at)
    claims = TOKENS.read(pair.access_token, "access")
    assert (claims.sub, claims.exp - at, pair.expires_in) == ("user_1", timedelta(minutes=15), 900)


def test_a_refreshed_pair_keeps_the_end_of_the_shift() -> None:
    at = now()
    first = TOKENS.issue("user_1", "hash", at)
    claims = TOKENS.read(first.refresh_token, "refresh")
    later = TOKENS.issue("user_1", "hash", at + timedelta(hours=7, minutes=55), claims.shift_ends)
    assert later.shift_ends == at + timedelta(hours=8)
    assert later.expires_in == 300


def test_a_refresh_token_opens_nothing() -> None:
    with pytest.raises(NotAuthenticated):
        TOKENS.read(TOKENS.issue("user_1", "hash", now()).refresh_token, "access")


def test_a_token_that_has_run_out_is_refused() -> None:
    pair = TOKENS.issue("user_1", "hash", now() - timedelta(minutes=16))
    with pytest.raises(NotAuthenticated):
        TOKENS.read(pair.access_token, "access")


def test_a_changed_password_ends_every_token() -> None:
    claims = TOKENS.read(TOKENS.issue("user_1", "hash", now()).access_token, "access")
    assert still_good(claims, "hash")
    assert not still_good(claims, "another hash")


@pytest.mark.parametrize(
    "forge",
    [
        lambda good: jwt.encode(good, "x" * 32, "HS256"),
        lambda good: jwt.encode(good, "", "none"),
        lambda good: jwt.encode({**good, "iss": "another"}, KEY, "HS256"),
        lambda good: jwt.encode({k: v for k, v in good.items() if k != "exp"}, KEY, "HS256"),
        lambda good: jwt.encode({k: v for k, v in good.items() if k != "mark"}, KEY, "HS256"),
        lambda good: "not.a.token",
        lambda good: "",
    ],
)
def test_a_forged_token_is_refused(forge: object) -> None:
    good = jwt.decode(
        TOKENS.issue("user_1", "hash", now()).access_token, KEY, ["HS256"], issuer="hotline12345"
    )
    with pytest.raises(NotAuthenticated):
        TOKENS.read(forge(good), "access")  # type: ignore[operator]
