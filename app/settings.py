"""Every setting of a running instance, from the environment (HOTLINE_…); secrets live in the run folder or the environment."""

import functools
import os
import re
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from core.errors import BadInput

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """One instance. Folders are absolute after loading; ports are TCP unless said otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="HOTLINE_", extra="ignore", env_ignore_empty=True, frozen=True
    )

    home: Path = Field(
        PROJECT / "run", description="database, recordings, spool, secrets and Asterisk's own folders"
    )
    database_url: str = Field("", description="empty: SQLite in the home folder")
    redis_url: str = Field("", description="empty: hints travel inside the process")
    policy: str = "demo"

    api_host: str = "127.0.0.1"
    api_port: int = Field(8012, ge=1, le=65535)
    desk: Path | None = Field(
        None, description="folder of a built desk; unset: what ./hotline built from desk/"
    )
    demo_log_in: bool | None = Field(
        None,
        description="offer the first accounts without a password to browsers on this machine; unset: only with the policy demo on loopback",
    )
    agi_host: str = "127.0.0.1"
    agi_port: int = Field(4573, ge=1, le=65535)
    audio_host: str = "127.0.0.1"
    audio_port: int = Field(4574, ge=1, le=65535)
    ears: str = Field(
        "",
        description="who hears live sound for captions, as Asterisk reaches them: host:port,host:port; empty: audio_host and audio_port",
    )
    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=1, le=65535)
    sip_host: str = Field(
        "127.0.0.1", description="address Asterisk listens on for SIP; 0.0.0.0 to take real phones"
    )
    sip_port: int = Field(5060, ge=1, le=65535, description="UDP")
    ws_host: str = Field(
        "127.0.0.1", description="where Asterisk's SIP over WebSocket is; it listens on loopback"
    )
    ws_port: int = Field(8013, ge=0, le=65535, description="SIP over WebSocket for phones in pages; 0: none")
    https_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="the API and the desk over HTTPS; 0: none; unset: 8443 of `up`, else none",
    )
    tls_cert: Path | None = Field(
        None, description="certificate (PEM, with its chain); unset: of a local authority"
    )
    tls_key: Path | None = Field(None, description="its key (PEM)")
    tls_names: tuple[str, ...] = Field(
        (), description="further names and addresses for the local certificate"
    )
    turn_urls: tuple[str, ...] = Field((), description='TURN for remote seats: ["turn:turn.example.cn:3478"]')
    turn_secret: SecretStr = Field(SecretStr(""), description="coturn's static-auth-secret")
    rtp_start: int = Field(20000, ge=1024, le=65000, description="UDP, first of the media range")
    rtp_ports: int = Field(800, ge=8, le=20000, description="size of the media range; four ports a call")
    open_door: bool | None = Field(
        None,
        description="take calls from any SIP peer that reaches us; unset: only while listening on loopback",
    )

    ami_secret: SecretStr = SecretStr("")
    data_key: SecretStr = Field(
        SecretStr(""),
        description="id:base64 pairs that seal citizens' numbers and names; see store/sealed.py",
    )
    seal: Literal["sm4-gcm", "aes-256-gcm"] = Field(
        "sm4-gcm",
        description="what seals citizens' data and hashes their numbers; chosen before the first start",
    )
    audit_key: SecretStr = Field(
        SecretStr(""), description="seals the audit chain; never changed while its links must be provable"
    )
    audit_hash: Literal["h-sm3", "h-sha256"] = "h-sm3"
    token_key: SecretStr = Field(SecretStr(""), description="signs log-in tokens")

    recognise_live: str = Field("auto", description="engine for captions: auto, whisper, vosk, sherpa, off")
    recognise_after: str = Field(
        "auto", description="engine after the call: auto, whisper, vosk, sherpa, off"
    )
    models: Path = PROJECT / "asr_models"
    embedding: Literal["auto", "off"] = Field(
        "auto", description="proposals also by what texts mean: auto (where the model is installed), off"
    )
    prompts: Path | None = Field(
        None, description="folder with the operator's own recordings, replacing ours one by one"
    )
    asr_threads: int = Field(1, ge=1, le=64)

    ring_s: int = Field(20, ge=3, le=120)
    wrap_up_s: int = Field(120, ge=0, le=3600)
    wait_s: int = Field(5, ge=1, le=60, description="how often a waiting call asks again if nothing wakes it")
    offer_callback_after_s: int = Field(60, ge=0, le=3600)
    fallback_calls: int = Field(
        40, ge=1, le=1000, description="messages taken at once while the service is silent; 14 MB each"
    )
    unfinished_after_s: int = Field(
        900, ge=1, le=86400, description="a call ended without outcome becomes a message after this"
    )
    status_token: SecretStr = Field(
        SecretStr(""), description="lets /health and /metrics be read from elsewhere"
    )
    seats: int = Field(4, ge=1, le=500, description="seats made at first start")
    notify_webhook: str = ""
    notify_secret: SecretStr = SecretStr("")
    dial_ring_s: int = Field(
        30, ge=5, le=120, description="how long a citizen's telephone rings when we call"
    )
    keep_recordings_days: int = Field(
        0, ge=0, le=36500, description="days a recording is kept; 0: for good (legal holds always win)"
    )
    keep_transcripts_days: int = Field(
        0, ge=0, le=36500, description="days what was said is kept; 0: for good"
    )
    keep_personal_days: int = Field(
        0, ge=0, le=36500, description="days numbers and names of what is over are kept; 0: for good"
    )
    watch_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="/health and /metrics on loopback for processes without the API; 0: none",
    )
    log_most_mb: int = Field(50, ge=1, le=100_000, description="a log beyond this is moved aside by `up`")
    log_keep: int = Field(5, ge=1, le=100, description="how many older ones of each log are kept")
    probe_units: bool = Field(
        False, description="test calls to units' numbers by themselves: it rings real people"
    )
    probe_lines: bool = Field(False, description="test calls to sub-centres' lines, once an hour each")
    probe_mobile_hours: str = Field(
        "09:00-20:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="when a test may ring a mobile, any day",
    )
    sms_url: str = Field("", description="HTTP gateway that sends our text messages; empty: none are sent")
    sms_secret: SecretStr = SecretStr("")
    smpp_host: str = Field(
        "", description="a carrier's SMSC (SMPP 3.4) instead of the HTTP gateway; empty: none"
    )
    smpp_port: int = Field(2775, ge=1, le=65535)
    smpp_system_id: str = Field("", max_length=15)
    smpp_password: SecretStr = SecretStr("")
    smpp_system_type: str = Field("", max_length=12)
    smpp_source: str = Field("", max_length=20, description="the number our texts come from")
    mail_host: str = Field("", description="the operator's mail server; empty: no mail is sent")
    mail_port: int = Field(587, ge=1, le=65535)
    mail_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_to: tuple[str, ...] = Field(
        (), description='who gets alarms of the service level by mail: ["office@example.cn"]'
    )
    pdf_font: Path | None = Field(
        None, description="a TrueType font with Chinese that PDFs carry; none: the one the set-up brought"
    )
    grade_link: str = Field(
        "",
        pattern=r"^(https?://\S*\{token\}\S*)?$",
        description="where a citizen grades online: https://HOST/portal/grade/{token}, or a page of the city's own; empty: by key only",
    )

    @field_validator("home", "models", "prompts", "pdf_font", "desk", "tls_cert", "tls_key")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value else value

    @property
    def anybody_may_call(self) -> bool:
        """Without a carrier's trunk, on a machine of one's own, any SIP phone is the city."""
        return self.sip_host.startswith("127.") if self.open_door is None else self.open_door

    @property
    def offers_demo(self) -> bool:
        """Whether who sits at this machine may be anybody: a demonstration, never a city's own hotline."""
        on_loopback = self.api_host.startswith("127.") or self.api_host in ("::1", "localhost")
        if self.demo_log_in is None:
            return on_loopback and self.policy == "demo"
        return on_loopback and self.demo_log_in

    @property
    def recordings(self) -> Path:
        return self.home / "recordings"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def asterisk(self) -> Path:
        return self.home / "asterisk"

    @property
    def sounds(self) -> Path:
        return self.home / "sounds"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.home / 'hotline.sqlite'}"

    def secret(self, name: str) -> str:
        """A secret by name: from the environment, else made once and kept readable by its owner only."""
        given: SecretStr | None = getattr(self, name, None)
        if given is not None and given.get_secret_value():
            return given.get_secret_value()
        return _kept_secret(self.home / "secrets" / name)


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(fresh, path)  # whoever links first wins; the others read it
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


class BadSetting(BadInput):
    """A setting can't be used; the text names it as it is written in the environment."""

    code = "bad_setting"


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once. Raises BadSetting."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSetting("；".join(_wrong(one) for one in error.errors())) from None
    except SettingsError as error:
        told = re.search(r'field "(\w+)"', str(error))
        name = f"HOTLINE_{told[1].upper()}" if told else ""
        raise BadSetting(f"设置 {name} 不是 JSON (not JSON)") from None


_REASONS = {
    "int_parsing": "应为整数", "bool_parsing": "应为 true 或 false", "greater_than_equal": "不得小于 {ge}",
    "less_than_equal": "不得大于 {le}", "literal_error": "应为 {expected}", "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "应符合 {pattern}",
}  # fmt: skip


def _wrong(one: ErrorDetails) -> str:
    """Which setting and what is wrong with it; what was given is told, but of a secret."""
    name = str(one["loc"][0]) if one["loc"] else ""
    field = Settings.model_fields.get(name)
    secret = field is None or field.annotation is SecretStr
    given = "" if secret else f"，不是 {one['input']!r}"
    reason = _REASONS.get(one["type"], one["msg"]).format_map(one.get("ctx", {}))
    return f"设置 HOTLINE_{name.upper()} {reason}{given}"
