"""The keys that seal citizens' data, and what sealing is.

A sealed value reads `algorithm:key-id:base64(nonce + ciphertext + tag)`, so keys and algorithms can change while old
rows still open. A look-up value reads `h-algorithm:key-id:hex` and is a keyed hash of the number: equal numbers give equal
values, nobody without the key can try out numbers. SM4-GCM (GB/T 32907, GB/T 36624) with HMAC-SM3 (GB/T 32905) is the
default, AES-256-GCM with HMAC-SHA256 the choice where SM4 is not in the OpenSSL at hand.
"""

import base64
import hashlib
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.errors import KeyMissing, SealBroken

_NONCE, _TAG = 12, 16
_SECRET_BYTES = 32
_WAITING = ":waiting"
MOST_HELD = 3
"""A number is looked for under so many keys at once: the present one, one that waits, one that is on its way out."""
WATCH_S = 2.0
"""How long a process may go on sealing with a key that another one has turned away from, or not know one that waits."""
OPEN_AT_ONCE = 16_384
"""Texts that stay open: the latest 200 replies of some eighty units."""
MARKS_KNOWN = 65_536
"""Marks of characters and pairs that are kept: titles are made of few thousands of them."""
_MARK_BYTES, _MARK_CHARS = 3, 3
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
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

    The last key seals and makes look-up hashes, those in `waiting` excepted (known to every process before one uses them);
    every key opens, and a number is looked for under every key. `kept`: what older versions left of a key they gave up, for
    look-ups alone. `source`: where the text stands now; read anew when a key is met that is not known, and at most every
    WATCH_S seconds before sealing or looking up: keys turn while the service runs.
    Raises KeyMissing for no or a malformed key, an unknown algorithm or one this OpenSSL lacks.
    """

    secrets: Mapping[str, bytes] = field(repr=False)
    algorithm: str = "sm4-gcm"
    waiting: frozenset[str] = frozenset()
    kept: Mapping[tuple[str, str], bytes] = field(default_factory=dict, repr=False)
    source: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    _looked: float = field(default=0.0, init=False, repr=False, compare=False)
    _derived: dict[tuple[str, str], bytes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _ciphers: dict[tuple[str, bytes], CipherAlgorithm] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _opened: OrderedDict[str, str] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)
    _marks: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.algorithm not in _SUITES:
            raise KeyMissing(f"unknown sealing algorithm {self.algorithm!r}; known: {', '.join(_SUITES)}")
        if not set(self.secrets) - self.waiting:
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
        return cls(*_read(text, algorithm))

    def dump(self) -> str:
        """The text `parse` reads, one pair a line. A secret."""
        lines = [f"{purpose}/{name}:{_coded(key)}\n" for (purpose, name), key in self.kept.items()]
        for name, key in self.secrets.items():
            lines.append(f"{name}:{_coded(key)}{_WAITING if name in self.waiting else ''}\n")
        return "".join(lines)

    @property
    def current(self) -> str:
        return next(name for name in reversed(tuple(self.secrets)) if name not in self.waiting)

    @property
    def lookup_keys(self) -> tuple[str, ...]:
        """Ids of the keys that something may have been hashed under: the one that hashes now, those that wait, then the oldest first.

        Of more than MOST_HELD the rest hashed nothing: older versions hashed under the first one only.
        """
        purpose = f"lookup/{_SUITES[self.algorithm].lookup}"
        kept = (name for kind, name in self.kept if kind == purpose)
        return tuple(dict.fromkeys((self.current, *sorted(self.waiting), *kept, *self.secrets)))

    def with_new(self, waiting: bool = False) -> "Keyring":
        """A ring with one more key; `waiting`: it opens but does not seal yet. Raises KeyMissing where older ones must go first."""
        if len(self.lookup_keys) >= MOST_HELD:
            raise KeyMissing(
                f"先移除旧密钥再轮换：{'、'.join(self.lookup_keys[1:])} (older keys are still held)"
            )
        taken = {*self.secrets, *(name for _, name in self.kept)}
        numbers = (int(one[1:]) for one in taken if re.fullmatch(r"k\d+", one))
        name = f"k{max((len(taken), *numbers)) + 1}"  # never that of a key that was given up: a backup may name it
        secrets = {**self.secrets, name: os.urandom(_SECRET_BYTES)}
        return Keyring(secrets, self.algorithm, self.waiting | ({name} if waiting else set()), self.kept)

    def promoted(self) -> "Keyring":
        """The ring with no key waiting: the newest one seals."""
        return Keyring(self.secrets, self.algorithm, frozenset(), self.kept)

    def without(self, name: str) -> "Keyring":
        """A ring that gave a key up, with all that was kept of it. Raises KeyMissing for the key that seals, or none."""
        if name not in self.lookup_keys:
            raise KeyMissing(f"the keyring has no key {name!r}")
        if name == self.current:
            raise KeyMissing(f"key {name!r} seals; turn to another one first")
        kept = {which: key for which, key in self.kept.items() if which[1] != name}
        secrets = {one: key for one, key in self.secrets.items() if one != name}
        return Keyring(secrets, self.algorithm, self.waiting - {name}, kept)

    def look(self) -> bool:
        """Read the source anew; whether anything is different. A source that can't be read changes nothing."""
        object.__setattr__(self, "_looked", time.monotonic())
        if self.source is None:
            return False
        try:
            secrets, _, waiting, kept = _read(self.source(), self.algorithm)
        except (OSError, KeyMissing):
            return False
        if (dict(secrets), waiting, kept) == (dict(self.secrets), self.waiting, dict(self.kept)):
            return False
        if not set(secrets) - waiting:
            return False
        for name, value in (("secrets", secrets), ("waiting", waiting), ("kept", kept)):
            object.__setattr__(self, name, value)
        for known in (self._derived, self._ciphers, self._marks):
            known.clear()
        self._opened.clear()  # what a key that was given up sealed is not opened any more
        return True

    def seal(self, text: str) -> str:
        """Encrypt and authenticate `text` under the current key with a new random nonce."""
        self._watch()
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

    def open_again(self, sealed: str) -> str:
        """As `open`, for texts that are asked for many times: the latest stay open in this process's memory, as the key itself does."""
        known = self._opened.get(sealed)
        if known is None:
            known = self._opened[sealed] = self.open(sealed)
            if len(self._opened) > OPEN_AT_ONCE:
                self._opened.popitem(last=False)
        else:
            self._opened.move_to_end(sealed)
        return known

    def lookup(self, number: str) -> str:
        """The searchable stand-in of a telephone number: equal for +86138…, 0138… and 138…; '' stays ''."""
        self._watch()
        return self._hash(number, self.current)

    def hashes(self, number: str) -> tuple[str, ...]:
        """All stand-ins a row may hold for this number, that of the present key first."""
        self._watch()
        return tuple(dict.fromkeys(self._hash(number, key_id) for key_id in self.lookup_keys[:MOST_HELD]))

    def is_current(self, hashed: str) -> bool:
        """Whether a stand-in is that of the present key, or of nothing."""
        return not hashed or hashed.startswith(f"{_SUITES[self.algorithm].lookup}:{self.current}:")

    def _hash(self, number: str, key_id: str) -> str:
        if not number or number.startswith("h-"):
            return number
        suite = _SUITES[self.algorithm]
        mac = hmac.HMAC(self._key(f"lookup/{suite.lookup}", key_id, 32), suite.digest)
        mac.update(normal(number).encode())
        return f"{suite.lookup}:{key_id}:{mac.finalize().hex()}"

    def _watch(self) -> None:
        if self.source is not None and time.monotonic() - self._looked > WATCH_S:
            self.look()

    def mark(self, gram: str, key_id: str) -> str:
        """The keyed stand-in of one or two characters, cut so short that several share it: finding is by many, certainty by opening."""
        known = self._marks.get((gram, key_id))
        if known is None:
            suite = _SUITES[self.algorithm]
            mac = hmac.HMAC(self._key(f"lookup/{suite.lookup}", key_id, 32), suite.digest)
            mac.update(f"mark/{gram}".encode())
            known = base64.b64encode(mac.finalize()[:_MARK_BYTES]).decode()[:_MARK_CHARS]
            if len(self._marks) >= MARKS_KNOWN:
                self._marks.clear()
            self._marks[gram, key_id] = known
        return known

    def _cipher(self, algorithm: str, key_id: str) -> CipherAlgorithm:
        suite = _SUITES[algorithm]
        key = self._key(f"seal/{algorithm}", key_id, suite.key_bytes)
        cipher = self._ciphers.get((algorithm, key))
        if cipher is None:
            cipher = self._ciphers[algorithm, key] = suite.cipher(key)  # type: ignore[call-arg]
        return cipher

    def _key(self, purpose: str, key_id: str, length: int) -> bytes:
        """One secret, one derived key per purpose (HKDF, RFC 5869), derived once."""
        if (purpose, key_id) in self.kept:
            return self.kept[purpose, key_id]
        if key_id not in self.secrets and not (self.look() and key_id in self.secrets):
            raise KeyMissing(f"the keyring has no key {key_id!r}")
        cached = self._derived.get((purpose, key_id))
        if cached is None:
            kdf = HKDF(hashes.SHA256(), length, salt=None, info=f"hotline12345/{purpose}".encode())
            cached = self._derived[(purpose, key_id)] = kdf.derive(self.secrets[key_id])
        return cached


def _read(
    text: str, algorithm: str
) -> tuple[dict[str, bytes], str, frozenset[str], dict[tuple[str, str], bytes]]:
    """What `Keyring` is made of. Raises KeyMissing."""
    secrets: dict[str, bytes] = {}
    kept: dict[tuple[str, str], bytes] = {}
    waiting = set[str]()
    for place, part in enumerate(re.split(r"[\s,]+", text.strip()), start=1):
        name, colon, secret = part.removesuffix(_WAITING).rpartition(":")
        if "/" in name:
            purpose, _, of = name.rpartition("/")
            kept[purpose, of] = _secret(secret)
            continue
        name = name if colon else f"k{place}"
        secrets[name] = _secret(secret)
        if part.endswith(_WAITING):
            waiting.add(name)
    return secrets, algorithm, frozenset(waiting), kept


def _coded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def is_sealed(text: str) -> bool:
    """Whether a stored value is one of ours."""
    return text.partition(":")[0] in _SUITES and text.count(":") >= 2


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


def spelt(word: str) -> str:
    """What is no number, made fit for a look-up hash: of a number only the digits count, so this has none."""
    return hashlib.sha256(word.encode()).hexdigest().translate(_LETTERS)


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are one person's; their hashes tell only while both lie under the same key."""
    return normal(one) == normal(other)
