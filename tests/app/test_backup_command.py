"""`./hotline restore` with something that is no backup: exit 2, one line, nothing made."""

from pathlib import Path

import pytest

from app import cli
from app.settings import settings

pytestmark = pytest.mark.service


@pytest.mark.parametrize("given", ["missing", "folder", "text"])
def test_what_is_no_backup_is_named_in_one_line_and_nothing_is_put_in_place(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / given
    if given == "folder":
        file.mkdir()
    elif given == "text":
        file.write_text("no tar")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.argv", ["hotline", "restore", str(file)])
    settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        settings.cache_clear()
    said = capfd.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert str(file) in said.err
    assert said.err.count("\n") == 1
    assert not list((tmp_path / "home").glob("*.sqlite")), "no half database"
