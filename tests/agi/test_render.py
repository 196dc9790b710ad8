"""The generated configuration: read back by pyst2's parser, closed against injection, the same every time."""

import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from asterisk.config import Config
from hypothesis import given
from hypothesis import strategies as st

from agi.errors import UnsafeConfig
from agi.plan import Line, Seat, SwitchPlan, SwitchSettings, Trunk
from agi.render import MODULES, NEWER, render

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class NoAsterisk:
    command: tuple[str, ...] = ("asterisk",)
    modules_dir: Path = Path("/usr/lib/asterisk/modules")
    root: Path = Path("/nowhere")
    version: str = "22.10.1"


@pytest.fixture
def settings(tmp_path: Path) -> SwitchSettings:
    (tmp_path / "sounds").mkdir()
    return SwitchSettings(
        run=tmp_path / "run", recordings=tmp_path / "rec", spool=tmp_path / "spool", sounds=tmp_path / "sounds",
        sip_port=5060, ami_port=5038, ami_secret="s3cret-s3cret", agi_port=4573, bind="0.0.0.0",
        advertised="203.0.113.7", local_nets=("10.0.0.0/8",), node="north",
    )  # fmt: skip


@pytest.fixture
def plan(settings: SwitchSettings) -> SwitchPlan:
    return SwitchPlan(
        settings=settings,
        seats=(Seat("1001", "s1001", "pw-1001"), Seat("1002", "s1002", "pw-1002", "sip:s1002@10.1.1.2:5062")),
        lines=(Line("12345"), Line("+8676212345")),
        trunks=(
            Trunk("telecom", "198.51.100.4", match=("198.51.100.0/28",), order=2, display="12345", early_media=True),
            Trunk("mobile", "sip.example.cn", 5070, "register", ("192.0.2.9",), "u1", "pw-trunk", order=1, identity=False),
            Trunk("pbx", auth="password", secret="pw-pbx-1", outbound=False),
        ),
    )  # fmt: skip


def sections(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """(section, its `type`) -> settings, as pyst2 reads them."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for category in Config(str(path)).categories:
        items = {item.name: item.value.strip() for item in category.items}
        found[(category.name, items.get("type", ""))] = items
    return found


def test_every_file_is_read_by_pyst2(plan: SwitchPlan, tmp_path: Path) -> None:
    etc = render(plan, NoAsterisk()).parent
    files = sorted(etc.glob("*.conf"))
    assert {f.name for f in files} >= {
        "asterisk.conf",
        "pjsip.conf",
        "extensions.conf",
        "manager.conf",
        "modules.conf",
        "rtp.conf",
    }
    for file in files:
        text = file.read_text()
        assert "{{" not in text
        assert "{%" not in text
        for included in re.findall(r'^#include "(.+)"$', text, re.M):
            assert (etc / included).is_file()
        bare = tmp_path / file.name  # pyst2 does not know #include
        bare.write_text(re.sub(r"^#include .*$", "", text, flags=re.M))
        assert Config(str(bare)).raw_lines


def test_seats_register_with_their_secret_and_g711_only(plan: SwitchPlan) -> None:
    pjsip = sections(render(plan, NoAsterisk()).parent / "pjsip.conf")
    endpoint = pjsip[("s1001", "endpoint")]
    assert endpoint["allow"] == "alaw,ulaw"
    assert endpoint["dtmf_mode"] == "rfc4733"
    assert endpoint["direct_media"] == "no"
    assert int(endpoint["rtp_timeout"]) > 0
    assert pjsip[("s1001", "auth")]["password"] == "pw-1001"
    assert "contact" not in pjsip[("s1001", "aor")]
    assert pjsip[("s1002", "aor")]["contact"] == "sip:s1002@10.1.1.2:5062"


def test_trunks_are_data(plan: SwitchPlan) -> None:
    pjsip = sections(render(plan, NoAsterisk()).parent / "pjsip.conf")
    assert pjsip[("telecom", "identify")]["match"] == "198.51.100.0/28"
    assert pjsip[("telecom", "aor")]["qualify_frequency"] == "30"
    assert pjsip[("telecom", "endpoint")]["send_pai"] == "yes"
    assert pjsip[("telecom", "endpoint")]["from_user"] == "12345"
    assert pjsip[("telecom", "endpoint")]["inband_progress"] == "yes"
    assert ("telecom", "registration") not in pjsip
    assert pjsip[("mobile", "registration")]["server_uri"] == "sip:sip.example.cn:5070"
    assert pjsip[("mobile", "endpoint")]["trust_id_inbound"] == "no"
    assert pjsip[("mobile", "auth")]["username"] == "u1"
    assert pjsip[("pbx", "endpoint")]["auth"] == "pbx"


def test_outbound_trunks_stand_in_failover_order(plan: SwitchPlan) -> None:
    text = (render(plan, NoAsterisk()).parent / "extensions.conf").read_text()
    assert 0 < text.index("@mobile,") < text.index("@telecom,")
    assert "@pbx," not in text


def test_ami_is_on_loopback_with_the_given_secret(plan: SwitchPlan) -> None:
    manager = sections(render(plan, NoAsterisk()).parent / "manager.conf")
    assert manager[("general", "")]["bindaddr"] == "127.0.0.1"
    assert manager[("hotline", "")]["secret"] == "s3cret-s3cret"
    assert manager[("hotline", "")]["permit"] == "127.0.0.1/255.255.255.255"
    assert "command" not in manager[("hotline", "")]["write"]


def test_only_the_modules_named_are_loaded(plan: SwitchPlan) -> None:
    text = (render(plan, NoAsterisk()).parent / "modules.conf").read_text()
    assert "autoload = no" in text
    assert text.count("\nload = ") == len(MODULES) - len(
        NEWER
    )  # this Asterisk has no modules folder to find them in
    assert not {"app_system", "func_shell", "res_ari", "app_voicemail", "chan_iax2"} & set(MODULES)


def test_dialled_digits_are_filtered(plan: SwitchPlan) -> None:
    text = (render(plan, NoAsterisk()).parent / "extensions.conf").read_text()
    for line in text.splitlines():
        bare = line.replace("${FILTER(+0-9,${EXTEN})}", "").replace("${FILTER(a-zA-Z0-9,${EXTEN})}", "")
        assert "${EXTEN}" not in bare, line
        assert "${CALLERID(" not in line.replace("${FILTER(+0-9,${CALLERID(num)})}", ""), line


@pytest.mark.parametrize(
    ("version", "one_file"),
    [
        ("20.6.0", False),
        ("20.11.0", True),
        ("21.5.0", False),
        ("21.6.1", True),
        ("22.0.0", False),
        ("22.1", True),
        ("23", True),
    ],
)
def test_old_asterisk_records_two_files(plan: SwitchPlan, version: str, one_file: bool) -> None:
    text = (render(plan, NoAsterisk(version=version)).parent / "extensions.conf").read_text()
    assert (".raw,bD)" in text) == one_file
    assert (".in.sln)t(" in text) != one_file


def test_only_our_user_reads_what_was_written(plan: SwitchPlan) -> None:
    run = render(plan, NoAsterisk()).parent.parent
    for path in [*(run / "etc").iterdir(), run, run / "etc", plan.settings.spool, plan.settings.recordings]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_rendering_again_changes_nothing_but_what_changed(plan: SwitchPlan) -> None:
    etc = render(plan, NoAsterisk()).parent
    before = {f.name: f.read_text() for f in etc.iterdir()}
    render(plan, NoAsterisk())
    assert {f.name: f.read_text() for f in etc.iterdir()} == before
    render(replace(plan, lines=(*plan.lines, Line("12315"))), NoAsterisk())
    changed = [f.name for f in etc.iterdir() if f.read_text() != before[f.name]]
    assert changed == ["extensions.conf"]


def test_waiting_music_is_the_operators_own_where_there_is_one(plan: SwitchPlan) -> None:
    run = render(plan, NoAsterisk()).parent.parent
    assert [p.name for p in (run / "moh").iterdir()] == ["soft.wav"]
    (plan.settings.sounds / "moh.wav").write_bytes((run / "moh" / "soft.wav").read_bytes())
    render(plan, NoAsterisk())
    assert [p.name for p in (run / "moh").iterdir()] == ["moh.wav"]


EVIL = [
    "a\nb", "a\r\n[x]", "a;b", "a[b]", "a]b", "a,b", "a|b", "a${x}", 'a"b', "a\\b", "a#include", "a b", "", "á", "a\x00", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_what_could_change_a_file_is_refused_by_name(text: str, settings: SwitchSettings) -> None:
    for make in (
        lambda: Seat(text, "s1", "pw-1"),
        lambda: Seat("1", text, "pw-1"),
        lambda: Seat("1", "s1", text),
        lambda: Line(text),
        lambda: Trunk(text, match=("192.0.2.1",)),
        lambda: Trunk("t", host=text, auth="register", user="u", secret="pw-1"),
        lambda: Trunk("t", match=(text,)),
        lambda: Trunk("t", host="h", auth="register", user=text, secret="pw-1"),
        lambda: Trunk("t", host="h", auth="register", user="u", secret=text),
        lambda: replace(settings, ami_secret=text),
        lambda: replace(settings, bind=text),
        lambda: replace(settings, run=Path("/run/" + text + "\n")),
    ):
        with pytest.raises(UnsafeConfig):
            make()


def test_refusal_names_the_field_and_never_the_secret() -> None:
    with pytest.raises(UnsafeConfig, match="seat 1001: secret") as caught:
        Seat("1001", "s1001", "hidden;secret")
    assert "hidden" not in str(caught.value)
    assert "hidden" not in repr(Seat("1001", "s1001", "hidden-secret"))


@given(st.text(max_size=60))
def test_any_text_a_seat_takes_stays_one_value(text: str) -> None:
    try:
        seat = Seat("1001", "s1001", text)
    except UnsafeConfig:
        return
    assert not set(seat.secret) & set("\n\r;[],|\"'\\# \t")


@pytest.mark.parametrize(
    ("name", "value"),
    [("sip_port", 0), ("sip_port", 70000), ("agi_port", True), ("rtp_end", 20001), ("question_s", 0)],
)
def test_impossible_numbers_are_refused(settings: SwitchSettings, name: str, value: Any) -> None:
    with pytest.raises(UnsafeConfig):
        replace(settings, **{name: value})


def test_two_accounts_or_lines_of_one_name_are_refused(settings: SwitchSettings) -> None:
    with pytest.raises(UnsafeConfig, match="s1"):
        SwitchPlan(settings=settings, seats=(Seat("1", "s1", "pw-1"), Seat("2", "s1", "pw-1")))
    with pytest.raises(UnsafeConfig, match="12345"):
        SwitchPlan(settings=settings, lines=(Line("12345"), Line("12345")))


def test_phones_in_pages_have_accounts_of_their_own_on_a_websocket_only_loopback_reaches(
    plan: SwitchPlan, tmp_path: Path
) -> None:
    render(replace(plan, settings=replace(plan.settings, ws_port=8013)), NoAsterisk())
    etc = plan.settings.run / "etc"
    found = sections(etc / "pjsip.conf")
    page, phone = found["s1001-web", "endpoint"], found["s1001", "endpoint"]
    assert (page["webrtc"], page["allow"], page["context"]) == ("yes", "alaw,ulaw", phone["context"])
    assert "media_address" not in page
    assert "webrtc" not in phone
    assert found["s1001-web", "auth"]["password"] == "pw-1001"
    assert found["ws", "transport"]["bind"] == "127.0.0.1:8013"
    http = sections(etc / "http.conf")["general", ""]
    assert (http["enabled"], http["bindaddr"], http["bindport"]) == ("yes", "127.0.0.1", "8013")
    assert "PJSIP_AOR" in (etc / "extensions.conf").read_text()


def test_without_a_port_for_them_there_is_no_trace_of_phones_in_pages(plan: SwitchPlan) -> None:
    render(plan, NoAsterisk())
    etc = plan.settings.run / "etc"
    assert sections(etc / "http.conf")["general", ""]["enabled"] == "no"
    told = "".join(
        (etc / name).read_text() for name in ("pjsip.conf", "extensions.conf", "modules.conf", "rtp.conf")
    )
    assert not [word for word in ("-web", "PJSIP_AOR", "websocket", "icesupport = yes") if word in told]
