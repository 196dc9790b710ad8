"""A citizen's picture made anew: what leaves here holds pixels and nothing else, whatever came in."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadInput

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST = 1600
"""Pixels of the longer side that are kept: a number plate across a street can still be read."""
MOST_PIXELS = 24_000_000
QUALITY = 80


def cleaned(body: bytes) -> tuple[bytes, int, int]:
    """A JPEG without place, time, camera or anything else (EXIF, XMP, ICC, comments), turned as it was held; its width and height.

    Raises BadInput for what is no JPEG, PNG or WebP by its content, is broken, or has more pixels than any telephone takes.
    """
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                raise BadInput(f"照片像素过大（最多{MOST_PIXELS // 1_000_000}百万像素）")
            given.draft("RGB", (LONGEST, LONGEST))
            picture = ImageOps.exif_transpose(given).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput("不是可用的照片，请使用 JPEG、PNG 或 WebP") from error
    picture.thumbnail((LONGEST, LONGEST))
    made = Image.new("RGB", picture.size)
    made.paste(picture)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), made.width, made.height
