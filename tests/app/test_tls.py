"""The HTTPS port's certificate: believed by who trusts the local authority, and by nobody for any other name."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from fastapi import FastAPI

from api.serve import BadCertificate, serving
from app.settings import BadSetting, Settings
from app.tls import certificate

pytestmark = pytest.mark.service
NOW = datetime.now(UTC)


def given(home: Path, **more: object) -> Settings:
    return Settings(home=home, **more)  # type: ignore[arg-type]


def server_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


async def test_a_browser_that_trusts_the_authority_is_answered_over_https(tmp_path: Path) -> None:
    own = certificate(given(tmp_path), NOW)
    app = FastAPI()
    app.get("/")(lambda: {"well": True})
    trusting = ssl.create_default_context(cafile=str(own.authority))
    async with serving(app, "127.0.0.1", 0, tls=(own.chain, own.key)) as served:
        async with httpx.AsyncClient(verify=trusting) as client:
            for host in ("127.0.0.1", "localhost"):
                assert (await client.get(f"https://{host}:{served.port}/")).json() == {"well": True}
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(f"https://127.0.0.1:{served.port}/")
        async with httpx.AsyncClient() as plain:
            with pytest.raises(httpx.HTTPError):
                await plain.get(f"http://127.0.0.1:{served.port}/")


def test_the_authority_vouches_for_our_names_only_and_its_key_is_closed(tmp_path: Path) -> None:
    own = certificate(given(tmp_path, tls_names=("hotline.example.cn", "10.1.2.3")), NOW)
    assert own.authority is not None
    limits = server_of(own.authority).extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    permitted = limits.value.permitted_subtrees or []
    assert x509.DNSName("hotline.example.cn") in permitted
    assert "10.1.2.3/32" in [str(one.value) for one in permitted]
    for name in ("ca.key", "server.key"):
        assert (tmp_path / "tls" / name).stat().st_mode & 0o777 == 0o600


def test_it_stays_until_it_nears_its_end_or_the_names_change(tmp_path: Path) -> None:
    own = certificate(given(tmp_path), NOW)
    first = server_of(own.chain).serial_number
    authority = own.chain.with_name("ca.pem").read_bytes()
    assert server_of(certificate(given(tmp_path), NOW + timedelta(days=300)).chain).serial_number == first
    later = certificate(given(tmp_path), NOW + timedelta(days=390))
    assert server_of(later.chain).serial_number != first
    assert own.chain.with_name("ca.pem").read_bytes() == authority, "browsers need not trust anew"
    named = certificate(given(tmp_path, tls_names=("hotline.example.cn",)), NOW)
    told = server_of(named.chain).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "hotline.example.cn" in told.get_values_for_type(x509.DNSName)


async def test_the_operators_own_certificate_is_used_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    one, other = certificate(given(tmp_path / "a"), NOW), certificate(given(tmp_path / "b"), NOW)
    with pytest.raises(BadSetting, match="TLS_KEY"):
        certificate(given(tmp_path, tls_cert=one.chain), NOW)
    with pytest.raises(BadSetting, match="nowhere"):
        certificate(given(tmp_path, tls_cert=one.chain, tls_key=tmp_path / "nowhere"), NOW)
    own = certificate(given(tmp_path, tls_cert=one.chain, tls_key=one.key), NOW)
    assert (own.chain, own.authority) == (one.chain, None)
    with pytest.raises(BadCertificate):
        async with serving(FastAPI(), "127.0.0.1", 0, tls=(one.chain, other.key)):
            pass
