"""What people do about quality: change the rules, judge a checked call. One transaction per deed, with its event."""

from collections.abc import Mapping
from typing import Any

from api.actor import Actor
from app.floor import Floor
from app.quality.rules import first_rules
from core.errors import BadInput, NotAllowed
from core.quality import QualityReviewed, Rules, read_quality
from store import quality


class QualityDesk:
    """api.quality_house.QualityDeeds over a Floor."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def first(self) -> Rules:
        return first_rules()

    async def change(self, actor: Actor, rules: dict[str, Any], version: int, why: str) -> int:
        if actor.division is not None:
            raise NotAllowed("质检规则由本级热线统一制定")
        kept = read_quality(rules).model_dump(mode="json")
        async with self._floor.database.session() as session:
            return await quality.keep_rules(session, kept, version, actor.id, self._floor.clock(), why)

    async def review(self, actor: Actor, call_id: str, marks: Mapping[str, bool], words: str) -> str:
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            check = await quality.check_of(session, call_id)
            said = {one["rule"]: one for one in check.findings}
            if unknown := sorted(set(marks) - set(said)):
                raise BadInput(f"marks: 这次质检没有规则 {'、'.join(unknown)}")
            points = sum(said[rule]["points"] for rule, kept in marks.items() if not kept)
            points += sum(
                one["points"]
                for rule, one in said.items()
                if rule not in marks and one["applied"] and not one["passed"]
            )
            both = [rule for rule in marks if said[rule]["applied"]]
            agreed = sum(marks[rule] == said[rule]["passed"] for rule in both)
            event = QualityReviewed(at, call_id, max(0, 100 - points), agreed, len(both))
            return await quality.keep_review(session, check, marks, words, actor.id, event)
