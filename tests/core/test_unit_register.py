"""A unit's entry: what changed from one to the next, what it lacks, and what cannot stand in it."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput
from core.unit_register import (
    CLAUSES,
    LACK_NAMES,
    LACKS,
    Person,
    Phone,
    UnitEntry,
    check,
    differences,
    lacks,
    rung,
    said,
)

pytestmark = pytest.mark.unit

LEADER = Person("leader", "王局", "副局长")
HANDLER = Person("handler", "张三", "科员", "zhangsan")
FIXED = Phone("fixed", "07352871234", "张三")
ENTRY = UnitEntry("SW", "办公室", "431000", None, (LEADER, HANDLER), (FIXED,))


def test_the_same_entry_in_another_order_changes_nothing() -> None:
    assert differences(ENTRY, replace(ENTRY, people=(HANDLER, LEADER))) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"people": (LEADER, Person("handler", "李四"))},
            [("handler", "removed", "经办人 张三（科员，登录名 zhangsan）", None), ("handler", "added", None, "经办人 李四")],
        ),
        (
            {"people": (LEADER, replace(HANDLER, post="主任"))},
            [("handler", "changed", "经办人 张三（科员，登录名 zhangsan）", "经办人 张三（主任，登录名 zhangsan）")],
        ),
        ({"phones": ()}, [("phone", "removed", "联线电话 07352871234（张三）", None)]),
        ({"section": "信访科"}, [("section", "changed", "办公室", "信访科")]),
        ({"section": ""}, [("section", "removed", "办公室", None)]),
        ({"division": "431021"}, [("division", "changed", "431000", "431021")]),
        ({"parent": "ZF"}, [("parent", "added", None, "ZF")]),
    ],
)  # fmt: skip
def test_each_change_is_told_as_it_was_and_as_it_is(changes: dict[str, Any], told: list[Any]) -> None:
    found = differences(ENTRY, replace(ENTRY, **changes))
    assert [(one.what, one.action, one.before, one.after) for one in found] == told


def test_people_and_numbers_do_not_show_in_what_is_logged() -> None:
    assert "张三" not in repr(ENTRY)
    assert "0735" not in repr(ENTRY)
    assert all("张三" not in repr(one) for one in differences(ENTRY, replace(ENTRY, people=(), phones=())))
    assert said(Person("editor", "赵六")) == "采编员 赵六"
    assert rung(Phone("duty", "0735120")) == "值班室 0735120"


def test_a_complete_entry_lacks_nothing_and_an_empty_one_everything_each_with_its_clause() -> None:
    duties, kinds = ("leader", "handler", "editor"), ("fixed", "leader", "handler", "duty")
    assert lacks("办公室", duties, kinds) == ()
    assert lacks(" ", (), ()) == LACKS
    assert lacks("办公室", ("leader", "handler"), kinds) == ("editor",)
    assert set(LACK_NAMES) == set(CLAUSES) == set(LACKS)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(ENTRY, parent="SW"), "不能是自己的上级"),
        (replace(ENTRY, people=(HANDLER, HANDLER)), "经办人中同一人出现两次"),
        (replace(ENTRY, phones=(FIXED, FIXED)), "联线电话中同一号码出现两次"),
        (replace(ENTRY, phones=(Phone("fax", "1"),)), "没有“fax”这种号码"),  # type: ignore[arg-type]
        (replace(ENTRY, people=(Person("boss", "x"),)), "没有“boss”这种职责"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_stand_in_an_entry_is_refused(wrong: UnitEntry, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check(wrong)
