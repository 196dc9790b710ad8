"""Two versions of one sheet: what moved, item by item and case by case; and the order of units, where a city wants one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is different between two sheets (as JSON) of the same unit and period; [] where every half point is the same."""
    found = []
    if before["points"] != after["points"]:
        found.append({"what": "points", "before": before["points"], "after": after["points"]})
    was, now = ({item["item"]: item for item in one["items"]} for one in (before, after))
    for name in dict.fromkeys((*was, *now)):
        old, new = was.get(name, {}), now.get(name, {})
        if old.get("points") != new.get("points"):
            found.append({"what": f"item.{name}", "before": old.get("points"), "after": new.get("points")})
        found += _cases(name, old.get("changes", ()), new.get("changes", ()))
    was, now = (
        {share["name"]: (share["good"], share["of"]) for share in one["shares"]} for one in (before, after)
    )
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            found.append({"what": f"share.{name}", "before": was.get(name), "after": now.get(name)})
    return found


def _cases(
    item: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    was, now = ({(one["period"], one["key"]): one for one in some} for some in (before, after))
    found = []
    for key in dict.fromkeys((*was, *now)):
        old, new = was.get(key), now.get(key)
        kept = [
            {"points": one["points"], "excused": one["excused"], "why": one["why"]} if one else None
            for one in (old, new)
        ]
        if kept[0] != kept[1]:
            found.append({"what": f"case.{item}", "key": key[1], "before": kept[0], "after": kept[1]})
    return found


def ranked(sheets: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Unit -> its place by points, best first; equals share a place. For cities whose `ranking` says so."""
    points = {one["unit"]: Decimal(one["points"]) for one in sheets if one["points"] is not None}
    return {unit: 1 + sum(other > mine for other in points.values()) for unit, mine in points.items()}
