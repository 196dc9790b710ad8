"""Opens a city's kinds of matter on disk, and settles what a draft is: its clock, whether it is urgent, an enforcement case."""

import functools
from dataclasses import replace
from pathlib import Path

from api.house import TicketDraft
from app.policies import HOUSE, policy_folders
from core.errors import BadInput
from core.intake import BadIntake, IntakeTypes, parse_intake, parse_own
from core.policy import Policy


@functools.cache
def house() -> IntakeTypes:
    """The house's list. Raises BadIntake."""
    path = HOUSE / "intake" / "types.yaml"
    return parse_intake(_read(path), str(path))


def load(policy: Policy) -> IntakeTypes:
    """What a city takes: the house's list, the city's own file over it (policies/CITY/intake.yaml), then its switch on
    complaints about conduct. Raises BadIntake."""
    own = (folder / policy.name / "intake.yaml" for folder in policy_folders())
    path = next((path for path in own if path.is_file()), None)
    found = parse_own(_read(path), str(path), house()) if path else house()
    return found.under(policy.switches.conduct_complaints.value)


def settled(types: IntakeTypes, draft: TicketDraft) -> TicketDraft:
    """The draft as its kind wants it: an urgent kind makes it urgent, an enforcement kind an enforcement case.

    No kind named: the clock's own type. Raises UnknownIntake, BadInput where the draft runs by another clock than its kind.
    """
    kind = types.get(draft.intake or draft.type)
    if kind.type != draft.type:
        raise BadInput(f"{kind.name}按“{kind.type}”的时限办理，工单类型却是“{draft.type}”")
    return replace(
        draft,
        intake=kind.id,
        urgency="urgent" if kind.urgent else draft.urgency,
        enforcement=draft.enforcement or kind.enforcement,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadIntake(f"{path}: 读不出：{getattr(error, 'strerror', None) or '不是 UTF-8'}") from error
