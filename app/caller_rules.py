"""What a city says of nuisance calls, from policies/care/nuisance.yaml: tags, blocks, and how often a number may call."""

import functools
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.policies import policy_folders
from core.errors import BadInput

FILE = Path("care") / "nuisance.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tag(_Part):
    """What a call may be called; `blockable`: a number may be blocked for it."""

    name: str = Field(min_length=1)
    blockable: bool = False


class BlockRule(_Part):
    """Days a block lasts, the most it may, and after how many somebody must look at it again."""

    days: int = Field(ge=1)
    most_days: int = Field(ge=1, le=366)
    review_after_days: int = Field(ge=1)


class RateRule(_Part):
    """`calls` in `minutes` from one number, except on `exempt_lines` and for whoever has a ticket due soon."""

    calls: int = Field(ge=1)
    minutes: int = Field(ge=1, le=1440)
    exempt_lines: frozenset[str] = frozenset()
    urgent_within_hours: int = Field(24, ge=0)


class CallerRules(_Part):
    """The whole file."""

    tags: dict[str, Tag]
    block: BlockRule
    rate: RateRule

    def tag(self, code: str) -> Tag:
        """Raises BadInput naming the tags there are."""
        if code not in self.tags:
            raise BadInput(f"没有“{code}”这个标签；可用：{'、'.join(self.tags)}")
        return self.tags[code]


@functools.cache
def caller_rules() -> CallerRules:
    """The operator's rules before the house's own. Raises BadInput where the file is not as it must be."""
    path = next(folder / FILE for folder in policy_folders() if (folder / FILE).is_file())
    try:
        return CallerRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BadInput(f"{path}: {error}") from error
