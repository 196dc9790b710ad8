"""The font that printed sheets carry: the machine's, else one unpacked beside the other parts; a city's own needs none."""

from pathlib import Path

import pytest

from app.setup import fonts
from app.setup.failure import SetupFailed
from app.setup.folders import Folders

pytestmark = pytest.mark.unit


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("HOTLINE_OWN_PARTS", "1")
    monkeypatch.delenv("HOTLINE_PDF_FONT", raising=False)
    return Folders(tmp_path, tmp_path / "parts", tmp_path / "cache")


def test_what_was_unpacked_is_found(bare: Folders) -> None:
    assert (fonts.find(bare), fonts.has(bare), fonts.absent(bare)) == (None, False, 1.0)
    file = bare.parts / "font" / "usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"font")
    assert (fonts.find(bare), fonts.has(bare)) == (file, True)


def test_a_city_that_names_its_own_font_is_brought_none(
    bare: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_PDF_FONT", "/somewhere/song.ttf")
    assert fonts.has(bare)


def test_without_apt_it_is_said_what_to_do(bare: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "apt_usable", lambda: False)
    with pytest.raises(SetupFailed, match="HOTLINE_PDF_FONT"):
        fonts.bring(bare)
