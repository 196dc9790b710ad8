"""A floor for the simulation on a real database: the product's own parts, with the simulation's clock and hints."""

from app import policies
from app.floor import Content, Floor
from app.seeding import city_lines
from bench.city.year import Ears
from ivr import parse as parse_menus
from match.content import Content as HouseContent
from match.propose import MatchIndex
from routing import LineRegister
from store.database import Database

_MENUS = """
start: welcome
menus:
  welcome:
    prompts: [greeting]
    next: queue
"""


def floor(database: Database, profile: str) -> Floor:
    """Nothing is matched or routed in the simulation: there are no articles, and the lines are the demo city's."""
    register = LineRegister(city_lines("chenzhou"))
    return Floor(
        database=database,
        hints=Ears(),
        content=Content(MatchIndex(HouseContent()), register),
        menus=parse_menus(_MENUS, "city"),
        policy=policies.load(profile),
        calendar=policies.load_calendar(policies.HOUSE / "calendars"),
    )
