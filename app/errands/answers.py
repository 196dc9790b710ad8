"""What a citizen answers to a text that asked for a grade: a key, and where several texts are open the last digits of the number."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

SHORT = 4
"""So many last digits of a ticket's number name it, more where two would be alike."""
_ANSWER = re.compile(r"(?:(?:工单)?(?:尾号|编号)?\s*(?P<mark>\d[\d-]{3,20})[\s,、:]+)?(?P<key>\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """`mark`: digits that name a ticket, '' where none were given."""

    key: str
    mark: str = ""

    def names(self, number: str) -> bool:
        """Whether it may speak of the ticket of this number."""
        return _digits(number).endswith(self.mark)


def read(words: str) -> Answer | None:
    """`5`, `1234 5`, `尾号1234，5`; None for anything else."""
    found = _ANSWER.fullmatch(unicodedata.normalize("NFKC", words).strip())
    return Answer(found["key"], _digits(found["mark"] or "")) if found else None


def marks(numbers: Sequence[str]) -> list[str]:
    """The shortest last digits by which these tickets are told apart, in their order."""
    whole = [_digits(one) for one in numbers]
    long = max(map(len, whole), default=SHORT)
    short = next((n for n in range(SHORT, long) if len({one[-n:] for one in whole}) == len(whole)), long)
    return [one[-short:] for one in whole]


def _digits(words: str) -> str:
    return re.sub(r"\D", "", words, flags=re.ASCII)
