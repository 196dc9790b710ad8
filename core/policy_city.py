"""What a city orders beside the clock: who answers, what is refused, repeats, knowledge, scoring. Parts of `core.policy.Policy`.

Where a document is silent the part is None; section by section the code that obeys them reads them here.
"""

from typing import Annotated, Literal

from pydantic import Field

from core.policy_parts import Amount, Cited, Frozen, Said, Term

Unanswered = Literal["ticket", "live_transfer", "forward", "three_way_or_ticket"]
CountyCalls = Literal["city", "prefecture", "county", "one_city"]


class Intake(Frozen):
    """`unanswered`: a consult the agent can't answer. `refusals`: how many grounds; their words are policies/seed/refusals.yaml.

    county_calls: who answers a county's citizens. menu: what the voice menu may ask before a person answers. Both are the
    operator's data (lines.yaml, ivr/menus); `./hotline check` says where it is otherwise.
    """

    unanswered: Said[Unanswered] | None = None
    county_calls: Said[CountyCalls] | None = None
    menu: Said[Literal["rating_only", "any"]] | None = None
    refusals: Said[Amount] | None = None


class Repeats(Frozen):
    """The same matter again. `accountable_from`: so many repeats left unresolved are a case for the accountability file.

    taken_again False: without new facts neither while the first is under way nor once it is settled (Heyuan 6(八), 11).
    while_open: what becomes of one while the first is under way; None: refused where it is not taken again, else merged.
    alike: per cent from which two texts of one person are one matter; within_days: how far back is looked. No clause gives
    these two.
    """

    taken_again: Said[bool] | None = None
    accountable_from: Said[Amount] | None = None
    while_open: Literal["refuse", "merge", "take"] | None = None
    alike: Annotated[int, Field(strict=True, ge=30, le=100)] = 55
    within_days: Annotated[int, Field(strict=True, ge=1, le=3660)] = 365

    @property
    def open_way(self) -> Literal["refuse", "merge", "take"]:
        if self.while_open is not None:
            return self.while_open
        return "refuse" if self.taken_again and not self.taken_again.value else "merge"


Reviewer = Literal["leader", "office"]


class Knowledge(Frozen):
    """`lead`: before a text takes effect; `fix`: after a gap or an error was reported; `duty`: what is said without a number.

    review: who must check a text before it is published; owned: who may change or reuse it; bulletins: 公告 a unit must send.
    """

    lead: Term | None = None
    fix: Term | None = None
    duty: Cited | None = None
    review: Said[tuple[Reviewer, ...]] | None = None
    owned: Cited | None = None
    bulletins: Cited | None = None
