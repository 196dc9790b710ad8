"""The pure engine: `step(menus, state, input) -> (state, action)`. No clock, no channel, no database."""

from dataclasses import dataclass, replace

from ivr.menu import Menus


@dataclass(frozen=True, slots=True)
class MenuState:
    """Where a caller is: the menu and how often it was spoken to them."""

    menu: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """The call was answered; nothing has been said yet."""


@dataclass(frozen=True, slots=True)
class Done:
    """The prompts were spoken to the end (or were interrupted) and no key came."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys the caller pressed; only the first counts."""

    digits: str


Input = Started | Done | Keys


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these; collect one key for `timeout_s` where `keys` is set."""

    prompts: tuple[str, ...]
    keys: bool
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Enqueue:
    """On to a person; `skill` is what the caller asked for, '' for any."""

    skill: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller wants to leave a message."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The caller is done."""


Action = Say | Enqueue | Leave | Goodbye


def start(menus: Menus, line: str) -> MenuState:
    """The menu a call on `line` begins with."""
    return MenuState(menus.lines.get(line, menus.start))


def step(menus: Menus, state: MenuState, given: Input) -> tuple[MenuState, Action]:
    """One move. A wrong or missing key repeats the menu up to its tries, then goes on to a person: nobody gets stuck."""
    menu = menus.menus[state.menu]
    if isinstance(given, Started):
        return _enter(menus, state.menu)
    if isinstance(given, Keys) and (key := menu.keys.get(given.digits[:1])):
        return _follow(menus, state, key.go, key.skill)
    if menu.keys and state.tries < menu.tries:
        return replace(state, tries=state.tries + 1), _say(menus, state.menu)
    return _follow(menus, state, menu.next, "")


def _enter(menus: Menus, name: str) -> tuple[MenuState, Action]:
    menu = menus.menus[name]
    if not menu.prompts and not menu.keys:
        return _follow(menus, MenuState(name), menu.next, "")
    return MenuState(name, tries=1), _say(menus, name)


def _follow(menus: Menus, state: MenuState, target: str, skill: str) -> tuple[MenuState, Action]:
    if target == "queue":
        return state, Enqueue(skill)
    if target == "message":
        return state, Leave()
    if target == "goodbye":
        return state, Goodbye()
    return _enter(menus, target)


def _say(menus: Menus, name: str) -> Say:
    menu = menus.menus[name]
    return Say(menu.prompts, bool(menu.keys), menu.timeout_s if menu.keys else 0.0)
