"""不予受理: the grounds of the city whose rules apply, and a refusal that names one of them (Heyuan 6; Chenzhou 5; Henan 三(二))."""

from collections.abc import Sequence
from typing import Any

from app.floor import Floor
from core.errors import NotFound
from match.content import Ground


def grounds(floor: Floor) -> Sequence[Ground]:
    """The city's own, in the order of its document."""
    return [one for one in floor.content.index.content.grounds if one.profile == floor.rules_of]


def ground(floor: Floor, code: str) -> Ground:
    """Raises NotFound: no ground of this city's."""
    found = next((one for one in grounds(floor) if one.code == code), None)
    if found is None:
        raise NotFound(f"没有不予受理情形 {code}")
    return found


def cited(floor: Floor, facts: dict[str, Any]) -> dict[str, Any]:
    """A refusal's facts with the clause of its ground. Raises NotFound."""
    code = str(facts.get("ground") or "")
    return facts | {"clause": ground(floor, code).clause} if code else facts
