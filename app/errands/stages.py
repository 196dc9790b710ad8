"""What we say and ask in a call we placed, and after a talk: stages of the dialogue beside those of `call_desk`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing, policies
from app.errands.settle import MACHINE, tape_stem, words_stem
from app.errands.spoken import denies_contact
from app.floor import Floor
from app.journey import Journey
from app.ways import closure, feedback
from core.after_call import GRADES, Grade, Stage, Via, grade_of_key
from core.calendar import Calendar
from core.call import Bye, Instruction, Play, StepResult, TakeMessage
from core.events import Revisited
from core.policy_after import After
from store import calls, errands, events, legs, recordings, tickets
from store.tables import Call, Ticket
from tickets.lifecycle import apply
from tickets.ticket import Person

Next = tuple[Journey, str, Instruction]
StageOver = Callable[[AsyncSession, Call, Journey, StepResult], Awaitable[Next]]
ToPerson = Callable[[AsyncSession, Call, Journey], Awaitable[Next]]
MayAsk = Callable[[AsyncSession, Call], Awaitable[bool]]

CITIZEN = Person("citizen", "clock")
"""Whose grade it is; the table's law lets it in."""
KEY_S = 5.0
WORDS_MAX_S = 60
ASK_TWICE = 2
STEPS = {"greet": "play", "grade": "play", "revisit": "play", "revisit_words": "message"}
"""Our stages, and the dialplan step each is."""
STATES = {"grade": "closing", "revisit": "revisiting"}


class Dialogue:
    """`to_person`: the desk's way to a seat; `may_ask`: whether this talk is one whose intake is graded."""

    def __init__(self, floor: Floor, to_person: ToPerson, may_ask: MayAsk) -> None:
        self._floor, self._to_person, self._may_ask = floor, to_person, may_ask
        self.stages: dict[str, StageOver] = {
            "greet": self._after_greet,
            "grade": self._after_grade,
            "revisit": self._after_revisit,
            "revisit_words": self._after_words,
        }

    async def talk_over(self, session: AsyncSession, call: Call, journey: Journey) -> Next:
        """The agent left, the citizen stays: they may grade the intake (001 14), else we say goodbye."""
        rule = self._floor.policy.after.grading
        if rule is not None and rule.intake and await self._may_ask(session, call):
            return self._ask_grade(replace(journey, asked=1), ("rate-service",))
        return journey, "bye", Bye(("goodbye",))

    async def again(self, session: AsyncSession, call: Call, journey: Journey, result: StepResult) -> Next:
        """The instruction of the stage this call is in; for a call we placed its first question says that it was answered."""
        if call.direction == "out" and call.answered_at is None:
            await self._picked_up(session, call, result)
            if result.status == "MACHINE":
                return journey, "bye", Bye()
        match call.step:
            case "greet":
                return journey, "greet", Play(("callback-greeting",))
            case "grade":
                return self._ask_grade(journey, ("rate-service",))
            case "revisit":
                return self._ask_unit(journey, await self._scale(session, call))
            case _:
                return await self._words(session, call, journey, "revisit-why")

    async def _picked_up(self, session: AsyncSession, call: Call, result: StepResult) -> None:
        at = self._floor.clock()
        await calls.note(session, call.id, answered_at=at, prompts_ended_at=at, channel=result.channel)
        await legs.answered(session, call.id, "", at, result.channel)
        errand = await errands.of_out_call(session, call.id)
        if errand is not None:
            machine = {"result": MACHINE} if result.status == "MACHINE" else {"result": "answered"}
            await errands.note(session, errand.id, state="talking", **machine)
            if errand.kind == "revisit":  # kept as evidence; what the citizen says has a recording of its own
                tape = await recordings.add(session, call.id, tape_stem(call.id), at)
                await recordings.transcribed(session, tape, at, "")

    # --- a call-back ---------------------------------------------------------------------------------------------------

    async def _after_greet(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        return await self._to_person(session, call, journey)

    # --- the intake ----------------------------------------------------------------------------------------------------

    def _ask_grade(self, journey: Journey, prompts: tuple[str, ...]) -> Next:
        return journey, "grade", Play(prompts, keys=1, timeout_s=KEY_S)

    async def _after_grade(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        grade = grade_of_key(result.digits[:1])
        if grade is not None:
            await keep_grade(
                self._floor.policy.after,
                session,
                "intake",
                grade,
                "phone_key",
                self._floor.clock(),
                call_id=call.id,
            )
            return journey, "bye", Bye(("rate-thanks", "goodbye"))
        if journey.asked < ASK_TWICE:
            return self._ask_grade(replace(journey, asked=journey.asked + 1), ("sorry-retry", "rate-service"))
        return journey, "bye", Bye(("goodbye",))

    # --- the unit's work -----------------------------------------------------------------------------------------------

    def _ask_unit(self, journey: Journey, scale: Sequence[Grade], before: tuple[str, ...] = ()) -> Next:
        asked = replace(journey, asked=journey.asked + 1)
        prompt = "revisit-ask" if len(scale) == len(GRADES) else "revisit-ask-two"
        return asked, "revisit", Play((*before, prompt), keys=1, timeout_s=KEY_S)

    async def _scale(self, session: AsyncSession, call: Call) -> Sequence[Grade]:
        """The grades of the city whose rules the ticket runs under."""
        errand = await errands.of_out_call(session, call.id)
        if errand is None or errand.ticket_id is None:
            return self._floor.policy.after.grades
        return filing.policy_of(self._floor, await tickets.get(session, errand.ticket_id)).after.grades

    async def _after_revisit(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        scale, rule = await self._scale(session, call), self._floor.policy.after.revisit
        grade = grade_of_key(result.digits[:1], scale)
        speech = rule is not None and rule.speech
        if grade is not None:
            await self._unit_graded(session, call, grade)
            if speech and grade in ("dissatisfied", "very_dissatisfied"):
                return await self._words(session, call, journey, "revisit-why")
            return journey, "bye", Bye(("rate-thanks", "goodbye"))
        if not result.digits and speech:
            return await self._words(session, call, journey, "revisit-speak")
        if journey.asked < ASK_TWICE:
            return self._ask_unit(journey, scale, ("sorry-invalid",))
        return journey, "bye", Bye(("goodbye",))

    async def _unit_graded(self, session: AsyncSession, call: Call, grade: Grade) -> None:
        errand = await errands.of_out_call(session, call.id)
        if errand is not None and errand.ticket_id:
            at = self._floor.clock()
            ids: dict[str, Any] = {"call_id": call.id, "ticket_id": errand.ticket_id}
            await keep_grade(self._floor.policy.after, session, "unit", grade, "phone_key", at, **ids)

    async def _words(self, session: AsyncSession, call: Call, journey: Journey, prompt: str) -> Next:
        stem = words_stem(call.id)
        await recordings.add(session, call.id, stem, self._floor.clock())
        return journey, "revisit_words", TakeMessage((prompt,), stem, WORDS_MAX_S)

    async def _after_words(
        self, session: AsyncSession, call: Call, journey: Journey, result: StepResult
    ) -> Next:
        return journey, "bye", Bye(("rate-thanks", "goodbye"))


async def keep_grade(
    after: After,
    session: AsyncSession,
    stage: Stage,
    grade: Grade,
    via: Via,
    at: datetime,
    *,
    call_id: str = "",
    ticket_id: str = "",
    contacted: bool | None = None,
    words: str = "",
    solved: bool | None = None,
) -> bool:
    """A grade with its events, in the caller's transaction; False where one was given before, which stays.

    contacted: whether the citizen says that the unit spoke with them; solved: that the matter is solved; None where they were not
    asked. words: theirs. All kept with the step; that nobody spoke with them is flagged also where the grade came before.
    """
    ticket = await tickets.get(session, ticket_id) if stage == "unit" and ticket_id else None
    rounds = int(ticket.clock.get("redone", 0)) if ticket else 0
    ids = {"call_id": call_id, "ticket_id": ticket_id}
    first = await feedback.keep_once(after, session, stage, grade, via, at, rounds, **ids)
    if ticket is not None and contacted is False:
        await closure.denied(session, ticket, via, words, at, noted=True)
    if not first:
        return False
    if ticket is not None:
        said = {"contacted": contacted, "solved": solved, "note": words or None}
        asked = {name: value for name, value in said.items() if value is not None}
        await _revisited(session, ticket, grade, via, at, asked)
        if denies_contact(words):
            await closure.denied(session, ticket, via, words, at)
        await feedback.graded(session, ticket, grade, words, at)
    return True


async def _revisited(
    session: AsyncSession, ticket: Ticket, grade: Grade, via: Via, at: datetime, asked: dict[str, Any]
) -> None:
    """The ticket's own step; one that is no longer `resolved` keeps the fact alone. No clock runs then: no calendar is asked."""
    if ticket.state != "resolved":
        await events.append(session, Revisited(at, ticket.id, grade, ticket.unit_code), "citizen")
        return
    rules = policies.load(ticket.policy or "demo")
    done = apply(
        filing.as_ticket(ticket), "revisit", CITIZEN, at, rules, Calendar(), grade=grade, via=via, **asked
    )
    await filing.save_step(session, ticket, done, CITIZEN.id)
