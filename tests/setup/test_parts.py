"""Which command needs which parts."""

from pathlib import Path

import pytest

from app.setup.folders import Folders
from app.setup.parts import NEEDS, PARTS, SERVE, missing, needs

pytestmark = pytest.mark.unit

NAMES = [part.name for part in PARTS]


def test_only_parts_that_exist_are_asked_for() -> None:
    asked = {name for names in (*NEEDS.values(), *SERVE.values()) for name in names}
    assert asked == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", {"base"}),
        ("--help", {"base"}),
        ("demo --help", {"base"}),
        ("policy explain", {"base"}),
        ("status --json", {"base"}),
        ("check-code", {"tests", "node", "desk"}),
        ("serve --role api", {"base", "font", "node", "desk"}),
        ("serve --role=agi", {"speech", "whisper-base", "e5-small"}),
        ("serve --role api --role worker", {"base", "font", "node", "desk", "speech", "whisper-base"}),
        ("bench match", {"speech", "e5-small"}),
        ("assess --month 2026-10", {"base"}),
        ("assess --month 2026-10 --pdf sheet.pdf", {"base", "font"}),
        ("transcribe call.wav", {"speech", "whisper-base"}),
        (
            "demo --json",
            {"speech", "asterisk", "whisper-base", "kokoro-zh", "prompts", "demo-speech"},
        ),
    ],
)
def test_a_command_brings_what_it_needs_and_no_more(line: str, wanted: set[str]) -> None:
    assert set(needs(line.split())) == wanted


def test_tests_bring_everything_but_the_smaller_layers() -> None:
    assert set(needs(["test", "-k", "anything"])) == set(NAMES) - {"base", "speech"}


def test_on_a_bare_machine_all_is_missing_in_the_order_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_OWN_PARTS", "1")
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path / "models"))
    bare = Folders(Path(__file__).parent.parent.parent, tmp_path / "parts", tmp_path / "cache")
    assert [part.name for part in missing(list(reversed(NAMES)), bare)] == NAMES
    assert [part.name for part in PARTS if part.absent(bare) == 0] == ["compiled", "prompts", "demo-speech"]


def test_each_part_says_what_it_is_and_how_much_it_takes() -> None:
    for part in PARTS:
        assert part.what
        assert part.disk_mb > 0
        assert part.fetch_mb >= 0
