"""Why a call went where it went, in plain Chinese for people who look after the floor."""

from routing.views import CallView, Reason, Route, Snapshot

REASONS: dict[Reason, str] = {
    "longest_idle": "空闲座席中轮到它（空闲最久，漏接的排后）",
    "on_duty": "本线路值班表上当班的空闲座席中轮到它",
    "skilled": "具备所需技能的空闲座席中轮到它",
    "widened": "具备所需技能的座席不在班，或专等时间已过，由其他座席接听",
    "same_agent": "近期接听过该来电人的话务员正空闲",
    "wait_for_agent": "近期接听过该来电人的话务员正在整理，稍等片刻",
    "wait_for_skill": "具备所需技能的座席都在忙，在专等时间内继续等",
    "in_line": "有空闲座席，但先到或更急的来电先接",
    "all_busy": "在班座席都在忙",
    "waited_long": "等候较久，提供回电",
    "nobody_there": "没有人签入，提供回电或留言",
    "lost_race": "选中的座席接连被同时到来的其他来电占用，下一轮再选",
}


def explained(route: Route) -> str:
    """Where to, and why."""
    why = REASONS[route.reason]
    if route.seat is not None:
        return f"接到 {route.seat.id} 号座席：{why}"
    if route.target == "callback":
        return f"询问是否回电：{why}"
    about = f"，预计 {route.wait_s:.0f} 秒" if route.wait_s is not None else ""
    return f"排队第 {route.position} 位{about}：{why}"


def situation(call: CallView, floor: Snapshot) -> list[str]:
    """What was seen, one short sentence each."""
    free = [seat for seat in floor.seats if seat.state == "ready"]
    said = [
        f"已等 {call.waited_s:.1f} 秒，前面 {sum(floor.queue.values())} 个来电，候选空闲座席 {len(free)} 个"
    ]
    if free:
        said.append(
            "候选（按轮次）：" + "、".join(seat.id for seat in free[:8]) + ("…" if len(free) > 8 else "")
        )
    if call.wants:
        duty = "、".join(f"{want}（在班 {floor.duty.get(want, 0)}）" for want in call.wants)
        said.append(f"所需技能：{duty}")
    for skill, ids in floor.rota.items():
        said.append(f"{skill} 当班且空闲：{'、'.join(ids)}")
    if call.prefers:
        said.append(f"近期接听座席：{call.prefers}")
    if call.tried:
        said.append(f"未接座席：{'、'.join(sorted(call.tried))}")
    return said
