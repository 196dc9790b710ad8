"""One log-in to AMI and out again, for the preflight."""

import asyncio

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.facts import Fact
from core.errors import SwitchSilent


async def log_in(settings: AmiSettings, timeout: float = 8.0) -> None:
    """Raises SwitchSilent with the reason where AMI does not let us in."""

    async def nothing(fact: Fact) -> None:
        return None

    ami = Ami(settings, nothing)
    await ami.start()
    try:
        async with asyncio.timeout(timeout):
            while not ami.connected:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise SwitchSilent(f"AMI at {settings.host}:{settings.port}: {ami.reason}") from None
    finally:
        await ami.stop()
