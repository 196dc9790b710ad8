"""Menus as data: YAML text in, frozen menus out, anything odd refused by name."""

import re
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import BadInput


class MenuInvalid(BadInput):
    """The menu file can't be used; the text names the place and the reason."""

    code = "menu_invalid"


PromptName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Key(_Frozen):
    """What one key does: another menu, the queue (with a skill asked for), a message, or a goodbye."""

    go: str
    skill: str = ""


class Menu(_Frozen):
    """Prompts in speaking order; no keys means: speak, then `next` (GB/T 33358 wants no menu before a person)."""

    prompts: tuple[PromptName, ...] = ()
    keys: dict[str, Key] = {}
    timeout_s: float = Field(5.0, ge=0, le=30)
    tries: int = Field(2, ge=1, le=5)
    next: str = "queue"


ENDS: tuple[Literal["queue"], Literal["message"], Literal["goodbye"]] = ("queue", "message", "goodbye")


class Menus(_Frozen):
    """All menus of a city. `lines` gives single lines a start of their own."""

    start: str
    menus: dict[str, Menu]
    lines: dict[str, str] = {}

    @model_validator(mode="after")
    def _targets_exist(self) -> "Menus":
        for name in (self.start, *self.lines.values()):
            if name not in self.menus:
                raise ValueError(f"start menu {name!r} is not defined")
        for name, menu in self.menus.items():
            for target in (menu.next, *(key.go for key in menu.keys.values())):
                if target not in ENDS and target not in self.menus:
                    raise ValueError(f"menu {name!r} leads to {target!r}, which is not defined")
            for key in menu.keys:
                if not re.fullmatch(r"[0-9*#]", key):
                    raise ValueError(f"menu {name!r} has the key {key!r}; keys are one of 0-9 * #")
            if _silent_loop(self.menus, name):
                raise ValueError(f"menu {name!r} leads back to itself without ever asking for a key")
        return self


def _silent_loop(menus: dict[str, Menu], name: str) -> bool:
    seen: set[str] = set()
    while name in menus and not menus[name].keys:
        if name in seen:
            return True
        seen.add(name)
        name = menus[name].next
    return False


def parse(text: str, source: str = "menus") -> Menus:
    """Menus from YAML text. Raises MenuInvalid naming `source`, the place in it and the reason."""
    try:
        return Menus.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise MenuInvalid(f"{source}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MenuInvalid(f"{source}: {place or 'menus'}: {first['msg']}") from error
