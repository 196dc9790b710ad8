"""What of a city's own rules cannot stand beside its superior's terms is left out and named; no date is moved or made up.

Source: Heyuan art. 10 and 17: 上级有其他规定的，按上级规定为准.
"""

from typing import Any

from pydantic import ValidationError

from core.nested import Path, at, put, without
from core.policy_parts import Card, Term, accepts_too_soon, card_before, longer, sooner

PREVAILS: tuple[Path, ...] = (("stages", "sign"), ("stages", "return"), ("stages", "handle"), ("extension",))
"""Where the superior's word replaces a document's own that says so: the terms of art. 10 and the cards of art. 17."""
_SIGN, _RETURN, _HANDLE = PREVAILS[:3]
_OPENS_ON: Path = ("stages", "supervise", "opens_on")


def give_way(merged: dict[str, Any], ruling: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """merged: the city's rules with those of the superior (`ruling`) in their place already. Also the paths of what was left out."""
    room = _Room(merged, ruling)
    for kind in _kinds(ruling):
        _handling(room, (*_HANDLE, kind))
    room.leave_out_cards(_SIGN, room.superiors(*_SIGN, "term"))
    _returning(room)
    if room.left_out:
        _readings(room)
    return room.merged, tuple(room.left_out)


def usual_of_another_term(merged: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Where a document's own term replaces its parent's, the parent's usual one goes with it unless it is still the sooner."""
    for kind in _kinds(own):
        path = (*_HANDLE, kind)
        term, usual = _term(at(own, (*path, "term"))), _term(at(merged, (*path, "usual")))
        if term and usual and at(own, (*path, "usual")) is None and not sooner(usual, term):
            merged = without(merged, (*path, "usual"))
    return merged


def _handling(room: "_Room", path: Path) -> None:
    term, special = room.superiors(*path, "term"), room.superiors(*path, "complex")
    if term:
        usual, complex = room.citys(*path, "usual"), room.citys(*path, "complex")
        if usual and not sooner(usual, term):
            room.leave_out(*path, "usual")
        if complex and longer(term, complex):
            room.leave_out(*path, "complex")
    room.leave_out_cards(path, term, special)


def _returning(room: "_Room") -> None:
    term, special = room.superiors(*_RETURN, "term"), room.citys(*_RETURN, "on_site")
    if term and special and longer(term, special):
        room.leave_out(*_RETURN, "on_site")
    silence = room.citys(*_SIGN, "deemed_acceptance")
    due = [room.superiors(*_RETURN, name) for name in ("term", "on_site")]
    if silence and any(accepts_too_soon(silence, one) for one in due if one):
        room.leave_out(*_SIGN, "deemed_acceptance")


def _readings(room: "_Room") -> None:
    """Switches, and the red card that opens a supervision order, where what they speak of has just been left out."""
    handled = [at(room.merged, (*_HANDLE, kind)) for kind in _kinds(room.merged)]
    sign = at(room.merged, _SIGN)
    cards = [card for part in (sign, *handled) for card in _cards(part)]
    if room.reads("help_due", "usual") and not any(at(one, ("usual",)) for one in handled):
        room.leave_out("switches", "help_due")
    stops = room.reads("cards_after_deemed", "stop")
    if stops and not (_cards(sign) and at(sign, ("deemed_acceptance",))):
        room.leave_out("switches", "cards_after_deemed")
    opens = at(room.merged, (*_OPENS_ON, "red_card")) is not None
    if opens and not any(at(card, ("colour",)) == "red" for card in cards):
        room.leave_out(*_OPENS_ON, "red_card")


class _Room:
    """The rules as they become while the city's make room. Values are looked at before they are checked: what is none is passed over."""

    def __init__(self, merged: dict[str, Any], ruling: dict[str, Any]) -> None:
        self.merged, self._ruling, self.left_out = merged, ruling, list[str]()

    def superiors(self, *path: str) -> Term | None:
        return _term(at(self._ruling, path))

    def citys(self, *path: str) -> Term | None:
        """The city's, where its superior is silent."""
        return None if at(self._ruling, path) is not None else _term(at(self.merged, path))

    def reads(self, switch: str, reading: str) -> bool:
        return bool(at(self.merged, ("switches", switch, "value")) == reading)

    def leave_out(self, *path: str) -> None:
        self.merged = without(self.merged, path)
        self.left_out.append(".".join(path))

    def leave_out_cards(self, path: Path, *terms: Term | None) -> None:
        """Yellow and red before one of these has ended; a warning may fall when it likes."""
        if at(self._ruling, (*path, "cards")):
            return
        cards = _cards(at(self.merged, path))
        early = [card for card in cards if _too_early(card, *terms)]
        if early:
            kept = [card for card in cards if card not in early]
            self.merged = put(self.merged, (*path, "cards"), kept)
            self.left_out += [".".join((*path, "cards", card["colour"])) for card in early]


def _too_early(raw: Any, *terms: Term | None) -> bool:
    try:
        card = Card.model_validate(raw)
    except ValidationError:
        return False
    return card.colour != "warning" and any(card_before(card, term) for term in terms if term)


def _term(raw: Any) -> Term | None:
    try:
        return Term.model_validate(raw)
    except ValidationError:
        return None


def _cards(part: Any) -> list[Any]:
    cards = at(part, ("cards",))
    return cards if isinstance(cards, list) else []


def _kinds(rules: dict[str, Any]) -> tuple[str, ...]:
    kinds = at(rules, _HANDLE)
    return tuple(str(kind) for kind in kinds) if isinstance(kinds, dict) else ()
