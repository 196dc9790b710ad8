"""Grounds for not taking a matter (B4): proposed when they hold, not when they only sound like it."""

import pytest

from match import CallContext, Candidate, MatchIndex, PastMatter, Spoken, propose

pytestmark = pytest.mark.unit


def _grounds(index: MatchIndex, said: str, context: CallContext | None = None) -> tuple[Candidate, ...]:
    return propose([Spoken("citizen", said)], context or CallContext(), index).refusals


def _sure(index: MatchIndex, said: str, context: CallContext | None = None) -> list[str]:
    return [ground.id for ground in _grounds(index, said, context) if ground.confident]


HOLDS = [
    ("我家着火了快来救人", "5.5", "6.2"),
    ("有人持刀抢劫", "5.5", "6.2"),
    ("前面发生车祸有人受伤", "5.5", "6.2"),
    ("我爸昏迷了没有呼吸", "5.5", "6.2"),
    ("法院已经判了，他就是不还", "5.2", "6.5"),
    ("我已经起诉了，等着开庭", "5.2", "6.5"),
    ("我已经申请劳动仲裁了", "5.2", "6.5"),
    ("仲裁裁决书下来了公司不认", "5.2", "6.5"),
    ("行政复议决定维持了原来的处罚", "5.2", "6.5"),
    ("朋友借钱不还", "5.2", "6.4"),
    ("我跟老公离婚，财产要怎么分割", "5.2", "6.4"),
    ("信访局已经受理了我的事", "5.3", "6.5"),
    ("我要举报镇长受贿", "5.7", "6.7"),
    ("村书记挪用公款", "5.7", "6.7"),
    ("我对人大常委会的选举有意见", "5.7", "6.3"),
    ("武警部队占了我家的地", "5.8", "6.3"),
    ("帮我查一下我老公的开房记录", "5.1", "6.6"),
    ("这是人家公司的商业秘密，你帮我问问", "5.1", "6.6"),
    ("我要投诉法官办案不公", "5.9", "6.3"),
    ("陪我聊天吧，无聊打的", "5.6", "6.9"),
    ("他被刑拘了，案子怎么判", "5.10", "6.11"),
]


@pytest.mark.parametrize(("said", "chenzhou", "heyuan"), HOLDS, ids=[row[0] for row in HOLDS])
def test_a_ground_that_holds_is_first_and_confident(
    index: MatchIndex, said: str, chenzhou: str, heyuan: str
) -> None:
    assert _sure(index, said, CallContext(profile="chenzhou"))[0] == f"chenzhou.{chenzhou}"
    assert _sure(index, said, CallContext(profile="heyuan"))[0] == f"heyuan.{heyuan}"


@pytest.mark.parametrize(
    "said",
    [
        "还没去仲裁，想先问问",
        "我没有起诉他，就想调解",
        "应该先去劳动仲裁还是找你们",
        "要不要先去法院起诉",
        "仲裁怎么申请，需要什么材料",
        "怎么申请行政复议",
        "不想打官司，想协商",
        "消防通道堵了，我怕着火",
        "去年着火的房子现在还没修",
        "万一着火怎么办，灭火器都过期了",
        "上个月发生车祸，交警的认定书没给我",
        "法院旁边的工地晚上施工",
        "检察院对面那条路坏了",
        "我是退役军人，从部队回来两年了",
        "我当过兵，想办优待证",
        "我的信息被泄露了，保护个人隐私怎么这么差",
        "没有上访，我就打个电话",
        "人大附中今年招生吗",
        "社保从深圳转回郴州怎么办",
        "村干部办事慢",
        "消协电话是多少",
        "我有新情况要补充",
        "老板收了我的钱不办事",
        "工资两个月没发",
        "路灯坏了",
    ],
)
def test_what_only_sounds_like_a_ground_is_not_confident(index: MatchIndex, said: str) -> None:
    assert _sure(index, said, CallContext(profile="chenzhou")) == []
    assert _sure(index, said, CallContext(profile="heyuan")) == []


def test_a_ground_only_mentioned_is_shown_with_a_low_score(index: MatchIndex) -> None:
    ground = _grounds(index, "我应该先去劳动仲裁吗")[0]
    assert ground.id == "chenzhou.5.2"
    assert ground.score < 0.3
    assert "仲裁" in ground.evidence[0].quote


def test_done_is_told_from_denied(index: MatchIndex) -> None:
    done, denied = (_grounds(index, said)[0] for said in ("已经仲裁了", "还没有仲裁"))
    assert done.id == denied.id
    assert done.confident
    assert done.score > 0.5 > denied.score


def test_misheard_grounds_are_still_shown(index: MatchIndex) -> None:
    assert _grounds(index, "法院已经叛了，他不直行")[0].id == "chenzhou.5.2"


def test_the_agents_words_are_no_ground(index: MatchIndex) -> None:
    words = [Spoken("citizen", "我想问个事"), Spoken("agent", "已经仲裁了的我们不受理，着火请打119")]
    assert propose(words, CallContext(), index).refusals == ()


@pytest.mark.parametrize(
    ("profile", "said", "ground"),
    [
        ("henan", "我要举报局长受贿", "henan.2.2"),
        ("henan", "信访局已经受理了", "henan.2.3"),
        ("henan", "法院已经判了", "henan.2.1"),
        ("jiayuguan", "家里着火了", "jiayuguan.2.1"),
        ("heyuan", "消费者协会已经调解过了", "heyuan.6.10"),
        ("heyuan", "衡阳市的公交没人管", "heyuan.6.1"),
    ],
)
def test_each_profile_has_its_own_grounds(index: MatchIndex, profile: str, said: str, ground: str) -> None:
    assert _sure(index, said, CallContext(profile=profile)) == [ground]


def test_an_unknown_profile_has_no_grounds(index: MatchIndex) -> None:
    assert _grounds(index, "家里着火了", CallContext(profile="elsewhere")) == ()


SAME = "北湖区人民路12号楼下烧烤店半夜油烟扰民"


def test_the_same_matter_again_is_a_ground_with_the_earlier_ticket_shown(index: MatchIndex) -> None:
    past = (PastMatter("tk_1", SAME, "open"),)
    ground = _grounds(index, "人民路12号楼下那个烧烤店半夜还是油烟扰民", CallContext(past=past))[0]
    assert ground.id == "chenzhou.5.4"
    assert ground.confident
    assert any(e.source == "history" and "tk_1" in e.quote for e in ground.evidence)


def test_another_matter_of_the_same_caller_is_no_repeat(index: MatchIndex) -> None:
    past = (PastMatter("tk_1", SAME, "open"),)
    assert _sure(index, "我的社保断缴了怎么补", CallContext(past=past)) == []


def test_after_a_confirmed_redo_the_rule_cited_is_article_11(index: MatchIndex) -> None:
    past = (PastMatter("tk_1", SAME, "closed_after_redo"),)
    ground = _grounds(index, "人民路12号楼下烧烤店半夜油烟扰民", CallContext(profile="heyuan", past=past))[0]
    assert ground.id == "heyuan.6.8"
    assert any("第十一条" in e.clause for e in ground.evidence)


def test_saying_again_without_a_known_earlier_matter_is_not_confident(index: MatchIndex) -> None:
    assert _sure(index, "我上次反映过的事还是没解决") == []


def test_the_words_for_the_citizen_say_where_to_go(index: MatchIndex) -> None:
    assert "119" in _grounds(index, "家里着火了")[0].text
    assert "12348" in _grounds(index, "朋友借钱不还")[0].text


CONDUCT = "办事大厅窗口的工作人员态度恶劣"


def test_complaints_about_conduct_are_a_ground_only_where_the_city_refuses_them_all(
    index: MatchIndex,
) -> None:
    taken = CallContext(profile="heyuan")
    refused = CallContext(profile="heyuan", refuse_conduct=True)
    assert _sure(index, CONDUCT, taken) == []
    assert _sure(index, CONDUCT, refused) == ["heyuan.6.7"]
    assert _sure(index, "局长受贿", taken) == _sure(index, "局长受贿", refused) == ["heyuan.6.7"]


def test_a_rude_doctor_is_no_matter_of_discipline(index: MatchIndex) -> None:
    assert _sure(index, "医生态度恶劣", CallContext(profile="heyuan", refuse_conduct=True)) == []
