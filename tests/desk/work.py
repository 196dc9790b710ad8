"""Tickets for the pages where they are worked on: filed and moved through the API as people would."""

from typing import Any
from uuid import uuid4

import httpx

from tests.desk.house import Standing

RSJ = "chenzhou.rsj"
CALLER = "13907351234"
BODY = (
    "市民反映，本人在苏仙区某餐饮公司做服务员，该公司拖欠了9月和10月两个月的工资，共计8600元，多次讨要未果。"
    "要求尽快责令该公司支付拖欠的工资；希望告知劳动仲裁的办理地点和所需材料。"
)
REPLY = {
    "handled_at": "2026年11月25日",
    "section": "劳动保障监察支队",
    "handler": "李工",
    "result": "经查该公司确实拖欠工资8600元，已责令该公司于11月30日前支付拖欠的工资。劳动仲裁可到苏仙区劳动人事争议仲裁院办理，地点和所需材料为身份证、工资流水。",
    "law": "《中华人民共和国劳动法》第五十条",
    "basis": "《保障农民工工资支付条例》",
    "talk": "11月25日电话告知诉求人办理结果，诉求人表示认可",
}


def filed(house: Standing, title: str, *, unit: str | None = RSJ, **more: Any) -> dict[str, Any]:
    """A ticket as the office writes it down; with a unit it is dispatched."""
    body = {"type": "complaint", "title": title, "body": BODY, "unit": unit, "citizen_name": "张三丰", "caller": CALLER, "place": "431003", "despite": "另一事项", **more}  # fmt: skip
    with house.client("rexianban") as api:
        return done(api.post("/tickets", json=body, headers={"Idempotency-Key": uuid4().hex}))


def act(house: Standing, login: str, ticket_id: str, action: str, **facts: Any) -> dict[str, Any]:
    """One step, on the version that is."""
    with house.client(login) as api:
        version = seen(house, ticket_id, "rexianban")["version"]
        headers = {"If-Match": f'"{version}"'}
        return done(
            api.post(
                f"/tickets/{ticket_id}/actions", json={"action": action, "facts": facts}, headers=headers
            )
        )


def seen(house: Standing, ticket_id: str, login: str = "rexianban") -> dict[str, Any]:
    """The ticket as this person sees it."""
    with house.client(login) as api:
        return done(api.get(f"/tickets/{ticket_id}"))


def steps(house: Standing, ticket_id: str) -> list[str]:
    """What was done to it, oldest first."""
    return [
        one["payload"]["action"] for one in seen(house, ticket_id)["history"] if "action" in one["payload"]
    ]


def done(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found
