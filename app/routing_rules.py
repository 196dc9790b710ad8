"""A city's routing rules: policies/CITY/routing.yaml, the operator's folder before the house's; else the house's own city's."""

from dataclasses import replace

from app.policies import policy_folders
from app.settings import Settings
from routing import RoutingPolicy
from routing.policy import parse

FILE = "routing.yaml"
HOUSE_CITY = "chenzhou"


def load_routing(settings: Settings) -> RoutingPolicy:
    """When a call-back is offered is a setting of the instance. Raises RoutingInvalid naming the file and the place in it."""
    found = (folder / city / FILE for city in (settings.policy, HOUSE_CITY) for folder in policy_folders())
    path = next((path for path in found if path.is_file()), None)
    rules = parse(path.read_text(encoding="utf-8"), str(path)) if path else RoutingPolicy()
    return replace(rules, offer_callback_after_s=settings.offer_callback_after_s)
