from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asr_models.web import Web, web


@pytest.fixture
def site() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hotline12345" / "models"
