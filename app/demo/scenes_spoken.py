"""Scenes in which people speak: what they say is recognised, and what is proposed rests on it."""

import asyncio
import time
from pathlib import Path
from typing import Any

from app.demo.party import Agent, Citizen
from app.demo.scenario import Scenario, Turn, load
from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import file
from app.demo.voices import OWN
from app.seeding import house_content

CAPTION_S = 25.0
PROPOSED_S = 20.0
HOTLINE_UNIT = "chenzhou.hotline"


class Talk:
    """A spoken call under way: the script is spoken turn by turn."""

    def __init__(self, stage: Stage, script: Scenario, citizen: Citizen, agent: Agent) -> None:
        self.stage, self.script, self.citizen, self.agent = stage, script, citizen, agent
        self.call_id = ""
        self._since = 0.0

    @classmethod
    async def begin(cls, stage: Stage, name: str) -> "Talk":
        """Citizen and agent are connected."""
        script = load(name)
        talk = cls(stage, script, await stage.citizen(voice=True), await stage.agent(voice=True))
        await talk.citizen.dials(script.line)
        await talk.agent.answers()
        talk.call_id = await talk.agent.answered_call()
        talk._since = time.monotonic()
        return talk

    async def speak(self, turns: tuple[Turn, ...]) -> None:
        """Turn by turn; with `listen` the next waits for the caption."""
        for turn in turns:
            party = self.citizen if turn.who == "citizen" else self.agent
            before = self._captions(turn.who)
            party.speak(self.stage.speech[turn.say])
            await party.leg.said(120)
            self.stage.clock.mark("first_words")
            if turn.listen:
                await self._captioned(turn.who, before)
            else:
                await asyncio.sleep(0.4)

    async def _captioned(self, who: str, before: int) -> None:
        """Until one more of this speaker's sentences has a caption; a talk goes on without."""
        deadline = time.monotonic() + CAPTION_S
        while time.monotonic() < deadline and self._captions(who) <= before:
            await asyncio.sleep(0.1)
        self.stage.clock.mark("first_caption")

    def _captions(self, who: str) -> int:
        heard = [told.event for told in self.stage.told if told.event.get("event") == "call.utterance"]
        return sum(1 for event in heard if event.get("speaker") == who and event.get("final"))

    async def proposal(self, kind: str) -> dict[str, Any]:
        """The first proposal of a kind; waits for it while they talk. Raises SceneFailed."""
        return await self.stage.until(f"a proposal of kind {kind}", lambda: self.first(kind), PROPOSED_S)

    async def first(self, kind: str) -> dict[str, Any]:
        """The first proposal of a kind as it stands, {} for none."""
        found = (await self.agent.desk.get(f"/calls/{self.call_id}/proposals"))["items"]
        return next((one for one in found if one["kind"] == kind), {})

    async def accept(self, proposal: dict[str, Any]) -> None:
        await self.agent.desk.accept(self.call_id, proposal["id"])
        self.stage.clock.mark("accepted")
        self.stage.say("match", f"采纳：{proposal['title']}（{proposal['score']:.2f}）")

    async def end(self) -> None:
        """The citizen hangs up; the whole talk was one phase, both heard each other."""
        self.stage.noted("talk", self._since, {self.citizen: [self.agent], self.agent: [self.citizen]})
        await self.citizen.hangs_up()
        self.stage.clock.mark("hung_up")
        await self.agent.ends()


@scene("consult", "市民咨询：接听、字幕、建议、派单", spoken=True)
async def consult(stage: Stage) -> None:
    talk = await Talk.begin(stage, "consult")
    turns = talk.script.turns
    if stage.own is not None:  # the operator's own recording takes the place of all the citizen says
        turns = (
            turns[0],
            Turn(who="citizen", say=OWN, listen=True),
            *(t for t in turns[1:] if t.who == "agent"),
        )
    await talk.speak(turns)
    await talk.end()
    unit = await talk.first("unit")
    if unit:
        await talk.accept(unit)
    draft = await talk.agent.desk.get(f"/calls/{talk.call_id}/draft")
    title = draft["title"]["value"] or talk.script.title
    # The agent heard what the citizen wants, whatever the captions of a busy machine left out; of an own recording only they tell.
    wanted = draft["type"]["value"] if stage.own is not None else ""
    await file(
        stage, talk.agent, talk.call_id, title,
        type=wanted or talk.script.type,
        body=draft["body"]["value"] or talk.script.title,
        unit=unit["ref"] if unit else HOTLINE_UNIT,
    )  # fmt: skip
    stage.afterwards(lambda result: missing(result, own_recording=stage.own is not None))


def missing(result: dict[str, Any], own_recording: bool) -> list[str]:
    """What is missing or not real in the result of `consult`."""
    found = []
    call, recording, ticket = result["call"], result["recording"], result["ticket"] or {}
    if not (call and call["linkedid"] and call["answered_after_ms"] is not None and call["ended_by"]):
        found.append("the call's record is not complete")
    if recording["channels"] != 2 or recording["seconds"] < 3 or not Path(recording["path"]).is_file():
        found.append("there is no two-channel recording")
    speakers = {one["speaker"] for one in result["utterances"] if one["text"].strip()}
    if "citizen" not in speakers or ("agent" not in speakers and not own_recording):
        found.append(f"recognised speech of {', '.join(sorted(speakers)) or 'nobody'} only")
    if not own_recording:
        for name, candidates in result["proposals"].items():
            if not all(c["evidence"] for c in candidates) or not candidates:
                found.append(f"no {name} were proposed with evidence")
    if not all(ticket.get(key) for key in ("id", "unit", "due", "policy", "steps")):
        found.append("the ticket has no unit, deadline, policy or steps")
    return found


@scene("complaint", "市民投诉：先提出承办单位建议，话务员采纳后立案派单", spoken=True)
async def complaint(stage: Stage) -> None:
    talk = await Talk.begin(stage, "complaint")
    turns = talk.script.turns
    await talk.speak(turns[:2])
    unit = await talk.proposal("unit")
    await talk.accept(unit)
    ticket = await file(
        stage, talk.agent, talk.call_id, talk.script.title, type="complaint", unit=unit["ref"]
    )  # while they still talk
    await talk.speak(turns[2:])
    await talk.end()
    marks = stage.clock.marks
    stage.must(
        "the unit was proposed before the ticket was filed", marks["first_proposal"] < marks["ticket_filed"]
    )
    stage.must("the proposal is kept as accepted", (await talk.first("unit")).get("decision") == "accepted")
    stage.must("the ticket is a complaint at the unit proposed", ticket["unit_code"] == unit["ref"])
    stage.must("the ticket has a deadline", ticket["due_at"])


@scene("answered", "知识库答复：当场办结，不派单", spoken=True)
async def answered(stage: Stage) -> None:
    talk = await Talk.begin(stage, "answered")
    turns = talk.script.turns
    await talk.speak(turns[:2])
    answer = await talk.proposal("answer")
    await talk.accept(answer)
    await talk.speak(turns[2:])
    await _closed(talk, "answered", answer["ref"])
    await talk.end()
    stage.afterwards(lambda result: _closed_at_once(result, "answered"))


@scene("refused", "不予受理：说明理由，不派单", spoken=True)
async def refused(stage: Stage) -> None:
    talk = await Talk.begin(stage, "refused")
    turns = talk.script.turns
    await talk.speak(turns[:2])
    ground = await talk.proposal("refusal")
    await talk.accept(ground)
    words = next((one.words for one in house_content().grounds if one.code == ground["ref"]), "")
    stage.must(f"the agent speaks the words of the ground {ground['ref']}", words == turns[2].say)
    await talk.speak(turns[2:])
    await _closed(talk, "refused", ground["ref"])
    await talk.end()
    stage.afterwards(lambda result: _closed_at_once(result, "refused"))


CLOSED = {"answered": "直接答复", "refused": "不予受理"}


async def _closed(talk: Talk, outcome: str, ref: str) -> None:
    """The matter ends within the call."""
    await talk.agent.desk.post(
        f"/calls/{talk.call_id}/outcome", {"outcome": outcome, "ref": ref}, key=f"{talk.call_id}-{outcome}"
    )
    talk.stage.say("ticket", f"当场办结：{CLOSED[outcome]}（{ref}）")


def _closed_at_once(result: dict[str, Any], state: str) -> list[str]:
    """What does not hold of a matter that ended within the call."""
    ticket = result["ticket"]
    if ticket is None:
        return ["it is not counted as a ticket"]
    found = [] if ticket["state"] == state else [f"the ticket is {ticket['state']}"]
    found += [] if result["call"]["outcome"] == state else [f"the call is {result['call']['outcome']}"]
    return [*found, "a unit got the ticket"] if ticket["unit"] else found
