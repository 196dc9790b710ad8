"""How a version of an article comes about: one table of who may do what, several parties who check it, one owner.

draft → submitted → reviewed (by every party asked) → published → withdrawn. A published version never changes again.
Source: Heyuan art. 25 谁提供、谁维护、谁负责, 26(二) 未经信息所属成员单位或市热线办批准不得修改; Chenzhou 二.10 多方校核、查漏纠错.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from core.errors import BadInput, NotAllowed

State = Literal["draft", "submitted", "reviewed", "published", "withdrawn"]
Action = Literal["edit", "submit", "review", "recall", "publish", "withdraw"]
Side = Literal["owner", "office", "party"]
STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)
STATE_NAMES: dict[State, str] = {
    "draft": "草稿", "submitted": "待校核", "reviewed": "已校核", "published": "已发布", "withdrawn": "已撤回",
}  # fmt: skip
ACTION_NAMES: dict[Action, str] = {
    "edit": "修改", "submit": "报送", "review": "校核", "recall": "收回", "publish": "发布", "withdraw": "撤回",
}  # fmt: skip
LEADER, OFFICE, UNIT = "leader", "office", "unit:"
MOST_PARTIES = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """`next`: the state after; `by`: which sides may; `reasoned`: a reason must be given."""

    next: State
    by: frozenset[Side]
    reasoned: bool = False


_KEEPERS: frozenset[Side] = frozenset({"owner", "office"})
RULES: dict[tuple[State, Action], Rule] = {
    ("draft", "edit"): Rule("draft", _KEEPERS),
    ("draft", "submit"): Rule("submitted", _KEEPERS),
    ("draft", "withdraw"): Rule("withdrawn", _KEEPERS),
    ("submitted", "review"): Rule("submitted", frozenset({"party"})),
    ("submitted", "recall"): Rule("draft", _KEEPERS),
    ("submitted", "withdraw"): Rule("withdrawn", _KEEPERS),
    ("reviewed", "recall"): Rule("draft", _KEEPERS),
    ("reviewed", "publish"): Rule("published", frozenset({"office"})),
    ("reviewed", "withdraw"): Rule("withdrawn", _KEEPERS),
    ("published", "withdraw"): Rule("withdrawn", _KEEPERS, reasoned=True),
}
"""Nothing else is possible; a review's outcome is in `reviewed`."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody at work. `unit`: whose person they are, None for the hotline's own."""

    id: str
    role: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one party found."""

    party: str
    by: str
    agrees: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the rules see it. `owner`: its unit; `writers`: who wrote or submitted it; `parties`: whom to ask."""

    article: str
    number: int
    owner: str
    state: State = "draft"
    writers: frozenset[str] = frozenset()
    parties: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()

    @property
    def needs_leader(self) -> bool:
        """Whether it waits for the owner's leader."""
        return self.state == "submitted" and LEADER in self.waits_for

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Parties that have not agreed yet."""
        agreed = {one.party for one in self.opinions if one.agrees}
        return tuple(party for party in self.parties if party not in agreed)


def keeps(who: Who, owner: str) -> bool:
    """Whether this article is theirs to maintain: its owner unit's people, or the hotline office."""
    return who.role == OFFICE or (who.role in ("unit", LEADER) and who.unit == owner)


def sees_drafts(who: Who, version: Version) -> bool:
    """Whether what is not published yet is shown to them: its keepers, parties that are asked, supervision and audit."""
    asked = who.unit is not None and f"{UNIT}{who.unit}" in version.parties
    return keeps(who, version.owner) or asked or who.role in ("supervisor", "auditor", "admin")


def party_of(who: Who, version: Version) -> str | None:
    """For which party that is still waited for this person may speak: never a writer, never twice.

    For the owner's leader (本单位负责人) only a leader does: a handler's colleague is no check of the unit's own.
    """
    if who.id in version.writers or who.id in {one.by for one in version.opinions}:
        return None
    for party in version.waits_for:
        office = party == OFFICE and who.role == OFFICE
        leader = party == LEADER and who.role == LEADER and who.unit == version.owner
        other = party.startswith(UNIT) and who.role in (LEADER, "unit") and who.unit == party[len(UNIT) :]
        if office or leader or other:
            return party
    return None


def possible(version: Version, who: Who) -> tuple[Action, ...]:
    """What they could do now; facts may still forbid it."""
    return tuple(a for a in ACTIONS if (rule := RULES.get((version.state, a))) and _may(version, rule, who))


def step(version: Version, action: Action, who: Who, note: str = "") -> Version:
    """The version after a step that needs no more than a reason. Raises NotAllowed, BadInput."""
    rule = _rule(version, action, who)
    if rule.reasoned and not note.strip():
        raise BadInput(f"{ACTION_NAMES[action]}须说明理由")
    writers = version.writers | {who.id} if action in ("edit", "submit") else version.writers
    opinions = () if rule.next == "draft" else version.opinions
    return replace(version, state=rule.next, writers=writers, opinions=opinions)


def submit(version: Version, who: Who, parties: Sequence[str], ordered: Sequence[str] = ()) -> Version:
    """Hand it in, to be checked by these parties and by those the city's rules order.

    Without any, the side that did not write it checks: the office what a unit wrote, the owner what the office wrote.
    Raises NotAllowed, BadInput.
    """
    other = f"{UNIT}{version.owner}" if who.role == OFFICE and version.owner else OFFICE
    asked = list(dict.fromkeys([*ordered, *parties])) or [other]
    if len(asked) > MOST_PARTIES:
        raise BadInput(f"校核方至多 {MOST_PARTIES} 个")
    for party in asked:
        if party not in (LEADER, OFFICE) and not (party.startswith(UNIT) and party[len(UNIT) :]):
            raise BadInput(f"没有“{party}”这样的校核方；可用：leader、office、unit:单位代码")
    return replace(step(version, "submit", who), parties=tuple(asked), opinions=())


def review(version: Version, who: Who, agrees: bool, note: str = "") -> Version:
    """One party's word: the last agreement makes it reviewed, one objection sends it back as a draft.

    Raises NotAllowed (nobody asked them, or they wrote it), BadInput (an objection without its reason).
    """
    _rule(version, "review", who)
    party = party_of(who, version)
    if party is None:
        raise NotAllowed("须由被指定且未参与编写的校核方校核，每方一人")
    if not agrees:
        if not note.strip():
            raise BadInput("不同意须说明理由")
        return replace(version, state="draft", opinions=())
    heard = replace(version, opinions=(*version.opinions, Opinion(party, who.id, True, note)))
    return heard if heard.waits_for else replace(heard, state="reviewed")


def _may(version: Version, rule: Rule, who: Who) -> bool:
    sides = {
        "owner": who.role != OFFICE and keeps(who, version.owner),
        "office": who.role == OFFICE,
        "party": party_of(who, version) is not None,
    }
    return any(sides[side] for side in rule.by)


def _rule(version: Version, action: Action, who: Who) -> Rule:
    rule = RULES.get((version.state, action))
    deed = ACTION_NAMES.get(action, action)
    if rule is None:
        raise NotAllowed(f"第 {version.number} 版处于“{STATE_NAMES[version.state]}”，不能{deed}")
    if not _may(version, rule, who) and action != "review":
        raise NotAllowed(f"知识点 {version.article} 归 {version.owner} 所有，只有该单位或热线办可以{deed}")
    return rule
