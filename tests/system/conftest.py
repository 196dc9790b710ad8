"""The whole product on free ports in a folder of its own: real Asterisk, real service process, real SIP phones."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.demo import audio
from app.instance import Instance, install, private
from app.settings import Settings
from asr.prompts import OPENING
from core.errors import HotlineError, PartMissing
from tests.need import missing
from tests.system.floor import Town
from tests.system.traces import listening, processes, until

SEATS = 6


@pytest.fixture(scope="session", autouse=True)
def asterisk_present() -> None:
    try:
        install()
    except PartMissing as error:
        missing(f"Asterisk ({error})")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of an instance of this test's own."""
    return _small(tmp_path / "home")


def _small(home: Path, prompts: Path | None = None) -> Settings:
    """A private instance without speech recognition, seats that are free again soon after a talk."""
    own = {"prompts": prompts} if prompts else {}
    return private(
        home,
        recognise_live="off",
        recognise_after="off",
        seats=SEATS,
        wrap_up_s=1,
        wait_s=2,
        ring_s=90,
        **own,
    )


def no_opening(folder: Path) -> Path:
    """Prompts of the operator's own: what every citizen hears first is a tenth of a second of silence."""
    folder.mkdir()
    for name in OPENING:
        audio.save_wav(folder / f"{name}.wav", audio.silence(0.1))
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """A running instance with its agents at their seats, for a whole module; afterwards nothing of it may be left.

    Nobody waits for the eight seconds of the opening, unless the module says OPENING_IN_FULL.
    """
    folder = tmp_path_factory.mktemp("town")
    whole = getattr(request.module, "OPENING_IN_FULL", False)
    settings = _small(folder / "home", None if whole else no_opening(folder / "prompts"))
    instance = Instance(settings)
    try:
        await instance.start()
    except HotlineError as error:
        log = settings.logs / "service.log"
        pytest.fail(f"{error}\n{log.read_text()[-3000:] if log.exists() else ''}")
    try:
        async with Town(instance) as town:
            yield town
    finally:
        await instance.stop()
    await nothing_left(settings)


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    """The module's instance; each test leaves no channel there, and everybody ready for the next."""
    yield one_town
    await one_town.at_rest()


async def nothing_left(settings: Settings) -> None:
    """No process, no port of the instance remains."""
    await until(lambda: not processes(settings.home), 5, f"processes ended: {processes(settings.home)}")
    await until(lambda: not listening(settings), 5, f"ports free: {listening(settings)}")
