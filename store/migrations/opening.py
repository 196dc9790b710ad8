"""For a downgrade: an older version reads a column as it is, so what is sealed in it is opened with this engine's keys."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from store import facts
from store.guards import lift, put_back
from store.json import dumps
from store.keys import is_sealed

_AT_ONCE = 1000


def opened(table: str, *columns: str, key: str = "id", in_json: bool = False) -> None:
    """Open these columns of a whole table, some rows at a time. in_json: they hold JSON, a sealed string or facts with sealed words.

    Without keys (a schema that is only looked at) nothing is opened. Raises KeyMissing for a key that was given up.
    """
    connection = op.get_bind()
    ring = getattr(connection.dialect, "hotline_keyring", None)
    if ring is None:
        return
    guards = lift(connection, table)
    cast = "CAST(:{} AS JSONB)" if in_json and connection.dialect.name == "postgresql" else ":{}"
    sets = ", ".join(f'"{name}" = {cast.format(name)}' for name in columns)
    names = ", ".join(f'CAST("{name}" AS TEXT)' for name in columns)
    after: Any = None
    while True:
        where = f'WHERE "{key}" > :after ' if after is not None else ""
        page = f'SELECT "{key}", {names} FROM "{table}" {where}ORDER BY "{key}" LIMIT {_AT_ONCE}'
        rows = connection.execute(sa.text(page), {"after": after} if after is not None else {}).all()
        if not rows:
            break
        for row in rows:
            values = {name: _open(ring, was, in_json) for name, was in zip(columns, row[1:], strict=True)}
            if any(new != was for new, was in zip(values.values(), row[1:], strict=True)):
                change = sa.text(f'UPDATE "{table}" SET {sets} WHERE "{key}" = :the_row')
                connection.execute(change, values | {"the_row": row[0]})
        after = rows[-1][0]
    put_back(connection, guards)


def _open(ring: Any, was: str | None, in_json: bool) -> str | None:
    if was is None:
        return None
    if not in_json:
        return str(ring.open(was)) if is_sealed(was) else was
    kept = json.loads(was)
    if isinstance(kept, dict) and facts.SEALED in kept:
        return dumps(facts.opened(ring, kept))
    return str(ring.open(kept)) if isinstance(kept, str) else was
