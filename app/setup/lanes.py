"""Missing parts brought side by side: packages, programs, models and speech each in a lane of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from app.setup.child import end_all
from app.setup.failure import SetupFailed


def side_by_side(work: Mapping[str, Callable[[], object]], after: Mapping[str, Sequence[str]]) -> None:
    """Do all of `work`, each piece as soon as the pieces it comes `after` are done; those not in `work` are done already.

    A piece comes after earlier ones only. Raises what the first of them raises; the programs of the others are ended then,
    and nothing new is begun.
    """
    given_up = threading.Event()
    jobs: dict[str, Future[None]] = {}

    def one(do: Callable[[], object], before: Sequence[Future[None]]) -> None:
        for other in before:
            other.result()
        if given_up.is_set():
            raise SetupFailed("中断 (given up)")
        do()

    with ThreadPoolExecutor(max(len(work), 1), "part") as pool:
        try:
            for name, do in work.items():
                before = [jobs[other] for other in after.get(name, ()) if other in jobs]
                jobs[name] = pool.submit(one, do, before)
            done, _ = wait(jobs.values(), return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        except BaseException:
            given_up.set()
            end_all()
            raise
