"""Steps most scenes share: reach an agent and talk, end the talk, file a ticket."""

from typing import Any

from sqlalchemy import select

from app.demo.party import TRIFLE_S, Agent, Citizen, Party
from app.demo.printed import term
from app.demo.stage import Stage
from store.tables import Errand


async def talk(stage: Stage, citizen: Citizen, agent: Agent, number: str = "12345") -> str:
    """The citizen calls, the agent answers, both hear each other; gives the call's id."""
    await citizen.dials(number)
    await agent.answers()
    call_id = await agent.answered_call()
    await stage.phase("talk", {citizen: [agent], agent: [citizen]})
    return call_id


async def talk_is_over(stage: Stage, citizen: Citizen, *others: Party) -> dict[str, Any]:
    """The citizen hangs up, everybody else's line is cleared; gives the call's record."""
    await citizen.hangs_up()
    for one in others:
        await one.ends()
    call = await stage.ended(citizen)
    stage.must("the call was ended by the citizen", call["ended_by"] == "citizen")
    return call


async def file(stage: Stage, agent: Agent, call_id: str, title: str, **more: Any) -> dict[str, Any]:
    """The agent files what the citizen wants; gives the ticket."""
    draft = {"type": "consult", "title": title, "body": title, "call_id": call_id, **more}
    ticket: dict[str, Any] = await agent.desk.file(draft)
    stage.clock.mark("ticket_filed")
    unit = ticket["unit_code"] or "（未派单）"
    stage.say("ticket", f"工单 {ticket['number']} → {unit}，期限 {term(ticket['due_at'])}")
    return ticket


async def called_back(stage: Stage, citizen: Citizen, agent: Agent, kind: str) -> None:
    """An agent is ready: the citizen's telephone rings, then the agent's, and they talk."""
    await agent.desk.post(f"/seats/{agent.seat}/ready")
    agent.say("示闲")
    await citizen.answers(40, greeting_s=TRIFLE_S)
    citizen.sounds()
    await citizen.hears_prompt("callback-greeting")
    await agent.answers()
    await agent.answered_call()
    await stage.phase("called back", {citizen: [agent], agent: [citizen]})
    await citizen.hangs_up()
    await agent.ends()
    done = await stage.until("the call-back is settled", lambda: settled(stage, kind, citizen.number))
    stage.must("the call-back reached the citizen", done.state == "done")


async def settled(stage: Stage, kind: str, number: str) -> Errand | None:
    """The errand of a kind to this number, once it is over."""
    async with stage.theatre.database.reading() as session:
        found = await session.scalars(
            select(Errand).where(Errand.kind == kind).order_by(Errand.created_at.desc())
        )
        return next((one for one in found if one.number == number and one.ended_at is not None), None)
