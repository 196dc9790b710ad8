"""Waiting for a service of ours to be ready: patient while it lives, one question at a time, told as it goes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx

from app.supervisor import Child
from core.errors import HotlineError

READY_S = 180.0
"""A busy machine needs minutes for what takes seconds on an idle one."""
ANSWER_S = 20.0
TELL_EVERY_S = 10.0
MOST_RESTARTS = 2


class NotReady(HotlineError):
    """The service does not come up; the text says where to look."""

    code = "not_ready"
    status = 503


async def until_ready(
    url: str, service: Child, log_file: Path, say: Callable[[str], None], within_s: float = READY_S
) -> None:
    """Until /health says so. Raises NotReady where the service keeps ending or the time is over."""
    loop = asyncio.get_running_loop()
    began = told = loop.time()
    last = "no answer yet"
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_S, trust_env=False) as http:
        while (now := loop.time()) < began + within_s and service.restarts <= MOST_RESTARTS:
            pause = 0.1
            try:
                async with asyncio.timeout_at(began + within_s):
                    answer = await http.get("/health")
                if answer.status_code == 200:
                    return
                last, pause = answer.text, 0.5  # it lives, and each question costs it something
            except httpx.HTTPError as error:
                last = str(error) or type(error).__name__
            except TimeoutError:
                last = "no answer in time"
            if now - told > TELL_EVERY_S:
                told = now
                say(f"等待服务就绪，已 {now - began:.0f} 秒 · waiting for the service")
            await asyncio.sleep(pause)
    why = (
        f"反复退出 {service.restarts} 次 (it keeps ending)"
        if service.restarts > MOST_RESTARTS
        else f" {within_s:.0f} 秒内未就绪 (not ready in time)"
    )
    raise NotReady(f"热线服务{why}，详见 see {log_file}（{last[:300]}）")
