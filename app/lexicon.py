"""The city's own words for the recognisers: its places, units and lines, and the people in office, from what the store holds."""

import asyncio
import re
from collections.abc import Iterable

import structlog
from sqlalchemy import select

from app.floor import Floor
from core.divisions import Tree
from core.errors import HotlineError
from core.ports import Recogniser
from store.content import load_content
from store.database import Database
from store.tables import Line, UnitPerson

log = structlog.get_logger(__name__)

AGAIN_S = 600.0
_FEWEST, _MOST = 2, 16
_PEOPLES = re.compile(
    "(?:(?:瑶|苗|侗|土家|回|壮|畲|彝|藏|满|蒙古|朝鲜|维吾尔|白|傣|黎|布依|哈尼|傈僳|佤|羌|仡佬|水|毛南|仫佬|土|东乡|撒拉|保安|裕固|哈萨克|柯尔克孜|"
    "锡伯|达斡尔|鄂温克|鄂伦春|赫哲|京|高山|拉祜|景颇|布朗|阿昌|普米|怒|德昂|独龙|基诺|门巴|珞巴|塔吉克|乌孜别克|俄罗斯|塔塔尔|纳西)族)+"
    "(?=[乡镇县区市]$)"
)
"""仰天湖瑶族乡 is called 仰天湖乡, and 仰天湖."""
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


def place_names(divisions: Tree) -> Iterable[str]:
    """Names as they stand and as people say them."""
    for one in divisions:
        yield one.name
        if (short := _PEOPLES.sub("", one.name)) != one.name:
            yield short
            yield short[:-1]


async def terms(database: Database, divisions: Tree) -> tuple[str, ...]:
    """Every term once, in order; pieces of Chinese characters only."""
    async with database.reading() as session:
        units = (await load_content(session)).units
        people = (await session.scalars(select(UnitPerson.name).where(UnitPerson.until.is_(None)))).all()
        lines = (await session.scalars(select(Line.name))).all()
    named = [
        *place_names(divisions),
        *(n for unit in units for n in (unit.name, *unit.aliases)),
        *people,
        *lines,
    ]
    pieces = {piece for name in named for piece in _CHINESE.findall(name)}
    return tuple(sorted(piece for piece in pieces if _FEWEST <= len(piece) <= _MOST))


async def keep_knowing(floor: Floor, ears: Recogniser) -> None:
    """Tell `ears` the terms now, and again when they have changed. Until cancelled."""
    known: tuple[str, ...] = ()
    while True:
        try:
            fresh = await terms(floor.database, floor.divisions)
            if fresh != known:
                await asyncio.to_thread(ears.know, fresh)
                known = fresh
                log.info("the recogniser knows the city's words", engine=ears.name, terms=len(fresh))
        except HotlineError as error:
            log.warning("the city's words could not be read", reason=str(error))
        except Exception as error:  # captions go on without them
            log.error("the city's words could not be told", exc_info=error)
        await asyncio.sleep(AGAIN_S)
