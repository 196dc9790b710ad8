"""A hotline with two counties, and what each of its people owns: the stage of the matrix test."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.call import Arrival
from core.divisions import Division, Tree
from core.events import TicketFiled
from core.quality import QualityChecked
from core.rights import TABLE, Right, Role
from store import (
    accountability,
    attachments,
    callers,
    calls,
    enterprise,
    errands,
    events,
    grades,
    holds,
    knowledge,
    lookups,
    messages,
    notices,
    orders,
    precedents,
    probes,
    proposals,
    quality,
    recordings,
    releases,
    tickets,
    transfers,
    users,
)
from store.tables import Supervision, Unit
from tests.api.conftest import KEPT, World

CITY, NORTH, SOUTH = "431000", "431021", "431022"
TREE = Tree(
    [Division(CITY, "郴州市", "city"), Division(NORTH, "桂阳县", "county", CITY),
     Division(SOUTH, "宜章县", "county", CITY)],
    CITY,
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Who tries. `division` None: the whole house."""

    login: str
    role: Role
    unit: str | None = None
    division: str | None = None


@dataclass
class Owned:
    """One object of a kind. `ids`: what a path may ask for, by the parameter's name."""

    kind: str
    id: str
    unit: str | None = None
    division: str | None = None
    owner: str = ""
    ids: dict[str, str] = field(default_factory=dict)


PEOPLE = (
    Person("admin", "admin"), Person("boss", "supervisor"), Person("office", "office"), Person("audit", "auditor"),
    Person("li", "agent"), Person("tax", "expert"), Person("water", "unit", "SW"), Person("head", "leader", "SW"),
    Person("roads", "unit", "JT"),
    *(Person(f"north-{role}", role, None, NORTH) for role in ("supervisor", "office", "auditor", "admin", "agent")),
)  # fmt: skip


def reaches(right: Right, who: Person, what: Owned) -> bool:
    """What the table says, worked out without SQL."""
    match TABLE[right][who.role]:
        case "all":
            return True
        case "division":
            return who.division is None or TREE.within(what.division, who.division)
        case "unit":
            return what.unit == who.unit
        case _:
            return what.owner == who.login


async def stage(world: World) -> dict[str, list[Owned]]:
    """Two counties' units, three agents' calls and all that hangs on them; by kind."""
    at = datetime.now(UTC)
    world.app.state.parts = replace(world.app.state.parts, divisions=TREE)
    async with world.database.session() as session:
        for code, division in (("SW", NORTH), ("JT", SOUTH)):
            unit = await session.get_one(Unit, code)
            unit.division = division
        for who in PEOPLE:
            if who.login not in world.user_ids:
                made = await users.add(
                    session, who.login, who.login, who.role, KEPT, at, who.unit, who.division
                )
                world.user_ids[who.login] = made.id
        await session.flush()
        await knowledge.keep_register(session, at, "seed")
        owners = (("li", "SW", NORTH), ("wang", "JT", SOUTH), ("tax", "SW", NORTH))
        sets = [await _set(session, world, n, *owner) for n, owner in enumerate(owners)]
    found: dict[str, list[Owned]] = {}
    for one in (owned for made in sets for owned in made):
        found.setdefault(one.kind, []).append(one)
    return found


KIN = (("assist", "dispatched", False), ("descent", "dispatched", True), ("supervision", "dispatched", False))
"""Relation, state, whether it is confidential: children of a ticket of SW that JT has."""


async def kin(world: World) -> tuple[str, dict[str, str], str]:
    """A ticket of SW's, its children by relation that JT has, and a child of one of those that nobody's unit has to do with SW."""
    made, at = {}, datetime.now(UTC)
    async with world.database.session() as session:

        async def one(key: str, unit: str, **more: Any) -> str:
            given: dict[str, Any] = {
                "state": "dispatched",
                "title": "停水",
                "body": "张三丰 13812345678 停水",
                **more,
            }
            new = tickets.NewTicket(
                type="help", filed_by="user_x", filed_at=at, policy="demo", policy_hash="abc", request_key=key,
                caller="13812345678", citizen_name="张三丰", unit_code=unit, **given,
            )  # fmt: skip
            row, _ = await tickets.file(session, new, [], "user_x")
            return row.id

        lead = await one("lead", "SW")
        for relation, state, secret in KIN:
            more = {"parent_id": lead, "relation": relation, "state": state, "confidential": secret}
            made[relation] = await one(relation, "JT", **more)
        session.add(Unit(code="XX", name="村里"))
        await session.flush()
        below = await one("below", "XX", parent_id=made["descent"], relation="descent")
    return lead, made, below


async def _set(
    session: AsyncSession, world: World, n: int, owner: str, unit: str, division: str
) -> list[Owned]:
    at, number = datetime.now(UTC), f"1390000000{n}"
    arrival = Arrival(f"matrix.{n}", f"PJSIP/trunk-m{n}", "12345", number, at)
    call_id, _ = await calls.add_call(session, arrival, answered_at=at)
    await calls.change(session, call_id, state="ended", user_id=world.user_ids[owner], ended_at=at)
    await proposals.add_round(session, call_id, [proposals.Proposed("unit", unit, unit, 0.9, True, [])], at)
    stem = f"matrix-{n}"
    recording_id = await recordings.add(session, call_id, stem, at)
    done = ("one.wav", 2, 8000, 1.0, "ab" * 32)
    await recordings.settle(session, [recordings.Outcome(recording_id, call_id, "ready", None, *done)])
    new = tickets.NewTicket(
        type="help", title="停水", body="停水", state="dispatched", filed_by="user_x", filed_at=at, policy="demo",
        policy_hash="abc", caller=number, citizen_name="张三", call_id=call_id, unit_code=unit,
    )  # fmt: skip
    await tickets.file(session, new, [], "user_x")
    await events.append(session, TicketFiled(at, new.id, call_id, "help"), "user_x")
    attached = await attachments.add(
        session, new.id, attachments.NewAttachment("photo", b"one", "citizen", 1, 1), at
    )
    message = await messages.add(session, "voicemail", number, at, call_id=call_id, recording=stem)
    assert message is not None
    wish = errands.Wish("revisit", new.id, number, "12345", at, call_id=call_id, ticket_id=new.id)
    errand_id = await errands.add(session, wish, at)
    notice = notices.NewNotice("card", "sms", f"matrix/{n}", number, "黄牌", at, ticket_id=new.id)
    await notices.add(session, notice, at)
    phone = await probes.add_phone(session, unit, "fixed", f"0735700000{n}", "张三", at)
    order = orders.NewOrder(new.id, new.id, unit, "other", None, "001 18(四)", "user_x", at, None)
    await orders.open_order(session, order)
    await precedents.add(session, unit, "停水", "三定方案", "office", new.id, "user_x", at)
    *_, precedent = await precedents.of_unit(session, unit)
    case = accountability.NewCase(f"m{n}", f"m{n}", ("reported",), [], unit, at, (), "核实", new.id, "user_x")
    await accountability.keep(session, case, at)
    kept = await accountability.by_key(session, f"m{n}")
    assert kept is not None
    await _supervised(session, n, call_id, world, at)
    found = {"rule": "greeting", "name": "问候", "passed": True, "applied": True}
    await quality.keep_check(session, 0, {}, [found], QualityChecked(at, call_id, 0, 100, ()))
    week, day = at + timedelta(days=7), at + timedelta(days=1)
    block = await callers.block(session, number, "harassment", "骚扰", "user_x", at, week, day, call_id)
    cared = await callers.care_for(session, number, "elderly", "本人告知", "user_x", at)
    hold_id = await holds.place(session, "ticket", new.id, "公安调取", "user_x", at)
    await grades.add(session, "unit", "satisfied", "phone_key", at, ticket_id=new.id)
    await knowledge.told(session, "art_water", "user_x", at, call_id=call_id, ticket_id=None)
    await lookups.note(session, "user_x", "ticket.look", new.id, at, "核实")
    asked = releases.Asked("ticket", new.id, "督查室", "督查", at + timedelta(days=7))
    release_id = await releases.ask(session, asked, world.user_ids[owner], at)
    facts = {"enterprise": "某公司", "matter": "停水", "ticket_id": new.id, "unit_code": unit}
    item = await enterprise.enter(session, world.user_ids[owner], at, call_id=call_id, **facts)
    ids: dict[str, Any] = {
        "call_id": call_id, "ticket_id": new.id, "attachment_id": attached, "recording_id": recording_id, "message_id": message.id,
        "errand_id": errand_id, "notice_id": notice.id, "phone_id": phone.id, "code": unit, "transfer_id": f"tr_m{n}",
        "order_id": order.id, "case_id": kept.id, "item_id": item.id, "precedent_id": precedent.id, "number": f"n{n}", "supervision_id": f"sup_m{n}", "tag": "silent", "release_id": release_id,
        "block_id": block.id, "care_id": cared.id, "hold_id": hold_id, "caller": number,
        "proposal_id": (await proposals.latest(session, call_id))[0].id,
    }  # fmt: skip
    kinds = {
        "call": "call_id", "ticket": "ticket_id", "recording": "recording_id", "message": "message_id",
        "errand": "errand_id", "notice": "notice_id", "phone": "phone_id", "unit": "code",
        "order": "order_id", "case": "case_id", "release": "release_id",
        "enterprise": "item_id", "block": "block_id", "care": "care_id", "hold": "hold_id", "precedent": "precedent_id",
    }  # fmt: skip
    return [Owned(kind, ids[name], unit, division, owner, ids) for kind, name in kinds.items()]


async def _supervised(session: AsyncSession, n: int, call_id: str, world: World, at: datetime) -> None:
    await transfers.add(
        session, id=f"tr_m{n}", call_id=call_id, how="consult", kind="line", ref="12366", name="税务", number="12366",
        endpoint="", role="expert", leg_id=f"leg_m{n}", state="over", place="gone", requested_at=at, ended_at=at,
    )  # fmt: skip
    session.add(
        Supervision(
            id=f"sup_m{n}", call_id=call_id, seat_id="8002", user_id=world.user_ids["boss"],
            agent_seat="8001", mode="listen", state="ended", started_at=at, ended_at=at,
        )
    )  # fmt: skip
