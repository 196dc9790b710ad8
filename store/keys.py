"""The keys that seal citizens' data, and what sealing is.

A sealed value reads `algorithm:key-id:base64(nonce + ciphertext + tag)`, so keys and algorithms can change while old
rows still open. A look-up value reads `h-algorithm:key-id:hex` and is a keyed hash of the number: equal numbers give equal
values, nobody without the key can try out numbers. SM4-GCM (GB/T 32907, GB/T 36624) with HMAC-SM3 (GB/T 32905) is the
default, AES-256-GCM with HMAC-SHA256 the choice where SM4 is not in the OpenSSL at hand.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import KeyMissing, SealBroken

_NONCE, _TAG = 12, 16
_SECRET_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_MOBILE = re.compile(r"(?:\+|00)?(?:86|0)?(1\d{10})")


@dataclass(frozen=True, slots=True)
class _Suite:
    """One way to seal: the block cipher, its key length in bytes, and the hash for look-ups."""

    cipher: type[CipherAlgorithm]
    key_bytes: int
    digest: hashes.HashAlgorithm
    lookup: str


_SUITES = {
    "sm4-gcm": _Suite(algorithms.SM4, 16, hashes.SM3(), "h-sm3"),
    "aes-256-gcm": _Suite(algorithms.AES256, 32, hashes.SHA256(), "h-sha256"),
}


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets that seal and open. `secrets`: key id -> 32 random bytes, in order of age.

    The last key seals, every key opens, and the first one makes look-up hashes, so it must stay when keys rotate.
    Raises KeyMissing for no or a malformed key, an unknown algorithm or one this OpenSSL lacks.
    """

    secrets: Mapping[str, bytes] = field(repr=False)
    algorithm: str = "sm4-gcm"
    _derived: dict[tuple[str, str], bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.algorithm not in _SUITES:
            raise KeyMissing(f"unknown sealing algorithm {self.algorithm!r}; known: {', '.join(_SUITES)}")
        if not self.secrets:
            raise KeyMissing("no key given; expected id:secret pairs")
        for name, secret in self.secrets.items():
            if len(secret) != _SECRET_BYTES or not _KEY_ID.fullmatch(name):
                raise KeyMissing(f"key {name!r} must have {_SECRET_BYTES} bytes and a plain word as its id")
        try:
            self.open(self.seal(self.lookup("self-test")))
        except UnsupportedAlgorithm as error:
            raise KeyMissing(f"{self.algorithm} is not in this OpenSSL; choose aes-256-gcm") from error

    @classmethod
    def generate(cls, algorithm: str = "sm4-gcm") -> "Keyring":
        """A ring with one new random key."""
        return cls({"k1": os.urandom(_SECRET_BYTES)}, algorithm)

    @classmethod
    def parse(cls, text: str, algorithm: str = "sm4-gcm") -> "Keyring":
        """Read `id:secret` pairs, oldest first, parted by blanks, commas or lines.

        A secret is 64 hex digits or base64; one without an id is called k1, k2, … by its place.
        """
        secrets: dict[str, bytes] = {}
        for place, part in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
            name, colon, secret = part.rpartition(":")
            secrets[name if colon else f"k{place}"] = _secret(secret)
        return cls(secrets, algorithm)

    def dump(self) -> str:
        """The text `parse` reads, one pair a line. A secret."""
        return "".join(f"{name}:{base64.b64encode(key).decode()}\n" for name, key in self.secrets.items())

    @property
    def current(self) -> str:
        return next(reversed(tuple(self.secrets)))

    @property
    def lookup_key(self) -> str:
        return next(iter(self.secrets))

    def seal(self, text: str) -> str:
        """Encrypt and authenticate `text` under the current key with a new random nonce."""
        nonce = os.urandom(_NONCE)
        cipher = Cipher(self._cipher(self.algorithm, self.current), modes.GCM(nonce)).encryptor()
        body = cipher.update(text.encode()) + cipher.finalize()
        packed = base64.b64encode(nonce + body + cipher.tag).decode()
        return f"{self.algorithm}:{self.current}:{packed}"

    def open(self, sealed: str) -> str:
        """The text that was sealed. Raises KeyMissing or SealBroken."""
        algorithm, key_id, packed = [*sealed.split(":", 2), "", ""][:3]
        if algorithm not in _SUITES:
            raise SealBroken("a sealed value does not name an algorithm we know")
        try:
            raw = base64.b64decode(packed, validate=True)
            mode = modes.GCM(raw[:_NONCE], raw[-_TAG:])
            cipher = Cipher(self._cipher(algorithm, key_id), mode).decryptor()
            return (cipher.update(raw[_NONCE:-_TAG]) + cipher.finalize()).decode()
        except (ValueError, InvalidTag) as error:
            raise SealBroken(f"a value sealed under key {key_id!r} does not open") from error

    def lookup(self, number: str) -> str:
        """The searchable stand-in of a telephone number: equal for +86138…, 0138… and 138…; '' stays ''."""
        if not number or number.startswith("h-"):
            return number
        suite = _SUITES[self.algorithm]
        mac = hmac.HMAC(self._key(f"lookup/{suite.lookup}", self.lookup_key, 32), suite.digest)
        mac.update(normal(number).encode())
        return f"{suite.lookup}:{self.lookup_key}:{mac.finalize().hex()}"

    def _cipher(self, algorithm: str, key_id: str) -> CipherAlgorithm:
        suite = _SUITES[algorithm]
        return suite.cipher(self._key(f"seal/{algorithm}", key_id, suite.key_bytes))  # type: ignore[call-arg]

    def _key(self, purpose: str, key_id: str, length: int) -> bytes:
        """One secret, one derived key per purpose (HKDF, RFC 5869), derived once."""
        if key_id not in self.secrets:
            raise KeyMissing(f"the keyring has no key {key_id!r}")
        cached = self._derived.get((purpose, key_id))
        if cached is None:
            kdf = HKDF(hashes.SHA256(), length, salt=None, info=f"hotline12345/{purpose}".encode())
            cached = self._derived[(purpose, key_id)] = kdf.derive(self.secrets[key_id])
        return cached


def _secret(text: str) -> bytes:
    try:
        return (
            bytes.fromhex(text) if len(text) == 2 * _SECRET_BYTES else base64.b64decode(text, validate=True)
        )
    except ValueError as error:
        raise KeyMissing("a key is neither hex nor base64; expected id:secret pairs") from error


def normal(number: str) -> str:
    """A number as people compare it: digits only, a mobile without country code or leading 0."""
    digits = re.sub(r"[^\d+]", "", number)
    mobile = _MOBILE.fullmatch(digits)
    return mobile.group(1) if mobile else digits or number
