"""Opens the register of laws: the house's own files, and the operator's beside them."""

from functools import cache

from app import policies
from core.laws import Law, Laws
from core.laws_text import parse_laws


@cache
def register() -> tuple[Laws, tuple[str, ...]]:
    """The laws a reply may cite and the phrases that say nothing: every file of laws/ in the policy folders.

    Raises BadLaws. Read once a process.
    """
    laws: list[Law] = []
    generic: list[str] = []
    for folder in policies.policy_folders():
        for path in sorted((folder / "laws").glob("*.yaml")):
            found, phrases = parse_laws(path.read_text(encoding="utf-8"), str(path))
            laws += found.laws
            generic += phrases
    return Laws(tuple(laws)), tuple(generic)
