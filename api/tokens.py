"""Log-in tokens: a short access token and a refresh token that ends with the shift (JWT, RFC 7519, HS256)."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import jwt
from pydantic import BaseModel, Field, ValidationError

from api.problems import NotAuthenticated
from core.ids import new_id

Kind = Literal["access", "refresh"]
_ISSUER = "hotline12345"


class Claims(BaseModel):
    """`mark` is a fingerprint of the user's password hash: a changed password ends every token."""

    sub: str
    kind: Kind
    mark: str
    exp: datetime
    shift_ends: datetime


class TokenPair(BaseModel):
    """What a log-in gives. `expires_in`: seconds the access token lasts."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzAxIn0.c2lnbmF0dXJl"])
    refresh_token: str = Field(examples=["eyJhbGciOiJIUzI1NiJ9.eyJraW5kIjoicmVmcmVzaCJ9.c2lnbmF0dXJl"])
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(examples=[900])
    shift_ends: datetime = Field(examples=["2026-11-21T18:00:00+08:00"])


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues and reads tokens. `access_s`, `shift_s`: seconds."""

    key: str
    access_s: int
    shift_s: int

    def issue(
        self, user_id: str, password_hash: str, now: datetime, shift_ends: datetime | None = None
    ) -> TokenPair:
        """A pair for `user_id`; a refreshed pair keeps the shift's end."""
        ends = shift_ends or now + timedelta(seconds=self.shift_s)
        until = min(now + timedelta(seconds=self.access_s), ends)
        mark = _mark(password_hash)
        return TokenPair(
            access_token=self._sign(user_id, "access", mark, until, ends, now),
            refresh_token=self._sign(user_id, "refresh", mark, ends, ends, now),
            expires_in=int((until - now).total_seconds()),
            shift_ends=ends,
        )

    def read(self, token: str, kind: Kind) -> Claims:
        """Claims of a valid token of this kind. Raises NotAuthenticated."""
        try:
            raw = jwt.decode(
                token, self.key, ["HS256"], issuer=_ISSUER, options={"require": ["exp", "sub", "iss"]}
            )
            claims = Claims.model_validate(raw)
        except (jwt.PyJWTError, ValidationError, ValueError) as error:
            raise NotAuthenticated("登录已失效，请重新登录") from error
        if claims.kind != kind:
            raise NotAuthenticated("令牌类型不符")
        return claims

    def _sign(self, sub: str, kind: Kind, mark: str, until: datetime, ends: datetime, now: datetime) -> str:
        payload = {
            "iss": _ISSUER, "sub": sub, "kind": kind, "mark": mark, "jti": new_id("tok"), "iat": now, "exp": until,
            "shift_ends": ends.astimezone(UTC).isoformat(),
        }  # fmt: skip
        return jwt.encode(payload, self.key, "HS256")


def still_good(claims: Claims, password_hash: str) -> bool:
    """False once the password was changed after the token was given."""
    return claims.mark == _mark(password_hash)


def _mark(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
