"""Plain data as YAML gives it, mappings within mappings: looked at, changed and thinned by path. What is given is never altered."""

from typing import Any

Path = tuple[str, ...]


def at(value: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def put(value: dict[str, Any], path: Path, new: Any) -> dict[str, Any]:
    """The same with `new` there."""
    key, *rest = path
    inner = value.get(key)
    return value | {key: put(inner if isinstance(inner, dict) else {}, tuple(rest), new) if rest else new}


def without(value: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same without what stands there."""
    key, *rest = path
    if rest and isinstance(inner := value.get(key), dict):
        return value | {key: without(inner, tuple(rest))}
    return {name: inner for name, inner in value.items() if rest or name != key}
