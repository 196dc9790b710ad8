"""The rules of quality an installation begins with, from policies/quality/rules.yaml."""

import functools
from pathlib import Path

from app.policies import policy_folders
from core.quality import BadQuality, Rules, parse_quality

FILE = Path("quality") / "rules.yaml"


@functools.cache
def first_rules() -> Rules:
    """The operator's file before the house's own. Raises BadQuality."""
    path = next(folder / FILE for folder in policy_folders() if (folder / FILE).is_file())
    try:
        return parse_quality(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadQuality(f"{path}: 读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error
