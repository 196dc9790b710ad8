"""Opens a city's places on disk: policies/CITY/divisions.yaml, the operator's folder before the house's."""

from app.policies import policy_folders
from core.divisions import BadDivisions, Tree
from core.divisions_text import parse_divisions


def load(city: str, otherwise: str = "") -> Tree:
    """The city's tree; of the city `otherwise` where it has none, and an empty one where neither has. Raises BadDivisions."""
    paths = [
        folder / name / "divisions.yaml" for name in (city, otherwise) if name for folder in policy_folders()
    ]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        return Tree()
    try:
        return parse_divisions(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadDivisions(f"{path}：读不出：{getattr(error, 'strerror', None) or error}") from error
