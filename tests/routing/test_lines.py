"""The register: one hop from what was dialled to who answers, and nothing that contradicts itself gets in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnknownLine
from routing import Line, LineRegister, LinesInvalid
from routing.line import Answer, Mode, Reach

pytestmark = pytest.mark.unit

HOST = Line("12345", "热线", "u", "host", "一")


def line(number: str, mode: Mode = "dual_number", target: str = "", **more: object) -> Line:
    return Line(number, f"line {number}", "u", mode, "一", target=target, **more)  # type: ignore[arg-type]


def register(*lines: Line, withdrawn: dict[str, str] | None = None) -> LineRegister:
    return LineRegister([HOST, *lines], withdrawn)


def test_a_chained_merge_is_one_hop_to_the_experts_of_its_end() -> None:
    found = register(line("12331", "merged", "12330"), line("12330", "merged", "12315"), line("12315"))
    reached = found.reached("12331")
    assert (reached.line.number, reached.dialled, reached.skills) == ("12315", "12331", ("line.12315",))


def test_a_call_carries_what_its_own_number_and_the_line_that_serves_it_ask_for() -> None:
    county = line("2912345", "merged", "12315", answer=Answer(("night",), 5, ("hello",), "beihu", 3))
    found = register(county, line("12315", answer=Answer(("law",), 9, ("never",), "city", 1)))
    reached = found.reached("2912345")
    assert reached.skills == ("night", "law", "line.12315")
    assert (reached.region, reached.priority, reached.prompts, reached.overflow_s) == (
        "beihu",
        3,
        ("hello",),
        9,
    )


def test_a_number_nobody_registered_is_still_answered_by_the_main_line() -> None:
    reached = register().reached("999")
    assert (reached.line.number, reached.dialled, reached.skills) == ("12345", "999", ())
    with pytest.raises(UnknownLine, match="999"):
        register().resolve("999")


def test_a_forwarded_hotline_rings_its_own_seats_first_and_a_parallel_one_rings_them_with_ours() -> None:
    there = Reach("2388001", "telecom")
    found = register(line("12316", "call_forward", reach=there), line("12318", "parallel", reach=there))
    forwarded, together = found.reached("12316"), found.reached("12318")
    assert (forwarded.forward, forwarded.also_ring, forwarded.trunk) == ("2388001", (), "telecom")
    assert (together.forward, together.also_ring, together.trunk) == ("", ("2388001",), "telecom")


def test_a_kept_hotline_that_forwards_to_us_is_simply_answered() -> None:
    assert register(line("12316", "call_forward")).reached("12316").forward == ""


def test_a_call_is_handed_to_the_lines_own_people_else_to_those_of_the_line_that_serves_it() -> None:
    found = register(
        line("12315", expert_seat=True),
        line("12331", "merged", "12315"),
        line("12366", "sub_centre"),
        line("119", "emergency"),
        line("96119", "merged", "12345", status="part_time_119", reach=Reach("119")),
        line("95598", "utility", key="power", reach=Reach("95598")),
    )
    ways = {ref: found.way(ref) for ref in ("12331", "12366", "119", "96119", "power", "12345")}
    assert {ref: (way.party, way.skill, way.number) for ref, way in ways.items()} == {
        "12331": ("expert", "line.12315", ""),
        "12366": ("sub_centre", "", "12366"),
        "119": ("emergency", "", "119"),
        "96119": ("emergency", "", "119"),
        "power": ("utility", "", "95598"),
        "12345": ("agent", "", ""),
    }


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([line("12331"), line("12331")], "12331 在线路库中出现两次"),
        ([line("12331", "merged", "12999")], "12331 归并到 12999，线路库中没有"),
        ([line("12331", "merged", "12331")], "12331 的归并绕回自身"),
        ([line("12331", "merged", "12330"), line("12330", "merged", "12331")], "12331 -> 12330 -> 12331"),
        ([line("12331", "merged")], "12331：方式为 merged，却没有归并目标"),
        ([line("12331", "dual_number", "12345")], "12331：方式为 dual_number，不能有归并目标"),
        (
            [line("12331", "merged", "12345", status="merged_into_12315")],
            "12331：状态为 merged_into_12315",
        ),
        ([line("12366", "sub_centre", status="merged_into_12345")], "12366：状态为"),
        (
            [line("12331", "merged", "12349"), line("12349", status="suspended")],
            "12331 归并到 12349，而后者不由我处接听",
        ),
        ([line("12331", "merged", "12366"), line("12366", "sub_centre")], "12331 归并到 12366，而后者"),
        ([line("12331", "merged", "12345", expert_seat=True)], "12331：设有专家座席"),
        (
            [line("12316", "call_forward", reach=Reach("12316"))],
            "12316 转接到 12316，又回到我处",
        ),
        ([line("12318", "parallel", reach=Reach("12345"))], "12318 转接到 12345，又回到我处"),
        ([line("12316", key="farm"), line("12317", key="farm")], "12317 的代号 farm 已用于线路 12316"),
        ([line("99999", "host")], "99999：只有 12345 是主号码"),
        ([line("12396")], "12396 已取消，不再恢复（given up）"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused_with_the_line_named(
    lines: list[Line], named: str
) -> None:
    with pytest.raises(LinesInvalid, match=named):
        register(*lines, withdrawn={"12396": "given up"})


def test_a_register_without_the_main_line_is_no_register() -> None:
    with pytest.raises(LinesInvalid, match="线路库中没有 12345"):
        LineRegister([line("12333")])


NUMBERS = [f"123{n}" for n in range(10, 18)]


@given(st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from([*NUMBERS, "12345", ""]), max_size=8))
def test_whatever_is_merged_into_whatever_it_ends_at_a_line_that_answers_or_is_refused(
    chains: dict[str, str],
):
    lines = [line(n, "merged", t) if t else line(n) for n, t in chains.items()]
    ends = {n: _end(chains, n) for n in chains}
    bad = [n for n, end in ends.items() if end is None]
    if bad:
        with pytest.raises(LinesInvalid, match="|".join(bad)):
            register(*lines)
        return
    assert {n: register(*lines).reached(n).line.number for n in chains} == ends


def _end(chains: dict[str, str], number: str) -> str | None:
    """By walking as many steps as there are lines; None for a loop or a target that is not there."""
    for _ in range(len(chains) + 1):
        if number == "12345" or chains.get(number) == "":
            return number
        if number not in chains:
            return None
        number = chains[number]
    return None


def test_a_line_that_changed_is_another_line() -> None:
    assert line("12333") == line("12333")
    assert replace(line("12333"), name="other") != line("12333")
