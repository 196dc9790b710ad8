"""Numbers that people say of themselves, in the words we keep: as the city's profile orders."""

from dataclasses import replace

from core.masking import mask_numbers
from core.policy import Policy
from core.ports import Utterance


def kept(policy: Policy, said: Utterance) -> Utterance:
    """What is stored of an utterance; what goes to the agent's screen while people talk is not changed by it."""
    if policy.switches.stored_words.value == "as_said":
        return said
    return replace(said, text=mask_numbers(said.text))
