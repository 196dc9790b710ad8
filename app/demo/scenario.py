"""What people say in the spoken scenes, as data: rendered once at set-up, spoken turn by turn."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import BadInput, NotFound

FILE = Path(__file__).with_name("scenarios.yaml")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Turn(_Frozen):
    """One thing said; with `listen` the next turn waits until it was captioned."""

    who: Literal["citizen", "agent"]
    say: str = Field(min_length=1, max_length=200)
    listen: bool = False


class Scenario(_Frozen):
    """The talk of a spoken scene, and what its ticket is called where the talk gives no better words."""

    title: str
    line: str = Field(pattern=r"^\d{3,12}$")
    type: Literal["consult", "help", "complaint", "report", "suggestion"]
    turns: tuple[Turn, ...] = Field(min_length=2)


def load_all() -> dict[str, Scenario]:
    """Every scenario by name. Raises BadInput where the file is spoilt."""
    try:
        return TypeAdapter(dict[str, Scenario]).validate_python(
            yaml.safe_load(FILE.read_text(encoding="utf-8"))
        )
    except (ValidationError, yaml.YAMLError) as error:
        raise BadInput(f"{FILE.name}: {error}") from error


def load(name: str) -> Scenario:
    """Raises NotFound naming the scenarios there are, BadInput where the file is spoilt."""
    known = load_all()
    if name not in known:
        raise NotFound(f"nothing is spoken in {name!r}, only in: {', '.join(known)}")
    return known[name]
