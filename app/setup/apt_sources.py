"""Where this machine fetches its packages from: its own apt sources, in both of their formats."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APT = Path("/etc/apt")
_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s*(?P<components>.*)$"
)


@dataclass(frozen=True)
class Source:
    """One place packages come from. `signed_by` is a path or a whole key block; empty: the machine's trusted keys."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def with_suite(self, suite: str) -> str:
        """The same mirror, trusted by the same key, as a deb822 stanza for another suite."""
        text = f"Types: deb\nURIs: {' '.join(self.uris)}\nSuites: {suite}\nComponents: main\n"
        return text + (f"Signed-By: {self.signed_by}\n" if self.signed_by else "")


def machine_sources(folder: Path = APT) -> list[Source]:
    """All enabled binary sources of the machine, in apt's order."""
    found = list(_one_line_file(folder / "sources.list"))
    parts = sorted((folder / "sources.list.d").glob("*")) if (folder / "sources.list.d").is_dir() else []
    for path in parts:
        if path.suffix == ".list":
            found += _one_line_file(path)
        elif path.suffix == ".sources":
            found += parse_deb822(path.read_text(encoding="utf-8", errors="replace"))
    return found


def debian_mirror(sources: list[Source], codename: str) -> Source | None:
    """The source that carries the release this machine runs (not its security or updates suites)."""
    return next((one for one in sources if codename in one.suites and "main" in one.components), None)


def _one_line_file(path: Path) -> Iterator[Source]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        source = parse_one_line(line)
        if source is not None:
            yield source


def parse_one_line(line: str) -> Source | None:
    """`deb [signed-by=…] URI SUITE COMPONENT…`; None for comments, deb-src and blank lines (sources.list(5))."""
    found = _ONE_LINE.match(line.split("#", 1)[0].strip())
    if found is None:
        return None
    options = dict(word.split("=", 1) for word in (found["options"] or "").split() if "=" in word)
    components = tuple(found["components"].split())
    return Source((found["uri"],), (found["suite"],), components, options.get("signed-by", ""))


def parse_deb822(text: str) -> list[Source]:
    """The enabled `Types: deb` stanzas of a .sources file; a key block may span lines (sources.list(5), deb822)."""
    stanzas = (_fields(block) for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")))
    return [_source(fields) for fields in stanzas if _is_enabled(fields)]


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and last:
            fields[last] += f"\n{line.rstrip()}"
        elif ":" in line:
            name, value = line.split(":", 1)
            last = name.strip().lower()
            fields[last] = value.strip()
    return fields


def _is_enabled(fields: dict[str, str]) -> bool:
    return (
        "uris" in fields
        and "deb" in fields.get("types", "").split()
        and fields.get("enabled", "yes").lower() not in ("no", "false", "0")
    )


def _source(fields: dict[str, str]) -> Source:
    uris, suites, components = (
        tuple(fields.get(name, "").split()) for name in ("uris", "suites", "components")
    )
    return Source(uris, suites, components, fields.get("signed-by", ""))
