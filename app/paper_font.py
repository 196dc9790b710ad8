"""The font of everything printed: one that the PDF carries, where there is one, else by a name that readers bring a font for."""

from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from app.settings import settings
from app.setup import fonts
from core.errors import BadInput

BY_NAME = "STSong-Light"
"""Adobe-GB1: readers know it, printers and browsers may not."""


def chosen() -> Path | None:
    """HOTLINE_PDF_FONT, else what the set-up found or brought; None: by name."""
    return settings().pdf_font or fonts.find()


def across(canvas: Any, words: str, font: str) -> None:
    """The mark of what leaves, pale, thrice across the page."""
    canvas.saveState()
    canvas.setFont(font, 16)
    canvas.setFillGray(0.8)
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(45)
    for offset in (-220, 0, 220):
        canvas.drawCentredString(0, offset, words)
    canvas.restoreState()


def registered(path: Path | None) -> str:
    """The name under which reportlab knows it; of a collection (.ttc) the first. Raises BadInput for what can't be embedded."""
    if path is None:
        if BY_NAME not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(BY_NAME))
        return BY_NAME
    name = f"sheet-{path.stem}"
    if name not in pdfmetrics.getRegisteredFontNames():
        try:
            pdfmetrics.registerFont(TTFont(name, str(path)))
        except (TTFError, OSError) as error:
            raise BadInput(f"{path}: 不是可嵌入的 TrueType 字体（{error}）") from error
    return name
