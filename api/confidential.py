"""A confidential ticket as people may see it: nothing that tells who spoke (Henan 三(三); Heyuan 19(八), 26)."""

import re
from collections.abc import Mapping
from typing import Any

from api.actor import Actor
from api.masked import is_ours
from core import private_text
from core.masking import TICKET_NUMBER, mask_text
from core.vault import called
from store.tables import Ticket
from store.titles import Titled

SOMEBODY = "诉求人"
_GONE = "*" * 6
_DIGITS = re.compile(rf"{TICKET_NUMBER}|\d{{2,3}}\*{{2,}}\d{{2,4}}|\d[\d -]{{5,}}[\dXx]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+")


def veiled(actor: Actor, ticket: Ticket) -> bool:
    """Nobody reads who a confidential reporter is, least of all the unit, which phones them through us: /releases opens it."""
    return ticket.confidential


def title_of(ticket: Ticket) -> str:
    """A title as it stands in lists, where nobody said why they look: masked, also for who may open the ticket in full."""
    return Veil(ticket).text(ticket.title) if ticket.confidential else mask_text(ticket.title)


def searched(one: Titled) -> str:
    """The words of a title that answer to a search: of a confidential one those that everybody may read."""
    return Veil(one.name).text(one.title) if one.confidential else one.title


class Veil:
    """Takes name and numbers of a ticket's citizen out of whatever is to be shown."""

    def __init__(self, *whose: Ticket | str) -> None:
        """Of a ticket's citizen, or of somebody of this name."""
        self._name = called(*(one if isinstance(one, str) else one.citizen_name for one in whose))

    def of(self, value: Any, key: str = "") -> Any:
        """The same shape without them; our own ids and times stay."""
        if isinstance(value, Mapping):
            return {name: self.of(part, str(name)) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(part, key) for part in value]
        return self.text(value) if isinstance(value, str) and not is_ours(key) else value

    def text(self, text: str) -> str:
        """Every long number goes as a whole, and the name in whatever form people write it, a masked one too.

        Whom the report is about and where stay: the unit could not look into it otherwise.
        """
        if _MOMENT.fullmatch(text):
            return text
        hidden = private_text.numbers(text, lambda _: _GONE)
        hidden = _DIGITS.sub(lambda m: m[0] if re.fullmatch(TICKET_NUMBER, m[0]) else _GONE, hidden)
        return self._name.sub(SOMEBODY, hidden) if self._name else hidden
