"""What happened on the floor becomes sheets: scored from the store, frozen, appealed against, scored again; on both databases."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.actor import Actor
from api.assess_house import Asked, FindingAsk, RulingAsk
from api.house import TicketDraft
from api.order_house import OrderAsk, PublicationDeed
from app import policies
from app.assessment.again import scored_again
from app.assessment.desk import AssessDesk
from app.desk_house import FloorHouse
from app.ways.repeats import TicketRepeated
from core.divisions import Division, Tree
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.events import AttitudeMarked
from core.knowledge import GapDismissed, GapOverdue, UploadedLate
from core.policy import Policy, hashed
from core.reachability import FairUse
from core.rights import EVERYTHING
from core.unit_register import Person, UnitEntry
from store import calls, findings, frozen, orders, probes, tickets, transfers, units
from store.errors import AppendOnly
from store.events import append
from store.tables import FrozenSheet, Line, Unit
from tests.app.place import Place
from tests.tickets.desk import at

pytestmark = pytest.mark.service
UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"
OCTOBER = Asked("2026-10")
OURS = Asked("2026-10", unit=UNIT)


def rules(**changes: Any) -> Policy:
    raw = policies.load("yanji").model_dump(mode="json", by_alias=True)
    within = {"value": 5, "unit": "working_days", "clause": "002 附五(二)", "note": "市热线管理办公室定"}
    raw["assessment"] |= {"appeal_within": within} | changes
    return Policy.model_validate(raw)


class Office:
    """A floor under Yanji's rules, its office, and one unit that works."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.floor.policy = rules()
        self.house = FloorHouse(place.floor, place.switch)
        self.desk: AssessDesk = self.house.assessment
        self.office = self.second = self.unit = self.other = Actor("", "", "", "office")

    async def open(self) -> "Office":
        await self.place.registers()
        self.office = await self.place.person("rexian", "office")
        self.second = await self.place.person("fuhe", "office")
        self.unit = await self.place.person("renshe", "unit", UNIT)
        self.other = await self.place.person("chengguan", "unit", OTHER)
        return self

    def now(self, when: str) -> None:
        self.place.clock.now = at(when)

    async def file(self, when: str, key: str, unit: str = UNIT) -> str:
        self.now(when)
        draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=unit, caller="13812345678")
        return await self.house.file_ticket(self.office, draft, key)

    async def do(self, when: str, who: Actor, ticket_id: str, deed: str, **facts: Any) -> None:
        self.now(when)
        async with self.place.database.reading() as session:
            version = (await tickets.get(session, ticket_id)).version
        await self.house.act_on_ticket(who, ticket_id, version, deed, facts)

    async def sheet(self, asked: Asked = OURS) -> dict[str, Any]:
        (found,) = await self.desk.sheets(self.office, asked)
        return found

    async def late_ticket(self, key: str = "k1") -> str:
        """Signed after 90 minutes, settled in time, graded."""
        ticket = await self.file("2026-10-12T09:00", key)
        await self.do("2026-10-12T10:30", self.unit, ticket, "sign")
        await self.do("2026-10-13T09:00", self.unit, ticket, "reply", result="已补发", talk="已电话告知")
        await self.do("2026-10-13T10:00", self.office, ticket, "resolve")
        await self.do("2026-10-14T09:00", self.office, ticket, "revisit", grade="satisfied")
        return ticket


@pytest.fixture
async def hotline(place: Place) -> Office:
    return await Office(place).open()


async def test_a_ticket_of_an_earlier_month_withdrawn_after_its_deadline_is_still_the_units_lapse(
    hotline: Office,
) -> None:
    ticket = await hotline.file("2026-09-30T09:00", "k1")  # its term ends in October
    await hotline.do("2026-09-30T09:30", hotline.unit, ticket, "sign")
    await hotline.do("2026-10-20T09:00", hotline.office, ticket, "withdraw", reason="诉求人撤回")
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    changes = {c["key"]: c["case"] for item in found["items"] for c in item["changes"]}
    assert changes[f"on_time:{ticket}"] == "undone"


def lost(sheet: dict[str, Any]) -> dict[str, str]:
    return {item["item"]: item["points"] for item in sheet["items"] if item["points"] != item["full"]}


HOUSE = {"leaders", "staff", "rules", "procedure"}
"""What a unit without an entry in the register and without documents lacks."""


def worked(sheet: dict[str, Any]) -> dict[str, str]:
    """Without those."""
    return {name: points for name, points in lost(sheet).items() if name not in HOUSE}


async def test_a_return_after_a_site_check_costs_the_unit_nothing_within_two_working_days(
    hotline: Office,
) -> None:
    looked = {"on_site": True, "evidence": "10月13日到工地查看，属城管范围"}
    for key, claim in (("k1", looked), ("k2", {})):
        ticket = await hotline.file("2026-10-12T09:00", key)
        await hotline.do("2026-10-12T09:30", hotline.unit, ticket, "sign")
        await hotline.do("2026-10-14T09:00", hotline.unit, ticket, "return", reason="不属本单位", **claim)
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    (change,) = next(item for item in found["items"] if item["item"] == "return")["changes"]
    assert change["key"] == f"return:{ticket}"  # the one that claimed no site check
    assert worked(found)["return"] == "2.50"


async def test_a_ticket_lived_through_on_the_floor_is_scored_with_its_events(hotline: Office) -> None:
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    assert worked(found) == {"sign": "2.50"}
    (change,) = next(item for item in found["items"] if item["item"] == "sign")["changes"]
    assert (change["key"], change["clause"], len(change["events"])) == (f"sign:{ticket}", "002 附五(一)1", 2)
    assert all(event.startswith("ev_") for event in change["events"])
    assert found["numbers"][ticket].startswith("20261012-")
    assert (found["points"], found["full"], found["policy_hash"]) == (
        "71.50",
        "72.00",
        hotline.place.floor.policy.hash,
    )


async def test_pressing_a_repeat_and_an_order_on_site_are_read_from_their_events(hotline: Office) -> None:
    ticket = await hotline.file("2026-10-12T09:00", "k1")
    await hotline.do("2026-10-12T09:30", hotline.unit, ticket, "sign")
    hotline.now("2026-10-13T09:00")
    async with hotline.place.database.session() as session:
        for name, count, judged in (("tkt_again", 1, None), ("tkt_stranger", 0, None)):
            told = TicketRepeated(
                hotline.place.clock(), name, ticket, UNIT, count, "merge", 1.0, reasonable=judged
            )
            await append(session, told, "repeats")
    await hotline.do("2026-10-15T09:00", hotline.office, ticket, "press", way="phone")
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    changes = {
        (c["case"], c["subject"]): len(c["events"]) for item in found["items"] for c in item["changes"]
    }
    assert changes[("repeated", "tkt_again")] == 1
    assert ("repeated", "tkt_stranger") not in changes
    assert changes[("pressed_overdue", ticket)] == 2


async def test_what_was_done_in_the_month_before_its_term_ended_is_in_the_rate_of_the_month_of_its_term(
    hotline: Office,
) -> None:
    ticket = await hotline.file("2026-09-29T09:00", "k1")  # its term ends in October
    await hotline.do("2026-09-29T09:30", hotline.unit, ticket, "sign")
    await hotline.do("2026-09-29T10:00", hotline.unit, ticket, "reply", result="已补发", talk="已电话告知")
    await hotline.do("2026-09-29T11:00", hotline.office, ticket, "resolve")
    await hotline.do("2026-09-30T09:00", hotline.office, ticket, "revisit", grade="satisfied")
    hotline.now("2026-11-10T09:00")
    told = {one.unit: one for _, one in await hotline.house.orders.bulletin(hotline.office, "2026-10")}
    assert (told[UNIT].received, told[UNIT].on_time) == (0, 1)


async def ordered(hotline: Office, when: str, ticket: str, until: str) -> str:
    """A supervision order about a ticket, answered within the hour; its own ticket."""
    hotline.now(when)
    ask = OrderAsk((UNIT,), "other", until=at(until))
    (made,) = await hotline.house.orders.open(hotline.office, ticket, ask, f"order-{ticket}")
    async with hotline.place.database.reading() as session:
        order = (await orders.get(session, made)).ticket_id
    await hotline.do(when, hotline.unit, order, "sign")
    await hotline.do(when, hotline.unit, order, "reply", result="正在办理", talk="已电话告知")
    return order


async def test_an_order_answered_in_an_earlier_month_still_pressed_what_is_overdue_in_this_one(
    hotline: Office,
) -> None:
    ticket = await hotline.file("2026-09-29T09:00", "k1")  # its term ends in October
    await hotline.do("2026-09-29T09:30", hotline.unit, ticket, "sign")
    order = await ordered(hotline, "2026-09-29T10:00", ticket, "2026-09-30T00:00")
    await hotline.do("2026-09-29T11:00", hotline.office, order, "resolve")
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    urging = next(item for item in found["items"] if item["item"] == "urging")["changes"]
    assert [(one["case"], one["subject"], len(one["events"])) for one in urging] == [
        ("pressed_overdue", ticket, 2)
    ]


async def test_a_ticket_nobody_answered_costs_its_unit_and_no_other(hotline: Office) -> None:
    await hotline.file("2026-10-12T09:00", "k1")
    await hotline.late_ticket("k2")
    hotline.now("2026-11-10T09:00")
    by_unit = {sheet["unit"]: sheet for sheet in await hotline.desk.sheets(hotline.office, OCTOBER)}
    assert worked(by_unit[UNIT]) == {
        "sign": "2.00",
        "on_time": "27.00",
        "reply": "2.50",
        "satisfaction": "5.05",
    }
    assert worked(by_unit[OTHER]) == {}


async def test_a_finding_about_a_ticket_says_which(hotline: Office) -> None:
    ticket = await hotline.file("2026-10-12T09:00", "k1")
    hotline.now("2026-10-21T09:00")
    when = at("2026-10-20T10:00")
    ask = FindingAsk(UNIT, "criticised", when, "办理不力被通报", ("通报〔2026〕3号",), ticket)
    await hotline.desk.review(
        hotline.second, await hotline.desk.enter(hotline.office, ask), "confirmed", "属实"
    )
    found = await hotline.sheet()
    (change,) = next(item for item in found["items"] if item["item"] == "service")["changes"]
    assert found["tickets"][change["subject"]] == ticket
    assert found["numbers"][ticket].startswith("20261012-")


async def test_register_documents_probes_and_marks_are_counted(hotline: Office) -> None:
    place = hotline.place
    hotline.now("2026-10-02T09:00")
    entry = UnitEntry(UNIT, "信访科", people=(Person("leader", "王局"), Person("handler", "李科员")))
    async with place.database.session() as session:
        await units.put(session, entry, None, hotline.office.id, place.clock(), Tree(), "登记")
    for kind in ("rules_document", "procedure_document"):
        ask = FindingAsk(UNIT, kind, place.clock(), "人社局热线工作规定", ("规定.pdf sha256:ab",))  # type: ignore[arg-type]
        await hotline.desk.review(
            hotline.second, await hotline.desk.enter(hotline.office, ask), "confirmed", ""
        )
    hotline.now("2026-10-20T09:00")
    async with place.database.session() as session:
        phone = await probes.add_phone(session, UNIT, "leader", "13900000001", "王局", place.clock())
        for n in range(3):
            moment = place.clock() + timedelta(minutes=20 * n)
            await probes.ask(session, phone.id, "clock", moment, FairUse())
            claimed = await probes.claim(session, moment)
            assert claimed
            await probes.settle(session, claimed[0].id, "no_answer", 19, 20.0, moment)
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    assert lost(found) == {"mobiles": "1.50"}
    (change,) = next(item for item in found["items"] if item["item"] == "mobiles")["changes"]
    assert len(change["events"]) == 3
    assert all(event.startswith("ev_") for event in change["events"])


async def test_a_finding_counts_when_a_second_person_has_confirmed_it(hotline: Office) -> None:
    hotline.now("2026-10-21T09:00")
    ask = FindingAsk(UNIT, "criticised", at("2026-10-20T10:00"), "办理不力被通报", ("通报〔2026〕3号",))
    finding = await hotline.desk.enter(hotline.office, ask)
    assert worked(await hotline.sheet()) == {}
    with pytest.raises(NotAllowed, match="另一人"):
        await hotline.desk.review(hotline.office, finding, "confirmed", "")
    await hotline.desk.review(hotline.second, finding, "confirmed", "属实")
    assert worked(await hotline.sheet()) == {"service": "3.00"}
    with pytest.raises(Conflict):
        await hotline.desk.review(hotline.second, finding, "rejected", "")
    await hotline.desk.review(hotline.office, finding, "withdrawn", "撤销通报")
    assert worked(await hotline.sheet()) == {}
    async with hotline.place.database.reading() as session:
        assert (await findings.get(session, finding)).state == "withdrawn"


@pytest.mark.parametrize(
    "ask",
    [
        FindingAsk(UNIT, "praised", at("2026-10-20T10:00"), "报道", ()),
        FindingAsk(UNIT, "praised", at("2026-12-20T10:00"), "报道", ("日报",)),
        FindingAsk("nobody", "praised", at("2026-10-20T10:00"), "报道", ("日报",)),
        FindingAsk(UNIT, "praised", at("2026-10-20T10:00"), "报道", ("日报",), "tkt_nowhere"),
    ],
)
async def test_a_finding_needs_evidence_a_unit_and_a_past(hotline: Office, ask: FindingAsk) -> None:
    hotline.now("2026-10-21T09:00")
    with pytest.raises((BadInput, NotFound)):
        await hotline.desk.enter(hotline.office, ask)


async def test_a_ruling_excuses_and_is_shown(hotline: Office) -> None:
    await hotline.late_ticket()
    ask = RulingAsk("", ("sign",), at("2026-10-12T09:10"), at("2026-10-12T10:20"), "平台升级中断")
    ruling = await hotline.desk.rule(hotline.office, ask)
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    assert worked(found) == {}
    (change,) = next(item for item in found["items"] if item["item"] == "sign")["changes"]
    assert (change["points"], change["excused"]) == ("0.00", f"平台升级中断（认定 {ruling}）")


async def test_a_ruling_of_the_month_before_excuses_what_became_due_in_this_one(hotline: Office) -> None:
    ticket = await hotline.file("2026-10-31T23:30", "k1")  # to be signed by 00:30 on 1 November
    await hotline.do("2026-11-01T00:50", hotline.unit, ticket, "sign")
    ask = RulingAsk("", ("sign",), at("2026-10-31T23:20"), at("2026-10-31T23:55"), "平台故障")
    await hotline.desk.rule(hotline.office, ask)
    hotline.now("2026-12-10T09:00")
    found = await hotline.sheet(Asked("2026-11", unit=UNIT))
    (change,) = next(item for item in found["items"] if item["item"] == "sign")["changes"]
    assert (change["points"], change["excused"][:4]) == ("0.00", "平台故障")


async def entered(hotline: Office, when: str, section: str, *handlers: str) -> None:
    """The unit's entry in the register from then on."""
    hotline.now(when)
    people = (Person("leader", "王局"), *(Person("handler", name) for name in handlers))
    async with hotline.place.database.session() as session:
        known = await session.get(Unit, UNIT)
        assert known
        entry, version = UnitEntry(UNIT, section, people=people), known.version
        await units.put(session, entry, version, hotline.office.id, hotline.place.clock(), Tree(), "登记")


async def test_the_register_is_read_as_it_stood_at_the_moment_the_sheet_is_of(hotline: Office) -> None:
    await entered(hotline, "2026-10-02T09:00", "信访科", "李科员")
    await entered(hotline, "2026-10-18T09:00", "办公室", "李科员")
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet(Asked("2026-10", unit=UNIT, as_of=at("2026-10-15T09:00")))
    assert {item["item"]: item["points"] for item in found["items"] if item["item"] in ("leaders", "staff")} == {
        "leaders": "2.00", "staff": "2.00",
    }  # fmt: skip


async def test_each_quarter_of_a_year_is_judged_by_the_register_as_it_stood_at_its_own_end(
    hotline: Office,
) -> None:
    await hotline.file("2026-01-05T09:00", "k1")
    await entered(hotline, "2026-04-02T09:00", "信访科", "李科员")
    await entered(hotline, "2026-08-18T09:00", "", "李科员", "张科员")
    await entered(hotline, "2026-12-20T09:00", "信访科")
    hotline.now("2027-01-05T09:00")
    items = {one["item"]: one["parts"] for one in (await hotline.sheet(Asked("2026", unit=UNIT)))["items"]}
    assert {name: list(items[name].values()) for name in ("leaders", "staff")} == {
        "leaders": ["0.00", "2.00", "0.00", "2.00"], "staff": ["0.00", "2.00", "2.00", "0.00"],
    }  # fmt: skip
    for quarter in ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"):
        own = {
            one["item"]: one["points"] for one in (await hotline.sheet(Asked(quarter, unit=UNIT)))["items"]
        }
        assert [own[name] for name in ("leaders", "staff")] == [
            items["leaders"][quarter],
            items["staff"][quarter],
        ]


async def test_a_frozen_sheet_stands_and_comes_out_the_same_from_its_own_facts(hotline: Office) -> None:
    await hotline.late_ticket()
    hotline.now("2026-10-20T09:00")
    with pytest.raises(BadInput, match="尚未结束"):
        await hotline.desk.freeze(hotline.office, OCTOBER, "")
    hotline.now("2026-11-05T09:00")
    (first,) = await hotline.desk.freeze(hotline.office, Asked("2026-10", unit=UNIT), "月通报")
    hotline.now("2026-11-06T09:00")
    assert await hotline.desk.freeze(hotline.office, Asked("2026-10", unit=UNIT), "") == [first]
    made = await hotline.desk.again(hotline.office, first)
    assert (made["same"], made["intact"], made["differences"], made["points"]) == (True, True, [], "71.50")


async def test_rules_frozen_with_points_that_nothing_read_are_still_scored_by(hotline: Office) -> None:
    await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    (first,) = await hotline.desk.freeze(hotline.office, OURS, "月通报")
    async with hotline.place.database.reading() as session:
        row = await frozen.get(session, first)
        body = dict((await frozen.rules(session, row.policy_hash)).body)
    body["repeats"] = {**body["repeats"], "deduct": {"value": "0.5", "clause": "002 附五(一)8"}}
    row.policy_hash = hashed(body)
    assert scored_again(row, body)["same"]


async def test_what_comes_to_light_later_makes_a_new_version_with_what_moved(hotline: Office) -> None:
    await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    asked = Asked("2026-10", unit=UNIT)
    (first,) = await hotline.desk.freeze(hotline.office, asked, "")
    ask = FindingAsk(UNIT, "attitude", at("2026-10-20T10:00"), "三方通话中推诿", ("rec_1",))
    await hotline.desk.review(hotline.second, await hotline.desk.enter(hotline.office, ask), "confirmed", "")
    (second,) = await hotline.desk.freeze(hotline.office, asked, "补计")
    async with hotline.place.database.reading() as session:
        old, new = await frozen.get(session, first), await frozen.get(session, second)
        standing = await frozen.standing(session, ["yanji"], ["2026-10"])
    assert (old.version, new.version, [row.id for row in standing]) == (1, 2, [second])
    assert lost(old.sheet).get("service") is None
    assert lost(new.sheet)["service"] == "7.00"
    assert {one["what"] for one in new.changes} == {"item.service", "case.service"}
    assert (await hotline.desk.again(hotline.office, first))["same"]
    async with hotline.place.database.session() as session:
        row = await session.get(FrozenSheet, first)
        assert row
        row.points = "72"
        with pytest.raises(AppendOnly):
            await session.flush()
        await session.rollback()


async def test_a_unit_appeals_and_a_granted_appeal_is_struck_in_the_next_version(hotline: Office) -> None:
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    asked = Asked("2026-10", unit=UNIT)
    (first,) = await hotline.desk.freeze(hotline.office, asked, "")
    key = f"sign:{ticket}"
    hotline.now("2026-11-06T09:00")
    with pytest.raises(NotFound):
        await hotline.desk.appeal(hotline.other, first, key, "不是我们", ())
    with pytest.raises(BadInput, match="没有可申诉"):
        await hotline.desk.appeal(hotline.unit, first, "sign:tkt_x", "没有这件", ())
    appeal = await hotline.desk.appeal(hotline.unit, first, key, "当日平台故障", ("截图.png",))
    with pytest.raises(Conflict):
        await hotline.desk.appeal(hotline.unit, first, key, "再说一次", ())
    await hotline.desk.decide(hotline.second, appeal, "granted", "故障属实")
    with pytest.raises(Conflict):
        await hotline.desk.decide(hotline.second, appeal, "refused", "又不是")
    (second,) = await hotline.desk.freeze(hotline.office, asked, "申诉")
    async with hotline.place.database.reading() as session:
        row = await frozen.get(session, second)
    assert (row.version, row.points) == (2, "72.00")
    assert [one["what"] for one in row.changes] == ["points", "item.sign", "case.sign"]
    assert (await hotline.desk.again(hotline.office, second))["same"]
    with pytest.raises(Conflict, match="新版本"):
        await hotline.desk.appeal(hotline.unit, first, key, "对旧版本", ())


async def test_where_rates_are_assessed_a_ticket_that_misses_any_of_them_can_be_appealed(
    hotline: Office,
) -> None:
    raw = policies.load("chenzhou").model_dump(mode="json", by_alias=True)
    raw["assessment"]["appeal_within"] = {"value": 5, "unit": "working_days", "clause": "003 二.8"}
    floor, city = hotline.place.floor, Policy.model_validate(raw)
    floor.policy = city
    desk = AssessDesk(floor.database, city, floor.calendar, floor.divisions, floor.clock)
    ticket = await hotline.file("2026-10-12T09:00", "k1")
    until = at("2026-10-14T00:00")
    await hotline.do("2026-10-12T09:10", hotline.office, ticket, "set_term", term="set", until=until)
    hotline.now("2026-11-05T09:00")
    asked = Asked("2026-10", unit=UNIT)
    (first,) = await desk.freeze(hotline.office, asked, "定稿")
    names = ("response", "on_time", "solved", "satisfaction")
    for name in names:
        appeal = await desk.appeal(hotline.unit, first, f"{name}:{ticket}", "非本单位责任", ("函件",))
        await desk.decide(hotline.second, appeal, "granted", "属实")
    (second,) = await desk.freeze(hotline.office, asked, "申诉")
    async with hotline.place.database.reading() as session:
        rows = [await frozen.get(session, one) for one in (first, second)]
    assert [[(s["good"], s["of"]) for s in row.sheet["shares"]] for row in rows] == [
        [(0, 1)] * 4,
        [(0, 0)] * 4,
    ]
    assert (await desk.again(hotline.office, second))["same"]


async def test_the_window_for_appeals_closes_and_must_be_set(hotline: Office) -> None:
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")  # Thursday: five working days end on the 12th, 24:00
    (first,) = await hotline.desk.freeze(hotline.office, Asked("2026-10", unit=UNIT), "")
    hotline.now("2026-11-13T00:00")
    with pytest.raises(NotAllowed, match="届满"):
        await hotline.desk.appeal(hotline.unit, first, f"sign:{ticket}", "迟了", ())
    floor = hotline.place.floor
    unset = AssessDesk(floor.database, policies.load("yanji"), floor.calendar, floor.divisions, floor.clock)
    with pytest.raises(NotAllowed, match="appeal_within"):
        await unset.appeal(hotline.unit, first, f"sign:{ticket}", "未设期限", ())


async def test_a_quarter_takes_its_frozen_months(hotline: Office) -> None:
    await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    await hotline.desk.freeze(hotline.office, Asked("2026-10", unit=UNIT), "")
    await hotline.desk.rule(
        hotline.office, RulingAsk("", ("sign",), at("2026-10-12T09:10"), at("2026-10-12T10:20"), "后来认定")
    )
    hotline.now("2027-01-08T09:00")
    quarter = await hotline.sheet(Asked("2026-Q4", unit=UNIT))
    sign = next(item for item in quarter["items"] if item["item"] == "sign")
    assert sign["parts"] == {"2026-10": "2.50", "2026-11": "3.00", "2026-12": "3.00"}
    (frozen_quarter,) = await hotline.desk.freeze(hotline.office, Asked("2026-Q4", unit=UNIT), "")
    assert (await hotline.desk.again(hotline.office, frozen_quarter))["same"]
    (key,) = [change["key"] for change in sign["changes"]]
    with pytest.raises(BadInput, match="是2026年10月考核表上的扣分"):
        await hotline.desk.appeal(hotline.unit, frozen_quarter, key, "平台故障", ())


async def test_sheets_frozen_and_appeals_granted_under_the_rules_that_were_replaced_go_on_counting(
    hotline: Office,
) -> None:
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    (first,) = await hotline.desk.freeze(hotline.office, OURS, "月通报")
    appeal = await hotline.desk.appeal(hotline.unit, first, f"sign:{ticket}", "当日平台故障", ())
    floor, raw = hotline.place.floor, rules().model_dump(mode="json", by_alias=True)

    def under(name: str, *replaces: str) -> AssessDesk:
        policy = Policy.model_validate(raw | {"name": name, "replaces": list(replaces)})
        return AssessDesk(floor.database, policy, floor.calendar, floor.divisions, floor.clock)

    async def parts(desk: AssessDesk) -> list[str]:
        (quarter,) = await desk.sheets(hotline.office, Asked("2026-Q4", unit=UNIT))
        return list(next(item for item in quarter["items"] if item["item"] == "sign")["parts"].values())

    ruling = RulingAsk("", ("sign",), at("2026-10-12T09:10"), at("2026-10-12T10:20"), "后来认定")
    await hotline.desk.rule(hotline.office, ruling)
    hotline.now("2027-01-08T09:00")
    assert await parts(under("yanji2027", "yanji")) == ["2.50", "3.00", "3.00"]
    assert await parts(under("elsewhere")) == ["3.00", "3.00", "3.00"]
    named = [
        [one["period"] for one in await desk.due(hotline.office)]
        for desk in (under("yanji2027", "yanji"), under("elsewhere"))
    ]
    assert ["2026-10" in one for one in named] == [False, True]
    await hotline.desk.decide(hotline.second, appeal, "granted", "故障属实")
    for desk, struck in (
        (under("yanji2027", "yanji"), "申诉成立：故障属实"),
        (under("elsewhere"), "后来认定"),
    ):
        (october,) = await desk.sheets(hotline.office, OURS)
        (change,) = next(item for item in october["items"] if item["item"] == "sign")["changes"]
        assert change["excused"].startswith(struck)
    await under("yanji2027", "yanji").freeze(hotline.office, OURS, "按新办法定稿")
    assert await parts(under("yanji2027", "yanji")) == ["3.00", "3.00", "3.00"]


async def test_units_see_themselves_and_a_countys_office_its_county(hotline: Office) -> None:
    mine = await hotline.desk.sheets(hotline.unit, OCTOBER)
    assert [sheet["unit"] for sheet in mine] == [UNIT]
    with pytest.raises(NotFound):
        await hotline.desk.sheets(hotline.other, Asked("2026-10", unit=UNIT))
    county = Actor("c1", "guiyang", "桂阳热线办", "office", None, "431021")
    assert await hotline.desk.scope(county) == []
    with pytest.raises(NotFound):
        await hotline.desk.enter(
            county, FindingAsk(UNIT, "praised", at("2026-10-01T10:00"), "报道", ("日报",))
        )


async def test_a_countys_office_signs_and_judges_by_its_own_rules_and_leaves_the_citys_sheets_alone(
    hotline: Office,
) -> None:
    county = Division("431021", "桂阳县", "county", "431000", policy="heyuan")
    bare = Division("431022", "宜章县", "county", "431000")
    city, floor = rules(), hotline.place.floor
    tree = Tree([Division("431000", "郴州市", "city"), county, bare], "431000")
    desk = AssessDesk(floor.database, city, floor.calendar, tree, floor.clock)
    async with floor.database.session() as session:
        (await session.get_one(Unit, UNIT)).division = county.code
        (await session.get_one(Unit, OTHER)).division = bare.code
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    at_city = replace(hotline.second, division="431000")
    offices = [Actor(f"c{n}", "xian", "县热线办", "office", None, f"43102{n}") for n in (1, 2)]
    due = [[one["period"] for one in await desk.due(who)] for who in (at_city, offices[1])]
    assert due == [["2026-10"], []]
    (first,) = await desk.freeze(hotline.office, OURS, "月通报")
    appeal = await desk.appeal(hotline.unit, first, f"sign:{ticket}", "当日平台故障", ())
    with pytest.raises(NotAllowed, match="本区县的考核办法"):
        await desk.decide(offices[0], appeal, "granted", "属实")
    for office, asked in (
        (offices[0], Asked("2026-10", "yanji", UNIT)),
        (offices[1], Asked("2026-10", unit=OTHER)),
    ):
        assert await desk.sheets(office, asked)
        with pytest.raises(NotAllowed, match="市热线办"):
            await desk.freeze(office, asked, "")
    (own,) = await desk.freeze(offices[0], OURS, "县考核")
    async with floor.database.reading() as session:
        assert (await frozen.get(session, own)).profile == "heyuan"
    await desk.decide(at_city, appeal, "granted", "属实")
    assert len(await desk.freeze(at_city, OURS, "申诉")) == 1


COUNTY = """name: {name}
title: 桂阳县
extends: yanji
replaces: {replaces}
documents: {{"测试": 桂阳县考核办法}}
valid: {{status: in_force, from: 2020-01-01}}
assessment:
  appeal_within: {{value: 5, unit: working_days, clause: 测试 2}}
"""


async def test_a_countys_office_decides_on_its_sheets_of_the_rules_it_has_replaced_and_not_on_the_citys(
    hotline: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    for name, replaces in (("guiyang", "[]"), ("guiyang2027", "[guiyang]")):
        (tmp_path / f"{name}.yaml").write_text(COUNTY.format(name=name, replaces=replaces), encoding="utf-8")
    floor, raw = hotline.place.floor, rules().model_dump(mode="json", by_alias=True)
    city = Policy.model_validate(raw | {"name": "yanji2027", "replaces": ["yanji"]})

    def under(policy: str) -> AssessDesk:
        places = [
            Division("431000", "郴州市", "city"),
            Division("431021", "桂阳县", "county", "431000", policy=policy),
        ]
        return AssessDesk(floor.database, city, floor.calendar, Tree(places, "431000"), floor.clock)

    async with floor.database.session() as session:
        (await session.get_one(Unit, UNIT)).division = "431021"
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    office = Actor("c1", "xian", "县热线办", "office", None, "431021")
    (own,) = await under("guiyang").freeze(office, OURS, "县考核")
    (citys,) = await hotline.desk.freeze(hotline.office, OURS, "月通报")  # as the city's rules were before
    of_own, of_citys = [
        await hotline.desk.appeal(hotline.unit, one, f"sign:{ticket}", "当日平台故障", ())
        for one in (own, citys)
    ]
    for desk in (under("guiyang2027"), under("yanji")):
        with pytest.raises(NotAllowed, match="市热线办"):
            await desk.decide(office, of_citys, "granted", "属实")
    await under("guiyang2027").decide(office, of_own, "granted", "属实")
    (anew,) = await under("guiyang2027").freeze(office, OURS, "申诉")
    async with floor.database.reading() as session:
        row = await frozen.get(session, anew)
    assert (row.profile, row.points) == ("guiyang2027", "72.00")


async def test_a_sub_centre_is_assessed_as_units_are(hotline: Office) -> None:
    async with hotline.place.database.session() as session:
        session.add(Line(number="12366", name="税务热线", unit_code=OTHER, mode="sub_centre", clause="附三"))
    hotline.now("2026-11-05T09:00")
    sheets = {
        sheet["unit"]: sheet["sub_centre"] for sheet in await hotline.desk.sheets(hotline.office, OCTOBER)
    }
    assert (sheets[OTHER], sheets[UNIT]) == (True, False)


async def test_no_places_are_given_unless_the_city_wants_an_order(hotline: Office) -> None:
    await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    assert all("rank" not in sheet for sheet in await hotline.desk.sheets(hotline.office, OCTOBER))
    raw = rules().model_dump(mode="json", by_alias=True)
    raw["switches"]["ranking"] = {"value": "order"}
    floor = hotline.place.floor
    ranking = AssessDesk(
        floor.database, Policy.model_validate(raw), floor.calendar, floor.divisions, floor.clock
    )
    places = {sheet["unit"]: sheet["rank"] for sheet in await ranking.sheets(hotline.office, OCTOBER)}
    assert places[OTHER] == 1
    assert places[UNIT] == max(places.values())


async def test_chenzhou_gives_rates_and_hands_grades_over(hotline: Office) -> None:
    ticket = await hotline.late_ticket()
    hotline.now("2026-11-05T09:00")
    (found,) = await hotline.desk.sheets(hotline.office, Asked("2026-10", "chenzhou", UNIT))
    assert (found["points"], [share["title"] for share in found["shares"]]) == (
        None, ["诉求响应率", "按时办结率", "问题解决率", "满意率"],
    )  # fmt: skip
    assert [(one["ticket"], one["grade"]) for one in found["good_bad"]["grades"]] == [(ticket, "satisfied")]


async def test_attitude_marks_and_knowledge_events_are_counted_with_what_shows_them(hotline: Office) -> None:
    place = hotline.place
    hotline.now("2026-10-20T09:00")
    moment = place.clock()
    citizen = place.citizen()
    await citizen.dial()
    mark = {"kind": "推诿拒接", "note": "", "by": "u", "at": moment.isoformat(), "recording_id": "rec_7"}
    async with place.database.session() as session:
        await transfers.add(
            session, id="tr_1", call_id=citizen.id, how="consult", kind="unit", ref=UNIT, name="人社局", number="1", endpoint="",
            role="unit", unit_code=UNIT, leg_id="leg_1", state="over", place="gone", requested_at=moment, attitude=mark,
            ended_at=moment,
        )  # fmt: skip
        marked = await append(session, AttitudeMarked(moment, citizen.id, "tr_1", "推诿拒接", "rec_7"), "u")
        late = await append(session, UploadedLate(moment, "art_1", UNIT, True, 1), "u")
        await append(session, UploadedLate(moment, "art_2", "", True, 1), "u")
    hotline.now("2026-11-10T09:00")
    found = await hotline.sheet()
    assert worked(found) == {"service": "7.00", "knowledge": "0.00"}
    changes = {change["case"]: change["events"] for item in found["items"] for change in item["changes"]}
    assert (changes["attitude"], changes["late"]) == ([marked, "tr_1", "rec_7"], [late])


async def test_an_attitude_marked_after_midnight_counts_in_the_period_it_was_marked_in(
    hotline: Office,
) -> None:
    place = hotline.place
    hotline.now("2026-10-31T23:58")
    asked_at, citizen = place.clock(), place.citizen()
    await citizen.dial()
    hotline.now("2026-11-01T00:03")
    mark = {"kind": "推诿拒接", "note": "", "by": "u", "at": place.clock().isoformat()}
    async with place.database.session() as session:
        await transfers.add(
            session, id="tr_1", call_id=citizen.id, how="consult", kind="unit", ref=UNIT, name="人社局", number="1", endpoint="",
            role="unit", unit_code=UNIT, leg_id="leg_1", state="over", place="gone", requested_at=asked_at, attitude=mark,
            ended_at=place.clock(),
        )  # fmt: skip
        await append(session, AttitudeMarked(place.clock(), citizen.id, "tr_1", "推诿拒接", ""), "u")
    hotline.now("2026-12-10T09:00")
    sheets = [await hotline.sheet(Asked(month, unit=UNIT)) for month in ("2026-10", "2026-11")]
    assert [worked(one) for one in sheets] == [{}, {"service": "7.00"}]


@pytest.mark.parametrize(("deed", "case"), [("approve", "on_site_undone"), ("refuse", "pressed_overdue")])
async def test_a_media_order_counts_as_exposure_only_once_it_was_let_into_the_media(
    hotline: Office, deed: PublicationDeed, case: str
) -> None:
    ticket = await hotline.file("2026-10-12T09:00", "k1")
    await hotline.do("2026-10-12T09:30", hotline.unit, ticket, "sign")
    hotline.now("2026-10-13T09:00")
    ask = OrderAsk((UNIT,), "other", form="media", until=at("2026-10-14T00:00"))
    (made,) = await hotline.house.orders.open(hotline.office, ticket, ask, "o1")
    async with hotline.place.database.reading() as session:
        version = (await orders.get(session, made)).version
    await hotline.house.orders.publish(hotline.second, made, version, deed, "核实")
    hotline.now("2026-11-10T09:00")
    urging = next(item for item in (await hotline.sheet())["items"] if item["item"] == "urging")["changes"]
    assert {one["case"] for one in urging} == {case}


async def test_a_report_found_unfounded_after_its_term_was_no_lapse(hotline: Office) -> None:
    hotline.now("2026-10-20T09:00")
    moment = hotline.place.clock()
    async with hotline.place.database.session() as session:
        for gap in ("gap_1", "gap_2"):
            await append(session, GapOverdue(moment, "", UNIT, True, ref=gap, kind="error"), "clock")
        await append(
            session, GapDismissed(moment + timedelta(days=3), "", UNIT, ref="gap_1", kind="error"), "u"
        )
    hotline.now("2026-11-10T09:00")
    before, after = [
        {one["name"]: one["count"] for one in (await hotline.sheet(asked))["tallies"]}
        for asked in (
            Asked("2026-10", "heyuan", UNIT, at("2026-10-21T09:00")),
            Asked("2026-10", "heyuan", UNIT),
        )
    ]
    assert (before["knowledge_late"], after["knowledge_late"]) == (2, 1)


async def rung(hotline: Office, *moments: str) -> None:
    """A leader's mobile that nobody answered at these moments."""
    hotline.now(moments[0])
    async with hotline.place.database.session() as session:
        phone = await probes.add_phone(session, UNIT, "leader", "13900000001", "王局", hotline.place.clock())
        for moment in map(at, moments):
            await probes.ask(session, phone.id, "clock", moment, FairUse())
            claimed = await probes.claim(session, moment)
            assert claimed
            await probes.settle(session, claimed[0].id, "no_answer", 19, 20.0, moment)


async def test_an_outage_over_a_quarters_last_midnight_is_one_of_the_quarter_in_which_it_began(
    hotline: Office,
) -> None:
    await hotline.file("2026-01-05T09:00", "k1")
    await rung(hotline, "2026-12-31T23:40", "2026-12-31T23:55", "2027-01-01T00:10")
    hotline.now("2027-04-05T09:00")
    sheets = [await hotline.sheet(Asked(span, unit=UNIT)) for span in ("2026-Q4", "2027-Q1", "2026", "2027")]
    mobiles = [next(item for item in one["items"] if item["item"] == "mobiles") for one in sheets]
    assert [item["points"] for item in mobiles] == ["1.50", "2.00", "1.88", "2.00"]
    assert len(mobiles[0]["changes"][0]["events"]) == 3


async def test_seats_and_the_outsourcer_are_measured_from_their_calls(hotline: Office) -> None:
    place = hotline.place
    hotline.now("2026-10-20T09:00")
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    await citizen.agent_hangs_up()
    await citizen.gone(by="us")
    async with place.database.session() as session:
        await calls.close(session, citizen.id, "answered", place.clock())
    lost_one = place.citizen("13900000000")
    await lost_one.dial()
    await lost_one.gone()
    hotline.now("2026-11-10T09:00")
    found = await hotline.desk.seats(replace(hotline.office, scope=EVERYTHING), "2026-10", None)
    measures = {m["name"]: m for group in found["outsourcer"]["groups"] for m in group["measures"]}
    assert (measures["connected"]["said"], measures["connected"]["misses"]) == (
        "50.00%（1/2）",
        [lost_one.id],
    )
    assert (measures["answered_online"]["good"], measures["in_time"]["good"]) == (1, 1)
    assert [(seat["agent"], seat["calls"]) for seat in found["seats"]] == [(agent.id, 1)]
    assert any("不计分" in note for note in found["notes"])


async def test_a_talk_whose_matter_repeats_or_went_into_another_was_closed_like_any(hotline: Office) -> None:
    place = hotline.place
    hotline.now("2026-10-20T09:00")
    first = await hotline.file("2026-10-20T09:00", "k1")
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    again = TicketDraft("complaint", "还是停水", "还是停水", citizen.id, UNIT, repeat_of=first)
    ticket = await place.house.file_ticket(agent, again, "k2")
    await citizen.agent_hangs_up()
    await citizen.gone(by="agent")
    async with place.database.reading() as session:
        assert (await tickets.get(session, ticket)).relation in ("repeat", "merged")
    hotline.now("2026-11-10T09:00")
    found = await hotline.desk.seats(replace(hotline.office, scope=EVERYTHING), "2026-10", None)
    measures = {m["name"]: m for group in found["seats"][0]["groups"] for m in group["measures"]}
    assert (measures["closed"]["good"], measures["closed"]["misses"]) == (1, [])
