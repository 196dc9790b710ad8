"""A citizen's picture comes out as pixels only."""

import io

import pytest
from PIL import Image

from app.ways.photos import LONGEST, cleaned
from core.errors import BadInput

pytestmark = pytest.mark.unit


def picture(size: tuple[int, int] = (80, 40), kind: str = "JPEG", **more: object) -> bytes:
    image, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    image.putpixel((0, 0), (0, 0, 255))
    image.save(out, kind, **more)
    return out.getvalue()


def test_place_time_and_camera_are_gone_and_it_stands_as_it_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "PHONEMAKER"
    exif.get_ifd(0x8825)[2] = (25.0, 46.0, 12.0)  # GPS latitude
    given = picture(exif=exif.tobytes(), comment=b"from 13812345678")
    assert b"PHONEMAKER" in given
    jpeg, width, height = cleaned(given)
    assert (width, height) == (40, 80)
    assert b"Exif" not in jpeg
    assert b"PHONEMAKER" not in jpeg
    assert b"13812345678" not in jpeg
    with Image.open(io.BytesIO(jpeg)) as seen:
        assert not seen.getexif()
        assert seen.size == (40, 80)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_becomes_a_jpeg_of_bounded_size(kind: str) -> None:
    jpeg, width, height = cleaned(picture((3200, 800), kind))
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert (width, height) == (LONGEST, LONGEST // 4)


@pytest.mark.parametrize(
    "body",
    [b"", b"<script>alert(1)</script>", picture()[:200], picture(kind="GIF"), picture((6000, 5000), "PNG")],
    ids=["empty", "script", "cut", "gif", "too many pixels"],
)
def test_what_is_no_picture_of_a_telephone_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        cleaned(body)
