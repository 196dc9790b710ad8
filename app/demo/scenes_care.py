"""Scenes around a talk: supervision, grades, revisits, call-backs, blocked numbers."""

from sqlalchemy import select

from app.demo.party import TRIFLE_S, Party
from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import called_back, file, settled, talk, talk_is_over
from app.demo.transfer import Transfer, together
from core.after_call import Grade
from store.tables import GradeRow

REPLY = {
    "handled_at": "2026-11-20", "section": "社保卡科", "handler": "李工", "result": "已补办",
    "law": "社会保险法", "basis": "社会保障卡管理办法", "talk": "已电话告知诉求人",
}  # fmt: skip


@scene("supervisor-whisper", "班长密语：话务员听得到，市民听不到；再强插，三方互通")
async def supervisor_whisper(stage: Stage) -> None:
    citizen, agent, lead = await stage.citizen(), await stage.agent(), await stage.supervisor()
    call_id = await talk(stage, citizen, agent)
    await lead.desk.follow("supervision")
    asked = {"mode": "listen", "seat": lead.seat, "why": "新话务员带教"}
    made = await lead.desk.post(f"/calls/{call_id}/supervise", asked)
    await lead.answers()
    await stage.event(lambda e: e.get("event") == "supervision.on", "supervision", 10)
    both: dict[Party, list[Party | str]] = {citizen: [agent], agent: [citizen], lead: [citizen, agent]}
    await stage.phase("listen", both)
    where = f"/calls/{call_id}/supervise/{made['id']}"
    await lead.desk.post(f"{where}/mode", {"mode": "whisper", "why": "提示补问地址"})
    lead.say("密语")
    await stage.phase("whisper", both | {agent: [citizen, lead]})
    await lead.desk.post(f"{where}/mode", {"mode": "barge", "why": "安抚市民"})
    lead.say("强插")
    await stage.phase("barge", {citizen: [agent, lead], agent: [citizen, lead], lead: [citizen, agent]})
    await lead.desk.post(f"{where}/end")
    await lead.ends()
    await stage.phase("left", {citizen: [agent], agent: [citizen]})
    await talk_is_over(stage, citizen, agent)
    steps = (await stage.office.get(f"/calls/{call_id}/supervision"))["steps"]
    why = {step["deed"]: step["why"] for step in steps}
    stage.must(
        "every mode is kept with its reason", why.get("whisper") == "提示补问地址" and why.get("barge")
    )


@scene("grade", "通话评价：话务员先挂机，市民按 2 键评为满意")
async def grade(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent()
    call_id = await talk(stage, citizen, agent)
    await agent.hangs_up()
    await citizen.hears_prompt("rate-service")
    citizen.presses("2")
    await citizen.hears_prompt("rate-thanks")
    await citizen.hears_prompt("goodbye")
    await citizen.ends()
    await stage.ended(citizen)
    stage.must(
        "the intake is graded as satisfied",
        await _grades(stage, call_id=call_id) == [("intake", "satisfied")],
    )


async def _grades(stage: Stage, call_id: str = "", ticket_id: str = "") -> list[tuple[str, Grade | str]]:
    wanted = GradeRow.call_id == call_id if call_id else GradeRow.ticket_id == ticket_id
    async with stage.theatre.database.reading() as session:
        rows = (await session.scalars(select(GradeRow).where(wanted))).all()
    return [(row.stage, row.grade) for row in rows]


@scene("revisit", "办结回访：系统自动回拨市民，按键评价承办单位并说明原因")
async def revisit(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent()
    stage.at_home(citizen)
    call_id = await talk(stage, citizen, agent)
    ticket = await file(stage, agent, call_id, "社保卡补办进度", unit="chenzhou.rsj", type="help")
    await talk_is_over(stage, citizen, agent)
    await _resolved(stage, ticket["id"])
    await citizen.answers(25, greeting_s=TRIFLE_S)
    await citizen.hears_prompt("revisit-ask")
    citizen.presses("4")
    await citizen.hears_prompt("revisit-why", 12)
    await citizen.hears_prompt("beep", 12)
    citizen.sounds(2.5)
    await stage.phase("says why", {citizen: []}, seconds=1.4)
    citizen.presses("#")
    await citizen.hears_prompt("rate-thanks", 12)
    await citizen.ends(25)
    await stage.until("the revisit is settled", lambda: settled(stage, "revisit", citizen.number))
    graded = await _grades(stage, ticket_id=ticket["id"])
    stage.must("the unit's work is graded", ("unit", "dissatisfied") in graded)


async def _resolved(stage: Stage, ticket_id: str) -> None:
    """The unit signs and replies, the office resolves."""
    unit, office = await stage.desk("renshe"), await stage.desk("rexianban")
    await unit.act(ticket_id, "sign")
    await unit.act(ticket_id, "reply", **REPLY)
    done = await office.act(ticket_id, "resolve")
    stage.say("ticket", f"工单 {done['number']} 已办结")


@scene("callback", "预约回电：无人在岗，市民按 1 预约；话务员上岗后自动回拨，保留原排队位置")
async def callback(stage: Stage) -> None:
    citizen = await stage.citizen()
    stage.at_home(citizen)
    await citizen.dials("12345")
    await citizen.hears_prompt("callback-offer")
    citizen.presses("1")
    await citizen.hears_prompt("callback-confirmed")
    await citizen.ends()
    call = await stage.ended(citizen)
    stage.must("it ended with a spoken goodbye", call["ended_by"] == "us")
    await called_back(stage, citizen, await stage.agent(ready=False), "callback")


@scene("nuisance", "恶意骚扰：打标签、班长拦截，再来电听到理由，不占座席")
async def nuisance(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent()
    call_id = await talk(stage, citizen, agent)
    await agent.desk.post(f"/calls/{call_id}/tags", {"tag": "harassment", "note": "反复辱骂"})
    await talk_is_over(stage, citizen, agent)
    asked = {"call_id": call_id, "tag": "harassment", "reason": "一天内辱骂话务员三次", "days": 7}
    block = await stage.office.post("/callers/blocks", asked)
    stage.say("supervisor", f"拦截 {block['caller']} 至 {block['expires_at']}")
    await citizen.dials("12345")
    await citizen.hears_prompt("blocked-notice")
    await citizen.ends(40)
    call = await stage.ended(citizen)
    stage.must("the second call is a call of its own", call["id"] != call_id)
    stage.must("the blocked call was refused", call["outcome"] == "refused")
    stage.must(
        "no seat rang for it",
        all(t.event.get("call_id") != call["id"] for t in stage.told if t.topic.startswith("seat.")),
    )
    wanted = {
        "kind": "evidence",
        "object_id": call_id,
        "recipient": "市公安局",
        "purpose": "恶意骚扰线索移送",
    }
    asked = await stage.office.post("/releases", wanted)
    stage.must("an evidence pack waits for two persons of the hotline office", asked["state"] == "asked")
    await stage.office.post(f"/callers/blocks/{block['id']}/review", {"deed": "lifted", "why": "演示结束"})


SPECIALIST = "13807358866"


@scene("enterprise", "政企通：企业来电进专席队列，一对一连线政策专员，台账登记到销号")
async def enterprise(stage: Stage) -> None:
    citizen = await stage.citizen()
    await stage.agent()  # idle longer, and not of the enterprises' desk
    desk, policy = await stage.agent("enterprise"), stage.outside(SPECIALIST, "expert")
    call_id = await talk(stage, citizen, desk, "12345888")
    known = {"name": "王专员", "unit_code": "chenzhou.rsj", "topics": ["稳岗补贴"], "number": SPECIALIST}
    specialist = await stage.office.post("/specialists", known)
    transfer = await Transfer.begin(stage, desk, call_id, "specialist", specialist["id"])
    await policy.answers()
    await transfer.until("answered")
    await transfer.merge()
    await stage.phase("three-way", together(citizen, desk, policy), guard=0.8)
    asked = {
        "enterprise": "郴州某某科技有限公司", "matter": "稳岗返还申请进度", "call_id": call_id,
        "unit_code": "chenzhou.rsj", "specialist_id": specialist["id"],
    }  # fmt: skip
    item = await desk.desk.post("/enterprise/ledger", asked)
    stage.say("ticket", f"台账 {item['id']} 交办")
    call = await talk_is_over(stage, citizen, desk, policy)
    stage.must("a seat of the enterprises' desk had it", call["seat_id"] == desk.seat)
    closing = {"version": item["version"], "result": "已返还到账，企业确认"}
    closed = await stage.office.post(f"/enterprise/ledger/{item['id']}/close", closing)
    stage.must("the matter is struck off the ledger", closed["state"] == "closed")
    ledger = await stage.office.get("/enterprise/ledger")
    stage.must("the call is entered", call_id not in ledger["not_entered"])
