"""What a test needs beyond Python: absent in CI it fails, elsewhere it skips and names what is missing."""

import os
from pathlib import Path
from typing import NoReturn

import pytest


def missing(part: str, remedy: str = "./hotline test") -> NoReturn:
    """Fail in CI, skip elsewhere, naming `part` and how to get it."""
    text = f"needs {part}; get it with: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def need(part: str, present: object, remedy: str = "./hotline test") -> None:
    """Go on only where `present` is truthy."""
    if not present:
        missing(part, remedy)


def measuring_data() -> Path:
    """Folder with real speech and texts to measure on (HOTLINE_MEASURE_DATA); never part of the project."""
    folder = os.environ.get("HOTLINE_MEASURE_DATA", "")
    need(
        "measuring data (set HOTLINE_MEASURE_DATA to its folder)",
        folder and Path(folder).is_dir(),
        "HOTLINE_MEASURE_DATA=…",
    )
    return Path(folder)
