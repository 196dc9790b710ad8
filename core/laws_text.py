"""Reads the register of laws from YAML text. No file is opened here."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import yaml_text
from core.errors import BadInput
from core.laws import Law, Laws, Rank, plain


class BadLaws(BadInput):
    """The register of laws cannot be used; the text names file, line and reason."""

    code = "bad_laws"

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class _Law(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    name: str = Field(min_length=2, max_length=60)
    articles: Annotated[int, Field(strict=True, ge=1, le=2000)] | None = None
    aliases: tuple[Annotated[str, Field(min_length=2, max_length=60)], ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    law: list[_Law] = []
    regulation: list[_Law] = []
    rule: list[_Law] = []
    generic: list[Annotated[str, Field(min_length=2, max_length=80)]] = []


def parse_laws(text: str, source_name: str) -> tuple[Laws, tuple[str, ...]]:
    """The register, and the phrases that say nothing of a matter. Raises BadLaws."""
    found = yaml_text.read(text, source_name, BadLaws, "a register of laws")
    try:
        file = _File.model_validate(found.raw)
    except ValidationError as error:
        raise BadLaws(*found.reasons(error, "register of laws")) from error
    ranks: dict[Rank, list[_Law]] = {"law": file.law, "regulation": file.regulation, "rule": file.rule}
    laws = Laws(
        tuple(Law(one.name, rank, one.articles, one.aliases) for rank, many in ranks.items() for one in many)
    )
    names = [plain(name) for law in laws.laws for name in (law.name, *law.aliases)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadLaws(f"{source_name}: named twice: {', '.join(twice)}")
    return laws, tuple(file.generic)
