"""First start: the city's lines, knowledge from policies/seed, seats with SIP secrets, people with passwords to hand out once."""

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.passwords import hash_password
from api.settings import DemoAccount
from app import divisions, policies
from app.floor import now
from app.settings import PROJECT, Settings
from core.divisions import Tree
from core.errors import BadInput
from match.content import Content, parse_yaml
from routing import Line
from routing.lines import LinesInvalid
from routing.lines_text import parse_lines
from store import content as content_store
from store import lines, seats, units, users
from store.database import Database
from store.errors import StoreUnavailable
from store.sealed import Keyring

FIRST_SEAT = 8001
HOUSE_CITY = "chenzhou"  # whose lines and units the project ships
SEED = PROJECT / "policies" / "seed"
_CAREFUL = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper


@dataclass(frozen=True, slots=True)
class Account:
    """A log-in made at first start; the password is to be changed by its owner."""

    login: str
    password: str
    role: str
    name: str
    seat: str = ""
    unit: str = ""


def keyring(settings: Settings) -> Keyring:
    """The keys that seal citizens' data: from the environment, else made once in the secrets folder."""
    given = settings.data_key.get_secret_value()
    if given:
        return Keyring.parse(given, settings.seal)
    path = data_key_file(settings)
    if not path.exists():
        _write_private(path, Keyring.generate(settings.seal).dump(), anew=False)
    ring = Keyring.parse(path.read_text(), settings.seal)
    return Keyring(ring.secrets, ring.algorithm, ring.waiting, ring.kept, path.read_text)


def data_key_file(settings: Settings) -> Path:
    return settings.home / "secrets" / "data_key"


def turn_keys(settings: Settings, turn: Callable[[Keyring], Keyring]) -> Keyring:
    """Write the key file as `turn` makes it, whole or not at all; running processes read it by themselves. Raises BadInput, KeyMissing."""
    if settings.data_key.get_secret_value():
        raise BadInput("密钥来自环境变量 HOTLINE_DATA_KEY，请在那里更换（每台机器先以 :waiting 加入新密钥）")
    path = data_key_file(settings)
    if not path.exists():
        raise BadInput("尚无密钥文件：热线还没有启动过")
    turned = turn(Keyring.parse(path.read_text(), settings.seal))
    _write_private(path, turned.dump())
    return turned


def house_content() -> Content:
    """What the project ships: units, refusal grounds and knowledge articles."""
    return parse_yaml({path.name: path.read_text(encoding="utf-8") for path in sorted(SEED.glob("*.yaml"))})


def city_lines(city: str, below: tuple[str, ...] = ()) -> tuple[Line, ...]:
    """A city's line register, policies/CITY/lines.yaml, the operator's folder before the house's; else the house's own city's.

    Raises LinesInvalid.
    """
    found = (
        folder / name / "lines.yaml" for name in (city, HOUSE_CITY) for folder in policies.policy_folders()
    )
    path = next(path for path in found if path.is_file())
    return lines_file(path, (*below, city))


def lines_file(path: Path, below: tuple[str, ...] = ()) -> tuple[Line, ...]:
    """The lines of one file with those of the city it extends. Raises LinesInvalid."""

    def above(parent: str) -> tuple[Line, ...]:
        if parent in below:
            raise LinesInvalid(f"{path}：extends 绕回自身：{' -> '.join((*below, parent))}")
        if not any((folder / parent / "lines.yaml").is_file() for folder in policies.policy_folders()):
            raise LinesInvalid(f"{path}：extends {parent!r}，该城市没有 lines.yaml")
        return city_lines(parent, below)

    try:
        return parse_lines(path.read_text(encoding="utf-8"), str(path), above)
    except (OSError, UnicodeDecodeError) as error:
        raise LinesInvalid(f"{path}：读不出：{getattr(error, 'strerror', None) or error}") from error


def city_divisions(city: str) -> Tree:
    """A city's places; the house's own city's where it has none. Raises BadDivisions."""
    return divisions.load(city, HOUSE_CITY)


async def registers(session: AsyncSession, settings: Settings) -> None:
    """Units, knowledge and lines where they are missing; what people changed stays. Raises LinesInvalid."""
    await content_store.import_content(session, house_content())
    await lines.seed(session, city_lines(settings.policy), now())
    await units.place(session, city_divisions(settings.policy))


async def registers_if_none(session: AsyncSession, settings: Settings) -> None:
    """For a command on a house that never started; of one that did, nothing is read anew."""
    if not await lines.any_there(session):
        await registers(session, settings)


async def first_start(database: Database, settings: Settings) -> list[Account]:
    """Fill an empty database; safe to call at every start. Gives the accounts that were made at the first one."""
    path = settings.home / "secrets" / "accounts.json"
    people = await _people_if_none(database, settings)
    async with database.session() as session:
        await registers(session, settings)  # another process's first start is over now
        if people and not await users.all_users(session):
            for one, password_hash in people.items():
                unit = one.unit or None
                await users.add(session, one.login, one.name, one.role, password_hash, now(), unit)
            _write_private(path, json.dumps([asdict(a) for a in people], ensure_ascii=False, indent=1))
        for number in range(FIRST_SEAT, FIRST_SEAT + settings.seats):
            await seats.add(session, str(number), secrets.token_hex(12), now(), name=f"{number} 号座席")
    return kept_accounts(settings)


def kept_accounts(settings: Settings) -> list[Account]:
    """The accounts of the first start, for whoever may read the secrets folder."""
    path = settings.home / "secrets" / "accounts.json"
    if not path.exists():
        return []
    return [Account(**account) for account in json.loads(path.read_text())]


def demo_accounts(settings: Settings) -> list[DemoAccount]:
    """Those of the first start that may be tried without a password; none but at a demonstration."""
    if not settings.offers_demo:
        return []
    return [
        DemoAccount(
            login=one.login, name=one.name, role=one.role, password=SecretStr(one.password), seat=one.seat
        )
        for one in kept_accounts(settings)
    ]


async def _people_if_none(database: Database, settings: Settings) -> dict[Account, str]:
    """Accounts with their password hashes, for a house without people; made before anything is locked: hashing is slow."""
    async with database.reading() as session:
        if await users.all_users(session):
            return {}
    made = _people(settings)
    return await asyncio.to_thread(lambda: {one: hash_password(one.password) for one in made})


def _people(settings: Settings) -> list[Account]:
    made = [
        _account("admin", "admin", "管理员"),
        _account("banzhang", "supervisor", "值班班长"),
        _account("rexianban", "office", "热线办"),
        _account("shenji", "auditor", "审计员"),
        _account("renshe", "unit", "人社局经办人", unit="chenzhou.rsj"),
        _account("fenguan", "leader", "人社局分管领导", unit="chenzhou.rsj"),
        _account("zhuanjia", "expert", "专家座席"),
    ]
    for number in range(FIRST_SEAT, FIRST_SEAT + settings.seats):
        made.append(_account(f"agent{number}", "agent", f"{number} 号话务员", seat=str(number)))
    return made


def _account(login: str, role: str, name: str, seat: str = "", unit: str = "") -> Account:
    return Account(login, "".join(secrets.choice(_CAREFUL) for _ in range(12)), role, name, seat, unit)


def _write_private(path: Path, text: str, *, anew: bool = True) -> None:
    """Whole or not at all, readable by its owner only. `anew` False: whoever is first wins, the others' text is dropped.

    Raises StoreUnavailable where the folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if anew:
            partial.replace(path)
            return
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
    except OSError as error:
        raise StoreUnavailable(f"can't write {path}: {error.strerror}") from error
