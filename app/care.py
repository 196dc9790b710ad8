"""Care for callers known as elderly or disabled (003 二.12): a person first, spoken slowly, no keys, nobody sent away."""

from dataclasses import replace

from app.journey import Journey
from app.waiting_words import ESTIMATES
from core.call import Bye, Instruction, Play, TakeMessage, Wait
from ivr import Action, Say
from store.callers import Known

SLOW = frozenset(
    {
        "greeting",
        "recording-notice",
        "emergency-reminder",
        "please-wait",
        "queue-position",
        "queue-people",
        "transferring",
        "agent-gone",
        "message-leave",
        "message-thanks",
        "goodbye",
        *ESTIMATES,
    }
)
"""Prompts that exist a second time as `slow-…`."""


def begun(journey: Journey, who: Known) -> Journey:
    """The journey of a caller we know: no call-back is offered instead of a person, the skill they need is asked for."""
    if not who.care:
        return journey
    return replace(journey, care=who.care, skill=journey.skill or who.skill, callback_offered=True)


def kindly(journey: Journey, stage: str, told: Instruction) -> Instruction:
    """The same instruction as this caller should hear it."""
    if not journey.care or not isinstance(told, Play | Wait | TakeMessage | Bye):
        return told
    if isinstance(told, Play) and stage == "menu":
        told = replace(told, keys=0, timeout_s=0.0)  # whoever presses no key goes on to a person
    return replace(told, prompts=_slow(told.prompts))


def greeted(journey: Journey, action: Action) -> Action:
    """What the menu says first, as this caller should hear it."""
    if not journey.care or not isinstance(action, Say):
        return action
    return replace(action, prompts=_slow(action.prompts), keys=False)


def _slow(prompts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"slow-{p}" if p in SLOW else p for p in prompts)
