"""Whether a matter's words mark it as sensitive: exact phrases only, for an alarm that rings too often is not heard. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.alerts import Alerts, Category
from match.phrase import Heard, Phrase


@dataclass(frozen=True, slots=True)
class Marked:
    """A category that was found, and the phrase that marks it."""

    category: Category
    phrase: str


class SensitiveWords:
    """Compiled once from the file."""

    def __init__(self, alerts: Alerts) -> None:
        self.alerts = alerts
        self._idioms = [Phrase.of(raw) for raw in alerts.idioms]
        self._phrases = [(one, Phrase.of(raw)) for one in alerts.categories for raw in one.words]

    def find(self, text: str) -> list[Marked]:
        """Each category once, the gravest first, in the file's order among equals."""
        heard = self._without_idioms(Heard(text))
        found: dict[str, Marked] = {}
        for category, phrase in self._phrases:
            if category.id not in found and phrase.stands(heard):
                found[category.id] = Marked(category, phrase.raw)
        return sorted(found.values(), key=lambda one: one.category.level)

    def _without_idioms(self, heard: Heard) -> str:
        text = heard.text
        for idiom in self._idioms:
            while (span := idiom.where(text)) is not None:
                text = text[: span[0]] + " " + text[span[1] :]
        return text


def gravest(found: Sequence[Marked]) -> int:
    """The level of the gravest; there must be one."""
    return min(one.category.level for one in found)
