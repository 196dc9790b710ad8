"""智能质检: every call held against rules that a supervisor edits, each finding with the moments that show it. Pure.

Source: Chenzhou 二.12 (智能质检), D4. What a rule may look at is one of six kinds; what it looks for is data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from core import yaml_text
from core.errors import BadInput
from core.events import Event
from core.policy_parts import Clause, Frozen
from core.speech_facts import CITIZEN, Facts, Line, interruptions

Kind = Literal["says", "never", "silence", "interrupts", "speed", "overlap"]
Side = Literal["agent", "citizen"]
Phrase = Annotated[str, Field(min_length=1, max_length=40)]
_MOST_MOMENTS = 10


class BadQuality(BadInput):
    """Rules of quality cannot be used; the text says where and why."""

    code = "bad_quality"


class Rule(Frozen):
    """One rule. Which of the last fields count depends on `kind`:

    says: one of `words` must be said by `side`, `within_s` of the first word (of the last one where negative, 0: anywhere), where one
    of `after` was said by anybody before (none: always) and the talk lasted `from_s`. never: none of `words` by `side`.
    silence, speed, overlap, interrupts: not above `most` (seconds of one pause; characters a minute; share of the talk in percent; times).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    name: str = Field(min_length=1, max_length=30)
    kind: Kind
    points: int = Field(ge=0, le=100)
    clause: Clause
    active: bool = True
    side: Side = "agent"
    words: tuple[Phrase, ...] = Field((), max_length=200)
    after: tuple[Phrase, ...] = Field((), max_length=200)
    within_s: int = Field(0, ge=-600, le=600)
    from_s: int = Field(0, ge=0, le=3600)
    most: int = Field(0, ge=0, le=3600)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind in ("says", "never") and not self.words:
            raise _refused("words_needed", "words", "this kind of rule needs words")
        if self.kind not in ("says", "never") and self.most < 1:
            raise _refused("limit_needed", "most", "this kind of rule needs a limit")
        return self


class Rules(Frozen):
    """All rules. `pass_mark`: below it a call is looked at by a person first."""

    documents: dict[str, str] = Field(min_length=1, max_length=50)
    pass_mark: int = Field(80, ge=0, le=100)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Errors begin with the path they are about."""
        seen = set[str]()
        for n, one in enumerate(self.rules):
            if one.id in seen:
                raise _refused("id_twice", f"rules.{n}.id", f"{one.id!r} stands twice")
            seen.add(one.id)
            if one.clause.split(" ")[0] not in self.documents:
                told = f"{one.clause!r} cites a document that `documents` does not name"
                raise _refused("clause_unknown", f"rules.{n}.clause", told)
        return self


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule came to. `applied` False: it had nothing to judge. `moments`: where it shows, [start, end] in seconds."""

    rule: str
    name: str
    passed: bool
    applied: bool
    points: int
    clause: str
    moments: tuple[tuple[float, float], ...]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class QualityChecked(Event):
    """A call was held against the rules."""

    name: ClassVar[str] = "call.quality"
    call_id: str
    version: int
    score: int
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityReviewed(Event):
    """A person judged what the rules had judged."""

    name: ClassVar[str] = "call.quality_reviewed"
    call_id: str
    score: int
    agreed: int
    judged: int


def parse_quality(text: str, source: str) -> Rules:
    """One file. Raises BadQuality naming file, line and reason."""
    found = yaml_text.read(text, source, BadQuality, "a file of quality rules")
    try:
        return Rules.model_validate(found.raw)
    except ValidationError as error:
        raise BadQuality("; ".join(found.reasons(error, "quality"))) from error


def read_quality(raw: dict[str, Any]) -> Rules:
    """Rules as they came over the API or from the database. Raises BadQuality with the fields, paths within the rules."""
    try:
        return Rules.model_validate(raw)
    except ValidationError as error:
        fields = [_located(one) for one in error.errors(include_url=False, include_input=False)]
        where, told = ".".join(map(str, fields[0]["loc"])), str(fields[0]["msg"])
        raise BadQuality(f"{where}: {told}" if where else told, fields) from error


def _refused(kind: str, field: str, words: str) -> PydanticCustomError:
    """What a check over several fields finds: the words begin with the path of the field it is about."""
    return PydanticCustomError(kind, "{field}: {words}", {"field": field, "words": words})


def _located(error: ErrorDetails) -> dict[str, Any]:
    """One error where it is shown: with the field that `_refused` named."""
    ctx = error.get("ctx") or {}
    if "field" not in ctx:
        return dict(error)
    return {**error, "loc": (*error["loc"], *str(ctx["field"]).split(".")), "msg": ctx["words"]}


def judge(rules: Rules, lines: Sequence[Line], facts: Facts) -> tuple[Finding, ...]:
    """What each active rule says of the talk."""
    told = sorted(lines, key=lambda one: one.start_s)
    return tuple(_judged(rule, told, facts) for rule in rules.rules if rule.active)


def score(findings: Sequence[Finding]) -> int:
    """100 less the points of what failed, never below 0."""
    return max(0, 100 - sum(one.points for one in findings if one.applied and not one.passed))


def _judged(rule: Rule, lines: list[Line], facts: Facts) -> Finding:
    passed, applied = True, bool(lines)
    moments: list[Line] = []
    if not applied:
        pass
    elif rule.kind == "says":
        applied, moments = _said(rule, lines, facts)
        passed = bool(moments) or not applied
    elif rule.kind == "never":
        moments = [one for one in _of(rule.side, lines) if _holds(one.text, rule.words)]
        passed = not moments
    elif rule.kind == "interrupts":
        mine, others = _of(rule.side, lines), _of("citizen" if rule.side == "agent" else "agent", lines)
        moments = interruptions(mine, others)
        passed = len(moments) <= rule.most
    elif rule.kind == "silence":
        long = [(start, end) for start, end in facts.pauses if end - start > rule.most]
        return _finding(rule, not long, True, long)
    elif rule.kind == "speed":
        side = facts.agent if rule.side == "agent" else facts.citizen
        passed, applied = side.speed <= rule.most, side.speed > 0
    else:
        passed = facts.overlap_s * 100 <= rule.most * facts.talk_s
    return _finding(rule, passed, applied, [(one.start_s, one.end_s) for one in moments])


def _said(rule: Rule, lines: list[Line], facts: Facts) -> tuple[bool, list[Line]]:
    """Whether the rule applies, and where one of its words was said in time."""
    begins, ends = lines[0].start_s, max(one.end_s for one in lines)
    if facts.talk_s < rule.from_s:
        return False, []
    since = begins
    if rule.after:
        asked = next((one for one in lines if _holds(one.text, rule.after)), None)
        if asked is None:
            return False, []
        since = asked.start_s
    until = begins + rule.within_s if rule.within_s > 0 else ends
    since = max(since, ends + rule.within_s) if rule.within_s < 0 else since
    in_time = [one for one in _of(rule.side, lines) if one.end_s >= since and one.start_s <= until]
    return True, [one for one in in_time if _holds(one.text, rule.words)]


def _of(side: Side, lines: list[Line]) -> list[Line]:
    return [one for one in lines if (one.speaker == CITIZEN) == (side == "citizen")]


def _holds(text: str, words: tuple[str, ...]) -> bool:
    bare = "".join(char for char in text if char.isalnum())
    return any(word in bare for word in words)


def _finding(rule: Rule, passed: bool, applied: bool, moments: Sequence[tuple[float, float]]) -> Finding:
    shown = tuple((round(start, 1), round(end, 1)) for start, end in moments[:_MOST_MOMENTS])
    return Finding(rule.id, rule.name, passed, applied, rule.points, rule.clause, shown)
