"""Scenes with a third party: experts, sub-centres, emergencies, units. The citizen is never dropped by anybody else."""

from typing import Any

from app.demo.measure import MUSIC
from app.demo.party import Agent, Citizen
from app.demo.scene import scene
from app.demo.stage import Stage
from app.demo.talk import file, talk, talk_is_over
from app.demo.transfer import Transfer, consulting, together


async def _consult(stage: Stage, citizen: Citizen, agent: Agent, third: Any, to: tuple[str, str]) -> Transfer:
    """The talk, then the agent consults somebody who answers."""
    call_id = await talk(stage, citizen, agent)
    transfer = await Transfer.begin(stage, agent, call_id, *to)
    await third.answers()
    await transfer.until("answered")
    await stage.phase("consult", consulting(citizen, agent, third))
    return transfer


async def _goodbye(stage: Stage, citizen: Citizen) -> dict[str, Any]:
    """The last of the others has hung up: the citizen is asked for a grade, gives one and hears goodbye."""
    await citizen.hears_prompt("rate-service")
    citizen.presses("1")
    await citizen.hears_prompt("goodbye")
    await citizen.ends()
    call = await stage.ended(citizen)
    stage.must(
        "the citizen's leg ended with a spoken goodbye",
        call["ended_by"] in ("us", "agent", "expert", "sub_centre"),
    )
    return call


@scene("three-way", "三方通话：咨询专家时市民听音乐，可切换，合并后三方互通")
async def three_way(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    transfer = await _consult(stage, citizen, agent, expert, ("line", "12333"))
    await transfer.swap()
    await stage.phase("swapped", {citizen: [agent], agent: [citizen], expert: [MUSIC]}, guard=0.8)
    await transfer.swap()
    await stage.phase("back", consulting(citizen, agent, expert), guard=0.8)
    await transfer.merge()
    await transfer.until("merged")
    await stage.phase("three-way", together(citizen, agent, expert), guard=0.8)
    await talk_is_over(stage, citizen, agent, expert)


@scene("agent-leaves", "三方通话中话务员退出：市民与专家继续")
async def agent_leaves(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    transfer = await _consult(stage, citizen, agent, expert, ("line", "12333"))
    await transfer.merge()
    await stage.phase("three-way", together(citizen, agent, expert), guard=0.8)
    await agent.hangs_up()
    await stage.phase("agent gone", together(citizen, expert), guard=0.8)
    await talk_is_over(stage, citizen, expert)


@scene("expert-leaves", "三方通话中专家退出：市民与话务员继续")
async def expert_leaves(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    transfer = await _consult(stage, citizen, agent, expert, ("line", "12333"))
    await transfer.merge()
    await stage.phase("three-way", together(citizen, agent, expert), guard=0.8)
    await expert.hangs_up()
    await transfer.until("ended")
    await stage.phase("expert gone", together(citizen, agent))
    await talk_is_over(stage, citizen, agent)


@scene("citizen-leaves", "三方通话中市民挂机：全部结束，不留通道")
async def citizen_leaves(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    transfer = await _consult(stage, citizen, agent, expert, ("line", "12333"))
    await transfer.merge()
    await stage.phase("three-way", together(citizen, agent, expert), guard=0.8)
    await talk_is_over(stage, citizen, agent, expert)
    stage.must("the transfer is over", (await transfer.row())["state"] == "over")


@scene("expert-busy", "专家占线：市民回到话务员，系统自动登记工单")
async def expert_busy(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    call_id = await talk(stage, citizen, agent)
    transfer = await Transfer.begin(stage, agent, call_id, "line", "12333")
    await expert.refuses(486)
    failed = await transfer.until("failed")
    stage.must("the reason is busy", failed["reason"] == "busy")
    await stage.phase("back", together(citizen, agent), guard=0.8)
    await talk_is_over(stage, citizen, agent)
    await _ticketed(stage, transfer, "chenzhou.rsj")


async def _ticketed(stage: Stage, transfer: Transfer, unit: str) -> None:
    """A transfer that failed has filed its ticket by itself."""
    row = await transfer.row()
    stage.must("a ticket was filed by itself", row["ticket_id"])
    if row["ticket_id"]:
        ticket = await stage.office.get(f"/tickets/{row['ticket_id']}")
        stage.say("ticket", f"自动工单 {ticket['number']} → {ticket['unit_code']}：{ticket['title']}")
        stage.must(f"it went to {unit}", ticket["unit_code"] == unit)


@scene("expert-blind", "盲转专家：话务员退出，市民直接接到专家")
async def expert_blind(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    call_id = await talk(stage, citizen, agent)
    await Transfer.begin(stage, agent, call_id, "line", "12333", "blind")
    await agent.ends()
    await expert.rings()
    await stage.phase("ringing", {citizen: [MUSIC]}, seconds=1.4)
    await expert.answers()
    await stage.phase("talk with the expert", together(citizen, expert), guard=0.8)
    await talk_is_over(stage, citizen, expert)


@scene("sub-centre", "分中心 12366：咨询后合并三方，话务员退出，分中心答完后道别")
async def sub_centre(stage: Stage) -> None:
    citizen, agent, centre = await stage.citizen(), await stage.agent(), stage.outside("12366", "sub_centre")
    transfer = await _consult(stage, citizen, agent, centre, ("line", "12366"))
    await transfer.merge()
    await stage.phase("three-way", together(citizen, agent, centre), guard=0.8)
    await transfer.leave()
    await agent.ends()
    await stage.phase("with the sub-centre", together(citizen, centre), guard=0.8)
    await centre.hangs_up()
    await _goodbye(stage, citizen)


@scene("sub-centre-province", "省级分中心 12329：一键三方，接通即三方互通")
async def sub_centre_province(stage: Stage) -> None:
    citizen, agent, centre = await stage.citizen(), await stage.agent(), stage.outside("12329", "sub_centre")
    call_id = await talk(stage, citizen, agent)
    transfer = await Transfer.begin(stage, agent, call_id, "line", "12329", "three_way")
    await centre.answers()
    await transfer.until("merged")
    await stage.phase("three-way", together(citizen, agent, centre), guard=0.8)
    await talk_is_over(stage, citizen, agent, centre)


@scene("sub-centre-down", "分中心不通：12366 无响应，市民回到话务员，自动登记工单转税务局")
async def sub_centre_down(stage: Stage) -> None:
    citizen, agent = await stage.citizen(), await stage.agent()
    stage.theatre.carrier.dead.add("12366")
    call_id = await talk(stage, citizen, agent)
    transfer = await Transfer.begin(stage, agent, call_id, "line", "12366")
    await stage.phase("nobody there", {citizen: [MUSIC]}, seconds=1.4, guard=0.8)
    failed = await transfer.until("failed", 30)
    stage.must("a typed reason says that they are not there", failed["reason"] in ("timeout", "unreachable"))
    await stage.phase("back", together(citizen, agent), guard=0.8)
    await talk_is_over(stage, citizen, agent)
    await _ticketed(stage, transfer, "chenzhou.shuiwuj")


@scene("emergency", "紧急情况：一键 110 三方，正在进行的转接让路；话务员退出后市民与 110 继续")
async def emergency(stage: Stage) -> None:
    citizen, agent, expert = await stage.citizen(), await stage.agent(), await stage.expert("12333")
    police = stage.outside("110", "emergency")
    call_id = await talk(stage, citizen, agent)
    before = await Transfer.begin(stage, agent, call_id, "line", "12333")
    await expert.rings()
    urgent = await Transfer.begin(stage, agent, call_id, "emergency", "110", "three_way")
    outcome = await expert.stops_ringing()
    stage.must("what was under way gave way", outcome.startswith("cancelled"))
    await police.answers()
    await urgent.until("merged")
    await stage.phase("three-way", together(citizen, agent, police), guard=0.8)
    await agent.hangs_up()
    await stage.phase("with 110", together(citizen, police), guard=0.8)
    await talk_is_over(stage, citizen, police)
    stage.must("the other transfer is kept as cancelled", (await before.row())["reason"] == "cancelled")


DUTY_NUMBER = "2388301"


async def _duty_phone(stage: Stage, unit: str) -> None:
    """The unit's duty telephone stands in the register."""
    known = (await stage.office.get(f"/units/{unit}/phones"))["items"]
    if not known:
        await stage.office.post(f"/units/{unit}/phones", {"kind": "fixed", "number": DUTY_NUMBER})


@scene("unit-live", "现场连线承办单位：值班电话接通，三方互通")
async def unit_live(stage: Stage) -> None:
    citizen, agent, unit = await stage.citizen(), await stage.agent(), stage.outside(DUTY_NUMBER, "unit")
    await _duty_phone(stage, "chenzhou.rsj")
    transfer = await _consult(stage, citizen, agent, unit, ("unit", "chenzhou.rsj"))
    await transfer.merge()
    await stage.phase("three-way", together(citizen, agent, unit), guard=0.8)
    await talk_is_over(stage, citizen, agent, unit)


@scene("unit-refuses", "承办单位推诿：接通后拒绝办理挂机，标注态度并附录音证据，转工单")
async def unit_refuses(stage: Stage) -> None:
    citizen, agent, unit = await stage.citizen(), await stage.agent(), stage.outside(DUTY_NUMBER, "unit")
    await _duty_phone(stage, "chenzhou.rsj")
    transfer = await _consult(stage, citizen, agent, unit, ("unit", "chenzhou.rsj"))
    await unit.hangs_up()
    await transfer.until("ended")
    await stage.phase("back", together(citizen, agent), guard=0.8)
    await transfer.mark("推诿拒接", "称不归其管，未说明依据即挂断", 0.0, 2.0)
    await file(stage, agent, transfer.call_id, "单位拒绝办理的事项", type="complaint", unit="chenzhou.rsj")
    await talk_is_over(stage, citizen, agent)
    mark = (await transfer.row())["attitude"]
    stage.must(
        "the mark is kept with its sound", mark and mark["kind"] == "推诿拒接" and mark["recording_id"]
    )


@scene("utility", "供水热线：一键三方，说清后登记工单交办")
async def utility(stage: Stage) -> None:
    citizen, agent, water = await stage.citizen(), await stage.agent(), stage.outside("2388001", "utility")
    call_id = await talk(stage, citizen, agent)
    transfer = await Transfer.begin(stage, agent, call_id, "line", "water", "three_way")
    await water.answers()
    await transfer.until("merged")
    await stage.phase("three-way", together(citizen, agent, water), guard=0.8)
    ticket = await file(stage, agent, call_id, "小区停水", type="help", unit="chenzhou.water")
    await talk_is_over(stage, citizen, agent, water)
    stage.must("the ticket is the water company's", ticket["unit_code"] == "chenzhou.water")
