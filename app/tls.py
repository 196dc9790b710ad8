"""The certificate of the HTTPS port: the operator's own, else one of a local authority that vouches for this machine's names only."""

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.settings import BadSetting, Settings

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 397  # browsers believe no longer one (CA/Browser Forum, Apple)
_RENEW_DAYS = 30


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files for the HTTPS port. `authority`: what browsers are to trust; None with the operator's own certificate."""

    chain: Path
    key: Path
    authority: Path | None


def certificate(settings: Settings, now: datetime) -> Certificate:
    """The certificate to serve; a local one is made, and made anew before it ends or when names change. Raises BadSetting."""
    if settings.tls_cert or settings.tls_key:
        if not (settings.tls_cert and settings.tls_key):
            raise BadSetting("HOTLINE_TLS_CERT 与 HOTLINE_TLS_KEY 须同时设置 (set both)")
        for path in (settings.tls_cert, settings.tls_key):
            if not path.is_file():
                raise BadSetting(f"没有证书文件 {path} (no such file)")
        return Certificate(settings.tls_cert, settings.tls_key, None)
    folder = settings.home / "tls"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = Certificate(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    names = names_of(settings)
    if not _good(found, names, now):
        _make(folder, names, now)
    return found


def names_of(settings: Settings) -> list[x509.GeneralName]:
    """Under which names and addresses browsers may find us."""
    told = ["localhost", "127.0.0.1", "::1", socket.gethostname(), settings.api_host, *settings.tls_names]
    return [_name(one) for one in dict.fromkeys(told) if one not in ("", "0.0.0.0", "::")]


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return x509.DNSName(text.encode("idna").decode())
    except UnicodeError:
        raise BadSetting(f"HOTLINE_TLS_NAMES 中的 {text!r} 不是域名或地址 (no name or address)") from None


def _good(found: Certificate, names: list[x509.GeneralName], now: datetime) -> bool:
    try:
        server = x509.load_pem_x509_certificate(found.chain.read_bytes())
        told = list(server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    both = found.key.is_file() and found.authority is not None and found.authority.is_file()
    return both and told == names and server.not_valid_after_utc > now + timedelta(days=_RENEW_DAYS)


def _make(folder: Path, names: list[x509.GeneralName], now: datetime) -> None:
    """A server's certificate from the authority in `folder`; the authority too where its constraints do not cover the names."""
    authority, key = _authority(folder, names, now)
    own = ec.generate_private_key(ec.SECP256R1())
    made = (
        _begin("12345 热线 本机", own.public_key(), authority.subject, now, _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "server.key", _pem(own))
    _write(folder / "server.pem", _text(made) + _text(authority), 0o644)


def _authority(
    folder: Path, names: list[x509.GeneralName], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    wanted = x509.NameConstraints([_constraint(one) for one in names], None)
    try:
        found = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        told = found.extensions.get_extension_for_class(x509.NameConstraints).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return _new_authority(folder, wanted, now)
    ends = found.not_valid_after_utc <= now + timedelta(days=_SERVER_DAYS)
    if told != wanted or ends or not isinstance(key, ec.EllipticCurvePrivateKey):
        return _new_authority(folder, wanted, now)
    return found, key


def _new_authority(
    folder: Path, wanted: x509.NameConstraints, now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject("12345 热线 本机证书颁发机构")
    made = (
        _begin("12345 热线 本机证书颁发机构", key.public_key(), subject, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(wanted, critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.key", _pem(key))
    _write(folder / "ca.pem", _text(made), 0o644)
    return made, key


_KEY_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


def _constraint(name: x509.GeneralName) -> x509.GeneralName:
    if isinstance(name, x509.IPAddress):
        return x509.IPAddress(ipaddress.ip_network(f"{name.value}"))
    return name


def _begin(
    name: str, key: ec.EllipticCurvePublicKey, issuer: x509.Name, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _text(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, text: bytes, mode: int = 0o600) -> None:
    """Whole or not at all; a key for its owner alone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    partial.replace(path)
