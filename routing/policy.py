"""A city's rules for who takes a call, as data; `decide` and everything around it reads them here."""

import hashlib
import json
from dataclasses import field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Any

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from core.errors import BadInput

Seconds = Annotated[float, Field(ge=0, le=1e6)]
ANY = ""
"""Key of what holds for every skill that no longer key begins like."""


class RoutingInvalid(BadInput):
    """The routing rules can't be used; the text names the place and the reason."""

    code = "routing_invalid"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class RoutingPolicy:
    """Seconds unless said otherwise.

    patience_s: how long a call insists on a wanted skill, by the longest key the skill begins with.
    helps_after_s: after what wait a seat of this kind takes calls that are not of its own skills.
    priority_step_s: how much earlier a call counts as queued for each point of priority (0 … 100); that is finite, so
    nobody starves. care_priority: of callers known as elderly or disabled; returned_priority: of those who lost their agent.
    miss_limit: rings without an answer in a row until a seat is paused; miss_penalty_s: how far one sets it back in turn.
    night: local hours [from, to) in which the roster (seats with the skill `night`) goes first; None: no such roster.
    """

    offer_callback_after_s: Seconds = 60
    patience_s: dict[str, Seconds] = field(
        default_factory=lambda: {ANY: 10, "lang.": 45, "enterprise": 30, "region.": 8, "line.": 0}
    )
    helps_after_s: dict[str, Seconds] = field(
        default_factory=lambda: {"agent": 0, "remote": 0, "expert": 20, "supervisor": 45}
    )
    priority_step_s: Seconds = 36
    care_priority: Annotated[int, Field(ge=0, le=100)] = 10
    returned_priority: Annotated[int, Field(ge=0, le=100)] = 90
    miss_limit: Annotated[int, Field(ge=1, le=100)] = 3
    miss_penalty_s: Seconds = 120
    affinity_days: Annotated[float, Field(ge=0, le=366)] = 7
    affinity_wait_s: Seconds = 10
    night: tuple[time, time] | None = None
    pause_reasons: tuple[str, ...] = (
        "小休", "用餐", "午餐", "喝水", "培训", "会议", "后台处理", "设备故障", "其他",
    )  # fmt: skip

    def patience(self, skill: str) -> float:
        """How long a call insists on this skill."""
        fits = [key for key in self.patience_s if skill.startswith(key)]
        return self.patience_s[max(fits, key=len)] if fits else 0.0

    def kinds(self, waited_s: float) -> tuple[str, ...]:
        """Kinds of seats that take any call which has waited so long."""
        return tuple(kind for kind, after in self.helps_after_s.items() if waited_s >= after)

    def rank_at(self, queued_at: datetime, priority: int) -> datetime:
        """The moment a call counts as queued at. Waiting longer and being more urgent are one scale: that is the ageing."""
        return queued_at - timedelta(seconds=self.priority_step_s * priority)

    def widens_at(self, queued_at: datetime, wants: tuple[str, ...], insists_s: float = 0) -> datetime | None:
        """When a call no longer insists on any of its skills; None where it wants none."""
        if not wants:
            return None
        return queued_at + timedelta(seconds=max(insists_s, *map(self.patience, wants)))

    def is_night(self, local: datetime) -> bool:
        """Whether the night roster is on; `local`: the city's own time."""
        if self.night is None:
            return False
        begins, ends = self.night
        clock = local.time()
        return begins <= clock < ends if begins <= ends else clock >= begins or clock < ends

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `of_json` reads it."""
        return dict(_ADAPTER.dump_python(self, mode="json"))

    @cached_property
    def hash(self) -> str:
        """Sixteen hex digits that name these rules: a kept decision says under which it was made."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_ADAPTER = TypeAdapter(RoutingPolicy)


def of_json(given: Any, source: str = "routing") -> RoutingPolicy:
    """Rules from plain JSON; what is not named keeps its default. Raises RoutingInvalid naming place and reason."""
    try:
        return _ADAPTER.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RoutingInvalid(f"{source}: {place or 'routing'}: {first['msg']}") from error


def parse(text: str, source: str = "routing") -> RoutingPolicy:
    """Rules from YAML text. Raises RoutingInvalid naming `source`, the place in it and the reason."""
    try:
        return of_json(yaml.safe_load(text) or {}, source)
    except yaml.YAMLError as error:
        raise RoutingInvalid(f"{source}: {error}") from error
