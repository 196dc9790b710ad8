"""JSON as we store it: Chinese stays readable, keys keep their order."""

import json
from typing import Any


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
