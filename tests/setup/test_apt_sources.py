"""Reading the machine's own apt sources, in both formats (sources.list(5))."""

from pathlib import Path

import pytest

from app.setup.apt_sources import Source, debian_mirror, machine_sources, parse_deb822, parse_one_line

pytestmark = pytest.mark.unit

DEB822 = """\
# the comment of an image builder
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
"""
KEY_BLOCK = """\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_deb822_stanzas_are_read_and_disabled_or_source_ones_left_out() -> None:
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert parse_deb822(DEB822) == [
        Source(
            ("http://mirror.example/debian",), ("bookworm", "bookworm-updates"), ("main", "contrib"), keyring
        ),
        Source(("http://mirror.example/debian-security",), ("bookworm-security",), ("main",)),
    ]


def test_a_key_block_reaches_our_own_stanza_whole() -> None:
    (source,) = parse_deb822(KEY_BLOCK)
    assert parse_deb822(source.with_suite("sid")) == [
        Source(source.uris, ("sid",), ("main",), source.signed_by)
    ]
    assert source.signed_by.count("\n") == 4


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "deb http://m.example/debian bookworm main",
            Source(("http://m.example/debian",), ("bookworm",), ("main",)),
        ),
        (
            "deb [arch=amd64 signed-by=/k.gpg] http://m.example/ubuntu noble main universe # ours",
            Source(("http://m.example/ubuntu",), ("noble",), ("main", "universe"), "/k.gpg"),
        ),
        ("deb-src http://m.example/debian bookworm main", None),
        ("# deb http://m.example/debian bookworm main", None),
        ("", None),
    ],
)
def test_one_line_sources(line: str, source: Source | None) -> None:
    assert parse_one_line(line) == source


def test_the_mirror_is_the_one_that_carries_the_release_itself() -> None:
    sources = parse_deb822(DEB822)
    mirror = debian_mirror(list(reversed(sources)), "bookworm")
    assert mirror is not None
    assert mirror.uris == ("http://mirror.example/debian",)
    assert debian_mirror(sources, "trixie") is None


def test_all_files_of_the_machine_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (parts / "debian.sources").write_text(DEB822)
    (parts / "extra.list").write_text("deb http://b.example/x stable main\n")
    (parts / "extra.list.disabled").write_text("deb http://c.example/x stable main\n")
    hosts = [source.uris[0].split("/")[2] for source in machine_sources(tmp_path)]
    assert hosts == ["a.example", "mirror.example", "mirror.example", "b.example"]


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    assert machine_sources(tmp_path) == []
