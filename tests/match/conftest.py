"""The project's own content, compiled once for all tests of matching."""

import pytest

from match import Content, MatchIndex
from tests.match import fit


@pytest.fixture(scope="session")
def seed() -> Content:
    return fit.content()


@pytest.fixture(scope="session")
def index(seed: Content) -> MatchIndex:
    return MatchIndex(seed)
