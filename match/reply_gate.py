"""The reply gate (智能审单): what a unit's reply leaves out, repeats or cites wrongly, each finding with its evidence. Pure.

Source: Chenzhou 二.12 (智能审单); Heyuan 12; Yanji 12, annex 五(一)5; Henan 三(四), 三(六).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from core.laws import Laws, doubts, lawlike, plain
from core.policy import Policy
from core.policy_ways import FindingKind
from match.alike import copied, fits_any
from match.demands import answered, demands

KIND_NAMES: dict[FindingKind, str] = {
    "fields": "缺项", "unaddressed": "诉求未回应", "copied": "照抄其他工单", "template": "套话", "law": "法规存疑",
    "contact": "回复前未联系诉求人", "told": "未告知诉求人",
}  # fmt: skip
FIELD_NAMES: dict[str, str] = {
    "handled_at": "办理时间", "section": "业务部门", "handler": "经办人", "result": "办理结果", "law": "法律法规",
    "basis": "政策依据", "talk": "与诉求人沟通情况",
}  # fmt: skip
TELLS: Final = ("told_at", "told_how", "attested", "talk", "tell")
"""Facts of a reply by which the unit says that the citizen was, or is to be, told."""
_SAYS: Final = ("result", "basis")
_QUOTED: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """`refuses`: the reply is not taken; else it warns. `evidence`: the demand, the other ticket's number, the citation."""

    kind: FindingKind
    words: str
    evidence: tuple[str, ...] = ()
    clause: str = ""
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one reply; `asked` demands of which `unaddressed` found no answer."""

    findings: tuple[Finding, ...]
    asked: int
    unaddressed: int

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.refuses)

    def as_json(self) -> dict[str, Any]:
        findings = [
            {**asdict(one), "evidence": list(one.evidence), "name": KIND_NAMES[one.kind]}
            for one in self.findings
        ]
        return {"findings": findings, "asked": self.asked, "unaddressed": self.unaddressed}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reply answers and what it is held against. `matter`: the citizen's words, supplements too.

    earlier: (ticket number, reply) of the unit's other tickets and of those of others in question; contacted: when the unit first
    spoke with the citizen since it has the ticket; in_writing: a supervision order, answered without the fields.
    """

    matter: str
    earlier: Sequence[tuple[str, str]] = ()
    contacted: datetime | None = None
    in_writing: bool = False
    laws: Laws = field(default_factory=Laws)
    generic: Sequence[str] = ()


def check(reply: Mapping[str, Any], asked: Asked, policy: Policy) -> Verdict:
    """Hold a reply against what was asked. `reply`: the facts of the step, as the table takes them."""
    gate = policy.ways.gate
    wanted = demands(asked.matter) if not asked.in_writing else ()
    said = "。".join(str(reply.get(name, "")) for name in _SAYS)
    open_ = [one.demand for one in answered(wanted, said) if one.share * 100 < gate.addressed]
    found = [
        *_fields(reply, asked, policy),
        *(Finding("unaddressed", f"没有回应：{one.quote[:_QUOTED]}", (one.quote,)) for one in open_),
        *_repeated(str(reply.get("result", "")), asked, gate.alike),
        *_law(reply, asked.laws),
        *_spoken(reply, asked),
    ]
    kept = tuple(
        Finding(one.kind, one.words, one.evidence, one.clause, one.kind in gate.refuse) for one in found
    )
    return Verdict(kept, len(wanted), len(open_))


def _fields(reply: Mapping[str, Any], asked: Asked, policy: Policy) -> Iterator[Finding]:
    if policy.reply is None or asked.in_writing:
        return
    missing = [name for name in policy.reply.fields if not str(reply.get(name, "")).strip()]
    if missing:
        named = "、".join(FIELD_NAMES[name] for name in missing)
        yield Finding("fields", f"缺少：{named}", tuple(missing), policy.reply.source("fields"))


def _repeated(result: str, asked: Asked, alike: float) -> Iterator[Finding]:
    found = copied(result, asked.earlier, alike)
    if found is not None:
        words = f"与工单 {found.key} 的回复有{found.score:.0f}%相同"
        yield Finding("copied", words, (found.key, found.text[:_QUOTED]))
    if phrases := fits_any(result, asked.generic):
        yield Finding("template", "除套话外没有具体办理内容", phrases[:5])


def _law(reply: Mapping[str, Any], laws: Laws) -> Iterator[Finding]:
    texts = [str(reply.get(name, "")) for name in ("law", "basis", "result")]
    for cited, words in doubts(texts, laws):
        yield Finding("law", words, (cited.name,))
    bare = texts[0].strip()
    if (
        bare
        and "《" not in bare
        and laws.laws
        and laws.named_in(plain(bare)) is None
        and lawlike(bare.split("第")[0])
    ):
        yield Finding("law", f"“{bare[:_QUOTED]}”未收录于法规库，请核对名称", (bare[:_QUOTED],))


def _spoken(reply: Mapping[str, Any], asked: Asked) -> Iterator[Finding]:
    if asked.in_writing:
        return
    if asked.contacted is None:
        yield Finding("contact", "回复前没有联系诉求人的记录", (), "000 三(四)")
    if not any(str(reply.get(name) or "").strip() for name in TELLS):
        yield Finding("told", "没有说明何时、如何告知诉求人办理结果")
