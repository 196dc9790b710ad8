"""A third party called from an agent's desk, as the desk sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.measure import MUSIC
from app.demo.party import Agent, Party
from app.demo.stage import Stage

HOW = {"consult": "咨询转接", "three_way": "三方通话", "blind": "盲转"}


Heard = Mapping[Party, Sequence[Party | str]]


def together(*parties: Party) -> Heard:
    """Everybody hears everybody else."""
    return {one: [other for other in parties if other is not one] for one in parties}


def consulting(citizen: Party, agent: Party, third: Party) -> Heard:
    """Agent and third party talk, the citizen hears music."""
    return {citizen: [MUSIC], agent: [third], third: [agent]}


class Transfer:
    """One transfer of a call; deeds go over the API, `until` waits for the house's own word."""

    def __init__(self, stage: Stage, agent: Agent, call_id: str, made: dict[str, Any]) -> None:
        self._stage, self._agent, self.call_id, self.id = stage, agent, call_id, str(made["id"])
        self.made = made

    @classmethod
    async def begin(
        cls, stage: Stage, agent: Agent, call_id: str, kind: str, ref: str, how: str = "consult"
    ) -> "Transfer":
        """The agent calls somebody: kind line, seat, unit, emergency or number."""
        agent.say(f"{HOW[how]}：{ref}")
        asked = {"to": {"kind": kind, "ref": ref}, "how": how}
        return cls(stage, agent, call_id, await agent.desk.post(f"/calls/{call_id}/transfers", asked))

    async def until(self, what: str, timeout: float = 20.0) -> dict[str, Any]:
        """The live event transfer.<what> of this transfer. Raises SceneFailed."""
        return await self._stage.event(
            lambda e: e.get("event") == f"transfer.{what}" and e.get("transfer_id") == self.id,
            f"call.{self.call_id}",
            timeout,
        )

    async def merge(self) -> None:
        await self._deed("merge", "三方合并")

    async def swap(self) -> None:
        await self._deed("swap", "切换通话方")

    async def leave(self) -> None:
        await self._deed("leave", "退出通话")

    async def cancel(self) -> None:
        await self._deed("cancel", "取消转接")

    async def mark(self, kind: str, note: str, start_s: float, end_s: float) -> None:
        """How the third party behaved, with the place in their recording."""
        given = {"kind": kind, "note": note, "start_s": start_s, "end_s": end_s}
        await self._deed("attitude", f"标注态度：{kind}", given)

    async def row(self) -> dict[str, Any]:
        """As the house keeps it now."""
        items = (await self._stage.office.get(f"/calls/{self.call_id}/transfers"))["items"]
        return next(one for one in items if one["id"] == self.id)

    async def _deed(self, name: str, said: str, given: dict[str, Any] | None = None) -> None:
        self._agent.say(said)
        await self._agent.desk.post(f"/calls/{self.call_id}/transfers/{self.id}/{name}", given)
