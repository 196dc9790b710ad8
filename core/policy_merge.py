"""A document under its superior: silent values are inherited; who prevails where both speak is the document's own word.

Source: Heyuan art. 10 and 17: 上级有其他规定的，按上级规定为准.
"""

from typing import Any

OWN = ("name", "title", "valid", "extends", "overruled")
"""Keys a document never inherits."""
PREVAILS = (("stages", "sign"), ("stages", "return"), ("stages", "handle"), ("extension",))
"""Where the superior's word replaces a document's own that says so: the terms of art. 10 and the cards of art. 17."""


def inherit(above: dict[str, Any], own: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`own` over `above`, and the paths in which the superior prevails over what `own` says."""
    above = {key: value for key, value in above.items() if key not in OWN}
    above = _without(
        above, ("switches", "superior")
    )  # how a parent stands to its own superior binds no child
    merged, lost = _merge(above, own), list[str]()
    if _at(own, ("switches", "superior", "value")) == "prevails":
        for path in PREVAILS:
            if (ruling := _at(above, path)) is not None:
                merged = _with(merged, path, _under(ruling, _at(own, path), ".".join(path), lost))
    return merged, tuple(lost)


def _merge(above: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A value with a clause replaces the parent's whole value; other mappings merge key by key."""
    merged = dict(above)
    for key, value in own.items():
        old = merged.get(key)
        deep = isinstance(value, dict) and isinstance(old, dict) and not {"clause", "value"} & value.keys()
        merged[key] = _merge(old, value) if deep and isinstance(old, dict) else value
    return merged


def _under(ruling: Any, own: Any, path: str, lost: list[str]) -> Any:
    """The superior's value; where it is silent inside a part, the document's own."""
    if isinstance(ruling, dict) and isinstance(own, dict) and "value" not in ruling:
        both = {key: _under(ruling[key], own[key], f"{path}.{key}", lost) for key in ruling if key in own}
        return own | ruling | both
    if own is not None and own != ruling and not path.endswith((".clause", ".words", ".note")):
        lost.append(path)
    return ruling


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _with(value: dict[str, Any], path: tuple[str, ...], new: Any) -> dict[str, Any]:
    key, *rest = path
    inner = value.get(key)
    return value | {key: _with(inner if isinstance(inner, dict) else {}, tuple(rest), new) if rest else new}


def _without(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    key, *rest = path
    if rest and isinstance(inner := value.get(key), dict):
        return value | {key: _without(inner, tuple(rest))}
    return {name: inner for name, inner in value.items() if rest or name != key}
