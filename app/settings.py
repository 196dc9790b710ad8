"""Every setting of a running instance, from the environment (HOTLINE_…); secrets live in the run folder or the environment."""

import functools
import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

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
    agi_host: str = "127.0.0.1"
    agi_port: int = Field(4573, ge=1, le=65535)
    audio_host: str = "127.0.0.1"
    audio_port: int = Field(4574, ge=1, le=65535)
    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=1, le=65535)
    sip_host: str = Field(
        "127.0.0.1", description="address Asterisk listens on for SIP; 0.0.0.0 to take real phones"
    )
    sip_port: int = Field(5060, ge=1, le=65535, description="UDP")
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
    token_key: SecretStr = Field(SecretStr(""), description="signs log-in tokens")

    recognise_live: str = Field("auto", description="engine for captions: auto, whisper, vosk, off")
    recognise_after: str = Field("auto", description="engine after the call: auto, whisper, vosk, off")
    models: Path = PROJECT / "asr_models"
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
    grade_link: str = Field("", description="address where a citizen grades online, with {token} in it")

    @field_validator("home", "models", "prompts")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value else value

    @property
    def anybody_may_call(self) -> bool:
        """Without a carrier's trunk, on a machine of one's own, any SIP phone is the city."""
        return self.sip_host.startswith("127.") if self.open_door is None else self.open_door

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


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
