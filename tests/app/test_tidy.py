"""Sound nobody expected is kept, seats that did not answer leave no empty files, what is awaited is never touched."""

from pathlib import Path

import pytest

from app.chores import Chores
from app.tidy import tidy
from store import recordings, transfers
from tests.app.place import Place
from tests.app.talks import talked, write_raw

pytestmark = pytest.mark.service


async def test_an_empty_file_of_a_call_that_ended_goes(place: Place, folder: Path) -> None:
    citizen = await talked(place)
    write_raw(folder / f"{citizen.id}-1.raw", 2.0)
    (folder / f"{citizen.id}-2.raw").touch()
    assert await tidy(place.floor, folder, 0.0) == 1
    assert [path.name for path in folder.iterdir()] == [f"{citizen.id}-1.raw"]


async def test_what_was_written_to_a_moment_ago_is_left_alone(
    place: Place, chores: Chores, folder: Path
) -> None:
    citizen = await talked(place)
    (folder / f"{citizen.id}-2.raw").touch()
    assert await chores.tidy_recordings() == 0


async def test_what_is_awaited_stays_though_it_is_empty(place: Place, folder: Path) -> None:
    citizen = await talked(place)
    (folder / f"{citizen.id}-1.raw").touch()
    assert await tidy(place.floor, folder, 0.0) == 0


async def test_a_call_that_rings_keeps_its_file(place: Place, folder: Path) -> None:
    citizen = place.citizen()
    await citizen.dial()
    (folder / f"{citizen.id}-1.raw").touch()
    (folder / "call_nobodys-1.raw").touch()
    assert await tidy(place.floor, folder, 0.0) == 0


async def test_the_sound_of_a_third_party_whose_answer_we_never_learnt_is_kept(
    place: Place, chores: Chores, folder: Path
) -> None:
    citizen = await talked(place)
    async with place.database.session() as session:
        await transfers.add(
            session, id="tr_unseen", call_id=citizen.id, how="consult", kind="emergency", ref="110", name="110",
            number="110", endpoint="Local/110@hl-out/n", role="emergency", leg_id="leg_third", state="failed",
            place="gone", reason="cancelled", requested_at=place.clock(),
        )  # fmt: skip
    write_raw(folder / "tr_unseen.raw", 2.0)
    assert await tidy(place.floor, folder, 0.0) == 1
    assert await tidy(place.floor, folder, 0.0) == 0
    place.clock.pass_(1)
    await chores.finish_recordings()
    async with place.database.reading() as session:
        kept = await recordings.by_stem(session, "tr_unseen")
    assert kept is not None
    assert (kept.call_id, kept.leg_id, kept.state, kept.seconds) == (citizen.id, "leg_third", "ready", 2.0)
