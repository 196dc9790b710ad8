"""Reads a city's divisions.yaml, with file and line for whatever is wrong in it. No file is opened here."""

from typing import Annotated

from pydantic import Field, ValidationError

from core import yaml_text
from core.divisions import BadDivisions, Division, Level, Tree
from core.policy_parts import Frozen
from core.yaml_text import YamlText

Code = Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Digits = Annotated[str, Field(pattern=r"^[0-9]{3}$")]


class _Place(Frozen):
    code: Code
    name: Name
    level: Level
    parent: Code | None = None
    source: str
    policy: str = Field("", pattern=r"^([a-z][a-z0-9_-]{0,40})?$")


class _File(Frozen):
    home: Code
    sources: dict[str, str] = Field(min_length=1)
    divisions: tuple[_Place, ...]
    units: dict[Code, tuple[str, ...]] = Field(default_factory=dict)
    towns: dict[str, str | dict[Digits, Name]] = Field(default_factory=dict)


def parse_divisions(text: str, source: str) -> Tree:
    """The tree of one file: `home`, `sources` (key -> where codes are from), `divisions`, `towns` in short, `units` by place.

    Raises BadDivisions.
    """
    found = yaml_text.read(text, source, BadDivisions, "a file of divisions")
    try:
        file = _File.model_validate(found.raw)
    except ValidationError as error:
        raise BadDivisions("; ".join(found.reasons(error, "divisions"))) from error
    places = _places(found, file) + _towns(found, file)
    try:
        return Tree(places, file.home, {unit: code for code, units in file.units.items() for unit in units})
    except BadDivisions as error:
        code = str(error).split("：")[0]
        raise BadDivisions(f"{_where(found, file, code)}: {error}") from error


def _places(found: YamlText, file: _File) -> list[Division]:
    for number, one in enumerate(file.divisions):
        if one.source not in file.sources:
            raise BadDivisions(f"{found.at('divisions', number)}: {one.code}：sources 里没有 {one.source!r}")
    return [
        Division(p.code, p.name, p.level, p.parent, file.sources[p.source], p.policy) for p in file.divisions
    ]


def _towns(found: YamlText, file: _File) -> list[Division]:
    """The short form: county -> last three digits -> name, `source` for all of them."""
    rest = dict(file.towns)
    source = rest.pop("source", "")
    if rest and (not isinstance(source, str) or source not in file.sources):
        raise BadDivisions(f"{found.at('towns', 'source')}: towns.source：sources 里没有 {source!r}")
    made = []
    for county, towns in rest.items():
        if not isinstance(towns, dict):
            raise BadDivisions(f"{found.at('towns', county)}: towns.{county}：应为 代码末三位: 名称")
        for digits, name in towns.items():
            made.append(Division(county + digits, name, "town", county, file.sources[str(source)]))
    return made


def _where(found: YamlText, file: _File, code: str) -> str:
    numbers = [n for n, one in enumerate(file.divisions) if one.code == code]
    if numbers:
        return found.at("divisions", numbers[-1])
    if code in file.units:
        return found.at("units", code)
    return found.at("towns", code[:6], code[6:]) if len(code) == 9 else found.at(code)
