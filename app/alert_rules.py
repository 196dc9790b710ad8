"""What a city says of sensitive and urgent matters, from policies/care/sensitive.yaml, compiled for matching."""

import functools
from pathlib import Path

from app.policies import policy_folders
from core.alerts import BadAlerts, parse_alerts
from match.sensitive import SensitiveWords

FILE = Path("care") / "sensitive.yaml"


@functools.cache
def sensitive_words() -> SensitiveWords:
    """The operator's file before the house's own. Raises BadAlerts."""
    path = next(folder / FILE for folder in policy_folders() if (folder / FILE).is_file())
    try:
        return SensitiveWords(parse_alerts(path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise BadAlerts(f"{path}: 读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error
