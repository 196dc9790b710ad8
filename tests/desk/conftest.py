"""The desk in a real browser over a real API."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import async_playwright
from playwright.sync_api import Browser

from app.instance import Instance, free_ports, install, private
from app.setup import desk, tools
from app.setup.folders import folders
from asr.registry import choose
from asr.tts import MODEL
from asr_models.manifest import load as models
from asr_models.places import folder, is_present
from core.errors import HotlineError, PartMissing
from tests.desk.browsing import FLAGS, Open, Visit, chromium, open_browser
from tests.desk.house import Standing, standing
from tests.desk.sound import SLOW
from tests.desk.stage import Stage, own_address
from tests.need import missing, need
from tests.system.conftest import no_opening, nothing_left


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """One hotline for the tests of a file: what a test changes it looks for by name."""
    need("the built desk", desk.built(folders()), "./hotline setup desk")
    with standing(Path(tmp_path_factory.mktemp("desk")) / "home") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser per file: Playwright's own loop may not outlive it, for other tests bring theirs."""
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Browser, house: Standing) -> Iterator[Open]:
    """`visit(login=…, size=…, language=…, dark=…)`: a window per call; at the end nothing may have gone wrong in any."""
    opened: list[Visit] = []

    def one(**how: object) -> Visit:
        opened.append(open_browser(browser, house, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield one
    for each in opened:
        each.context.close()
    for each in opened:
        each.check()


# --- a whole hotline, for the stories ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _whole_parts() -> None:
    need("the built desk", desk.built(folders()), "./hotline setup desk")
    need("an address besides loopback", bool(own_address()), "ip address add … dev …")
    try:
        install()
    except PartMissing as error:
        missing(f"Asterisk ({error})")


@pytest.fixture(scope="module")
def _spoken_parts(_whole_parts: None) -> None:
    (voice,) = models().pick(MODEL)
    need(f"the speech model {MODEL}", is_present(voice, folder(MODEL)))
    try:
        choose("auto")
    except HotlineError as error:
        missing(f"a recogniser ({error})")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(_spoken_parts: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    """One hotline for the file, that hears what is said; nobody waits for the opening's eight seconds."""
    home = tmp_path_factory.mktemp("story")
    prompts = no_opening(home / "prompts")
    (https,) = free_ports(1)
    given = private(
        home / "home",
        recognise_after="off",
        seats=2,
        wrap_up_s=1,
        wait_s=2,
        prompts=prompts,
        https_port=https,
    )
    async with Instance(given) as found:
        yield found
    await nothing_left(given)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows() -> AsyncIterator[Chromium]:
    try:
        command = tools.tool("chromium-headless-shell")
    except PartMissing:
        missing("chromium-headless-shell", "./hotline setup browser")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=command.argv[0], args=flags, env={**os.environ, **command.env}, timeout=SLOW
        )
        yield found
        await found.close()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(instance: Instance, windows: Chromium) -> AsyncIterator[Stage]:
    made = Stage(instance, windows)
    yield made
    await made.leave()
