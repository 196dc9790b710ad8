"""The situations of the documents, from policies/accountability/situations.yaml."""

import functools
from pathlib import Path

import yaml
from pydantic import ValidationError

from app.policies import policy_folders
from core.accountability import Situation, Situations
from core.errors import BadInput

FILE = Path("accountability") / "situations.yaml"


@functools.cache
def situations() -> Situations:
    """The operator's file before the house's own. Raises BadInput where it is not as it must be."""
    path = next(folder / FILE for folder in policy_folders() if (folder / FILE).is_file())
    try:
        return Situations.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error


def said(found: list[Situation]) -> list[dict[str, str]]:
    """Clauses with their words, as a case keeps them."""
    return [{"clause": one.clause, "words": one.words} for one in found]
