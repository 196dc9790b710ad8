"""A floor with the content the project ships, on each kind of database."""

import pytest

from app.floor import Content
from app.seeding import house_content
from store.database import Database
from tests.app.place import Place, content_of


@pytest.fixture(scope="session")
def content() -> Content:
    return content_of(house_content())


@pytest.fixture
def place(database: Database, content: Content) -> Place:
    return Place(database, content)


@pytest.fixture
def sqlite_place(sqlite_database: Database, content: Content) -> Place:
    """Where two kinds of database would only take twice as long."""
    return Place(sqlite_database, content)
