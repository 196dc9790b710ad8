"""What a city orders beside the clock: who answers, what is refused, repeats, knowledge, scoring. Parts of `core.policy.Policy`.

Where a document is silent the part is None; section by section the code that obeys them reads them here.
"""

from typing import Literal

from core.policy_parts import Amount, Cited, Frozen, Points, Said, Term

Unanswered = Literal["ticket", "live_transfer", "forward", "three_way_or_ticket"]
CountyCalls = Literal["city", "prefecture", "county", "one_city"]
Scheme = Literal["quantified", "hundred_points", "four_rates", "yearly_review"]
Rhythm = Literal["regular", "month", "quarter", "year"]


class Intake(Frozen):
    """`unanswered`: a consult the agent can't answer. `refusals`: how many grounds; their words are policies/seed/refusals.yaml.

    county_calls: who answers a county's citizens. menu: what the voice menu may ask before a person answers.
    """

    unanswered: Said[Unanswered] | None = None
    county_calls: Said[CountyCalls] | None = None
    menu: Said[Literal["rating_only", "any"]] | None = None
    refusals: Said[Amount] | None = None


class Repeats(Frozen):
    """The same matter again. `accountable_from`: so many repeats left unresolved are a case for the accountability file."""

    taken_again: Said[bool] | None = None
    accountable_from: Said[Amount] | None = None
    deduct: Points | None = None


class Knowledge(Frozen):
    """`lead`: before a text takes effect; `fix`: after a gap or an error was reported; `duty`: what is said without a number."""

    lead: Term | None = None
    fix: Term | None = None
    duty: Cited | None = None
    deduct: Points | None = None


class Assessment(Cited):
    """How units are scored. `good_bad`: the grades go into 好差评. `urging_each`: points per case of 催办督办; no clause gives it."""

    schemes: tuple[Scheme, ...] = ()
    rhythm: tuple[Rhythm, ...] = ()
    good_bad: Cited | None = None
    urging_each: Points | None = None
