"""The same pages over HTTPS, where a browser gives the microphone on every machine."""

import ssl
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from app.instance import free_ports
from tests.desk.house import standing

pytestmark = pytest.mark.service


def test_who_trusts_the_local_authority_gets_pages_live_messages_and_the_api_from_one_origin(
    tmp_path: Path,
) -> None:
    (port,) = free_ports(1)
    with standing(tmp_path / "home", https_port=port) as house:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "home" / "tls" / "ca.pem"))
        with httpx.Client(base_url=f"https://localhost:{port}", verify=trusting, timeout=20) as client:
            assert client.get("/").status_code in (200, 503)  # 503: told how to build it
            assert client.get("/api/v1/demo/accounts").json()["items"]
        token = house.tokens("banzhang")["access_token"]
        with connect(
            f"wss://localhost:{port}/api/v1/live?topics=floor", ssl=trusting, proxy=None,
            subprotocols=["hotline.v1", f"bearer.{token}"],  # type: ignore[list-item]
        ) as live:  # fmt: skip
            assert '"ready"' in str(live.recv(timeout=20))
