"""放行: nothing leaves the house unless two persons of the hotline office said yes (001 26(一)(二)). Pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from core.errors import Conflict, NotAllowed

Kind = Literal[
    "recording", "ticket", "statistics", "knowledge", "identity", "evidence", "assessment", "audit"
]
State = Literal["asked", "approved", "refused", "withdrawn"]
Verdict = Literal["approve", "refuse"]
Format = Literal["json", "csv", "pdf", "wav", "xlsx"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
FORMATS: dict[Kind, tuple[Format, ...]] = {
    "recording": ("wav",), "ticket": ("json", "pdf", "csv"), "statistics": ("csv", "json", "pdf"),
    "knowledge": ("json", "pdf"), "identity": ("json",), "evidence": (),
    "assessment": ("pdf", "xlsx", "json", "csv"), "audit": (),
}  # fmt: skip
KIND_NAMES: dict[Kind, str] = {
    "recording": "通话录音", "ticket": "工单", "statistics": "统计数据", "knowledge": "知识库内容", "identity": "保密件诉求人身份",
    "evidence": "证据包", "assessment": "考核表", "audit": "审计记录",
}  # fmt: skip
NEEDED = 2
"""Different persons who must say yes."""


@dataclass(frozen=True, slots=True)
class Vote:
    """Somebody's word about a release."""

    by: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Voter:
    """Who votes. `unit`: of people of a unit; `division`: of people of one place's hotline office."""

    id: str
    role: str
    unit: str | None = None
    division: str | None = None


def may_vote(kind: Kind, asked_by: str, owner: str | None, who: Voter) -> None:
    """Raises NotAllowed: nobody decides on their own request; the city's office decides (市热线办, 001 26(一)), on knowledge its
    owner unit as well (001 26(二)). A county's office sees what is asked about its county, and asks the city's."""
    if who.id == asked_by:
        raise NotAllowed("申请人不能审批自己的申请")
    if who.role == "office" and who.division is None:
        return
    if kind == "knowledge" and who.role in ("unit", "leader") and owner is not None and who.unit == owner:
        return
    raise NotAllowed("须由市热线办审批；知识库内容也可由其所属单位审批（001 26）")


def after(state: State, votes: Sequence[Vote], new: Vote) -> State:
    """The state after one more vote. Raises Conflict for a second one of the same person, or where it is decided."""
    if state != "asked":
        raise Conflict(f"该申请已是“{state}”，不能再审批")
    if any(vote.by == new.by for vote in votes):
        raise Conflict("同一人只能审批一次；须由两人分别批准")
    if new.verdict == "refuse":
        return "refused"
    yes = {vote.by for vote in (*votes, new) if vote.verdict == "approve"}
    return "approved" if len(yes) >= NEEDED else "asked"


def require_open(state: State, expires_at: datetime, at: datetime) -> None:
    """Raises Conflict unless it may be handed over now."""
    if state != "approved":
        raise Conflict("该申请尚未经两人批准" if state == "asked" else f"该申请已是“{state}”")
    if at >= expires_at:
        raise Conflict("批准已过期，请重新申请")


def mark(release_id: str, recipient: str, who: str, when: str) -> str:
    """What is written on everything that leaves: so that a copy tells where it came from. `when`: on China's clock."""
    return f"仅供 {recipient} 使用 · 放行单 {release_id} · 导出人 {who} · 北京时间 {when} · 严禁外传"
