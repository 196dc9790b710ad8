"""The desks benchmark in small: every desk hears every call on both sides, and the page says what was met."""

from pathlib import Path
from typing import Any

import pytest

from bench import desks
from bench.desk_sockets import frame
from bench.desks import met, table

DESKS, CALLS = 12, 2


@pytest.mark.service
async def test_every_desk_hears_every_call(tmp_path: Path) -> None:
    sides, others = await desks.measure(tmp_path, DESKS, CALLS)
    assert [(one["side"], one["desks"], one["missed"], one["lost"]) for one in sides] == [
        ("product", DESKS, 0, 0),
        ("bare", DESKS, 0, 0),
    ]
    assert 0 <= others <= 1


@pytest.mark.unit
def test_a_frame_is_read_once_it_is_there_as_a_whole() -> None:
    long = b"\x81\x7e\x00\x80" + b"x" * 128
    assert frame(b"\x81") is None
    assert frame(long[:-1]) is None
    assert frame(b"\x81\x02hi" + long) == (1, b"hi", long)
    assert frame(long) == (1, b"x" * 128, b"")


@pytest.mark.unit
def test_the_target_is_met_only_where_nobody_was_missed() -> None:
    figures = {
        "desks": 2000,
        "calls": 40,
        "p50_ms": 50.0,
        "p99_ms": 120.0,
        "worst_ms": 150.0,
        "kb_per_desk": 40.0,
    }
    well: dict[str, Any] = figures | {"side": "product", "missed": 0, "lost": 0, "cpu_us_per_message": 40.0}
    bare = well | {"side": "bare", "p99_ms": 60.0}
    assert met([well, bare])
    assert not met([well | {"missed": 1}, bare])
    assert not met([well | {"p99_ms": 250.0}, bare])
    page = table({"machine": {"cpu": "x"}, "sides": [well, bare], "others": 0.25, "met": False})
    assert "Product ÷ bare: 2.0 by p99" in page
    assert "**not met**; other programs had 25%" in page
