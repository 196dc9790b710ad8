"""A Chinese font that PDFs carry: the machine's own, else Debian's package of WenQuanYi Micro Hei unpacked into a folder of ours.

WenQuanYi Micro Hei: Apache-2.0, or GPL-3 with an exception for embedding; TrueType outlines, so that a PDF holds only the glyphs it shows.
"""

import os
from pathlib import Path

from app.setup.apt import Apt, apt_usable
from app.setup.failure import SetupFailed
from app.setup.folders import Folders, folders

PACKAGE = "fonts-wqy-microhei"
_PLACE = "usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
_MACHINES = (f"/{_PLACE}", "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc", "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc")  # fmt: skip


def find(where: Folders | None = None) -> Path | None:
    """The font file, None where there is none yet."""
    places = [(where or folders()).parts / "font" / _PLACE]
    if os.environ.get("HOTLINE_OWN_PARTS") != "1":
        places = [*map(Path, _MACHINES), *places]
    return next((path for path in places if path.is_file()), None)


def has(where: Folders) -> bool:
    """A city that names its own font needs none of ours."""
    return bool(os.environ.get("HOTLINE_PDF_FONT")) or find(where) is not None


def bring(where: Folders) -> None:
    """Fetch and unpack it. Raises SetupFailed, saying what to do where apt can't help."""
    if not apt_usable():
        raise SetupFailed(
            "这台机器没有 apt，请安装文泉驿微米黑字体，或以 HOTLINE_PDF_FONT 指定一个中文 TrueType 字体"
            " (no apt here: install WenQuanYi Micro Hei, or name a font in HOTLINE_PDF_FONT)"
        )
    apt = Apt(where.cache / "apt" / "own", where.log)
    apt.unpack(apt.remembered("font") or apt.fetch("font", [PACKAGE]), where.parts / "font")
    if not (where.parts / "font" / _PLACE).is_file():
        apt.forget("font")
        raise SetupFailed(f"软件包 {PACKAGE} 里没有字体 (no font in the package)")


def absent(where: Folders) -> float:
    """1 unless the package file is in the cache."""
    return float(not Apt(where.cache / "apt" / "own", where.log).remembered("font"))
