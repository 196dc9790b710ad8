"""What a unit's 采编员 is told by text: a gap to mend and by when, a term that ran out. The handler where no editor is registered.

And the hotline office, where a version waits for a leader whom its unit does not have.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.knowledge.house import Rules
from app.notices.people import Told, to_people
from core.numbers import textable
from store import notices, probes
from store.tables import ArticleVersion, KnowledgeGap
from tickets.clock import words as in_words

WHOM = ("editor", "handler")
"""Kinds of numbers in the unit's register, the first that it has one of."""
KIND_NAMES = {"gap": "知识点空缺", "error": "信息不准确", "invalid": "知识库无效"}


async def gap_assigned(session: AsyncSession, gap: KnowledgeGap, at: datetime, rules: Rules) -> None:
    """Which gap, and by when."""
    by = f"，请于{in_words(gap.due_at, at.year)}前补正" if gap.due_at else "，请及时补正"
    said = f"知识库“{gap.title}”被指出{KIND_NAMES[gap.kind]}{by}。"
    await _tell(session, gap, f"knowledge/{gap.id}/{gap.version}/assigned", said, at, rules)


async def gap_overdue(session: AsyncSession, gap: KnowledgeGap, at: datetime, rules: Rules) -> None:
    """The term has ended."""
    due = in_words(gap.due_at, at.year) if gap.due_at else ""
    said = f"知识库“{gap.title}”{KIND_NAMES[gap.kind]}的补正期限已于{due}届满，请立即补正并说明原因。"
    await _tell(session, gap, f"knowledge/{gap.id}/overdue", said, at, rules)


async def leader_missing(session: AsyncSession, row: ArticleVersion, at: datetime, rules: Rules) -> None:
    """To the hotline office: a version waits for its unit's leader, who has no account. Without an office in the register, nobody."""
    if rules.office is None:
        return
    said = f"知识库“{row.title}”已报送待校核，{row.unit_code}没有可校核的分管领导账号，请督促该单位开设。"
    key = f"knowledge/{row.article_id}/{row.number}/{row.round}/leader"
    told = Told("knowledge", key, rules.office, f"【{rules.policy.hotline}】{said}", subject=row.article_id)
    held = [one for one in await probes.phones(session, rules.office) if textable(one.number)]
    await notices.add_all(session, [*to_people(told, held, "handler", "sms", at)], at)


async def _tell(
    session: AsyncSession, gap: KnowledgeGap, key: str, said: str, at: datetime, rules: Rules
) -> None:
    """In the transaction of what makes us owe it. Nobody to tell is a notice too, and seen."""
    words = f"【{rules.policy.hotline}】{said}"
    held = [one for one in await probes.phones(session, gap.unit_code or "-") if textable(one.number)]
    whom = next((kind for kind in WHOM if any(one.kind == kind for one in held)), WHOM[0])
    told = Told("knowledge", key, gap.unit_code or "-", words, subject=gap.id)
    await notices.add_all(session, [*to_people(told, held, whom, "sms", at)], at)
