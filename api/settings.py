"""What the HTTP edge needs to know; `app` fills it from the instance's settings."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class DemoAccount(BaseModel):
    """An account of the first start that may be tried without its password. `seat`: where its owner would sit."""

    model_config = ConfigDict(frozen=True)

    login: str
    name: str
    role: str
    password: SecretStr
    seat: str = ""


class ApiSettings(BaseModel):
    """Bounds and secrets of the HTTP edge. Seconds and bytes; every wait and queue has its limit here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_key: SecretStr = Field(min_length=32, description="signs log-in tokens (HS256)")
    recordings: Path = Field(description="folder that recordings may be read from, and nothing outside it")
    sip_ws: str = Field(
        "", description="address of the switch's SIP over WebSocket; empty: no phones in pages"
    )
    turn_urls: tuple[str, ...] = Field(
        (), description="TURN servers for seats that don't reach the switch directly"
    )
    turn_secret: SecretStr = SecretStr("")
    desk: Path | None = Field(None, description="folder of the built desk; none: the API alone")
    demo: tuple[DemoAccount, ...] = Field(
        (), description="accounts to be tried from this machine; see api/demo.py"
    )
    status_token: SecretStr = Field(
        SecretStr(""), description="lets /health and /metrics be read from elsewhere"
    )
    access_s: int = Field(15 * 60, ge=30, le=24 * 3600)
    shift_s: int = Field(
        8 * 3600, ge=60, le=7 * 24 * 3600, description="after this a log-in must be repeated"
    )
    request_timeout_s: float = Field(15.0, gt=0, le=120)
    transfer_timeout_s: float = Field(3600.0, gt=0, description="longest download of one recording")
    max_body_bytes: int = Field(1 << 20, ge=1024)
    login_tries: int = Field(5, ge=1, description="failed log-ins for one login within the window")
    address_tries: int = Field(100, ge=1, description="the same for one address: an office may share one")
    login_window_s: float = Field(300.0, gt=0)
    live_clients: int = Field(4000, ge=1, description="screens of one process, some 55 KiB each")
    live_queue: int = Field(
        256, ge=1, description="messages waiting for one slow screen before it is dropped"
    )
    live_heartbeat_s: float = Field(20.0, gt=0)
    live_hello_s: float = Field(5.0, gt=0, description="time to authenticate after connecting")
