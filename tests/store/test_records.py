"""Recordings, utterances, proposals, legs, events, look-ups, users, trunks and content: small tables, one rule each."""

import asyncio

import pytest
from sqlalchemy import delete, func, select, text, update

from core.errors import Conflict, NotFound
from core.events import CallArrived, Ended
from core.ports import Speaker
from core.ports import Utterance as Heard
from match.content import Content, parse
from store import content, events, legs, lookups, proposals, recordings, trunks, users, utterances
from store.database import Database
from store.errors import AppendOnly
from store.proposals import Proposed
from store.tables import Article, EventRow, Lookup, Utterance
from tests.store import make

pytestmark = pytest.mark.service


async def test_a_recording_is_noted_once_completed_once_and_transcribed_once(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        first = await recordings.add(session, call.id, "20261121/c1", make.AT)
        assert await recordings.add(session, call.id, "20261121/c1", make.later(1)) == first
        assert [r.id for r in await recordings.pending(session, before=make.later(1))] == [first]
        await recordings.settle(session, [make.outcome(first, call.id, "c1.wav", seconds=61.5)])
        assert [r.id for r in await recordings.to_transcribe(session, make.AT)] == [first]
        assert await recordings.transcribed(session, first, make.later(99), "whisper-base")
        assert not await recordings.transcribed(session, first, make.later(100), "whisper-base")
        assert not await recordings.to_transcribe(session, make.later(100))
        assert not await recordings.pending(session, before=make.later(1))
        found = await recordings.get(session, first)
    assert (found.state, found.channels, found.seconds, found.engine) == ("ready", 2, 61.5, "whisper-base")


async def test_of_all_who_want_to_transcribe_a_recording_one_gets_it(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        recording = await recordings.add(session, call.id, "c1", make.AT)
        await recordings.settle(session, [make.outcome(recording, call.id, "c1.wav")])

    async def claim(at_s: float) -> bool:
        async with database.session() as session:
            return await recordings.claim(session, make.later(at_s), make.later(at_s + 90)) is not None

    assert sorted(await asyncio.gather(*(claim(0) for _ in range(6)))) == [False] * 5 + [True]
    assert not await claim(89)
    async with database.session() as session:
        await recordings.keep_claim(session, recording, make.later(150))
    assert not await claim(149)
    assert sorted(await asyncio.gather(*(claim(151) for _ in range(6)))) == [False] * 5 + [True]


async def test_a_recording_that_failed_says_why_and_waits_for_nobody(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        recording = await recordings.add(session, call.id, "c1", make.AT)
        await recordings.settle(session, [recordings.Outcome(recording, call.id, "failed", "no samples")])
        found = await recordings.by_stem(session, "c1")
        assert found is not None
        assert (found.state, found.problem) == ("failed", "no samples")
        assert not await recordings.pending(session, before=make.later(1))
        with pytest.raises(NotFound):
            await recordings.transcribed(session, "rec_none", make.AT, "whisper-base")


async def test_captions_show_until_the_after_call_text_is_there(database: Database) -> None:
    live = [Heard("我家停水了", 1.0, 2.0, True), Heard("我家停", 1.0, 1.5, False)]
    after: list[tuple[Speaker, Heard]] = [
        ("agent", Heard("您好", 0.0, 0.8, True)),
        ("citizen", Heard("我家停水了。", 1.0, 2.1, True)),
    ]
    async with database.session() as session:
        call = await make.call(session)
        assert await utterances.add_live(session, call.id, "citizen", live, "vosk", make.AT) == 1
        assert [u.text for u in await utterances.of_call(session, call.id)] == ["我家停水了"]
        for _ in range(2):
            assert await utterances.replace_after_call(session, call.id, after, "whisper", make.later(9)) == 2
        assert [(u.speaker, u.text) for u in await utterances.of_call(session, call.id)] == [
            ("agent", "您好"),
            ("citizen", "我家停水了。"),
        ]
        kept = await session.scalar(select(func.count()).where(Utterance.call_id == call.id))
        assert kept == 3  # the live captions too


async def test_proposals_come_in_rounds_and_are_decided_once(database: Database) -> None:
    given = [
        Proposed("unit", "WATER", "市水务局", 0.9, True, [{"cue": "停水"}]),
        Proposed("answer", "a1", "停水怎么办", 0.7, False),
        Proposed("answer", "a2", "报修电话", 0.4, False),
    ]
    async with database.session() as session:
        call = await make.call(session)
        assert await proposals.add_round(session, call.id, given[:1], make.AT) == 1
        assert await proposals.add_round(session, call.id, given, make.later(5)) == 2
        latest = await proposals.latest(session, call.id)
        assert [(p.kind, p.rank, p.ref) for p in latest] == [
            ("answer", 1, "a1"),
            ("answer", 2, "a2"),
            ("unit", 1, "WATER"),
        ]
        assert latest[2].evidence == [{"cue": "停水"}]
        for _ in range(2):
            await proposals.decide(session, call.id, latest[2].id, "accepted", "user_1", make.later(9))
        with pytest.raises(Conflict):
            await proposals.decide(session, call.id, latest[2].id, "overridden", "user_2", make.later(9))
        with pytest.raises(NotFound):
            await proposals.decide(session, "call_other", latest[0].id, "accepted", "user_1", make.later(9))
        assert len(await proposals.of_call(session, call.id)) == 4
        with pytest.raises(NotFound):
            await proposals.add_round(session, "call_none", given, make.AT)


async def test_a_round_thought_out_while_the_agent_decided_hides_nothing_of_the_decision(
    database: Database,
) -> None:
    given = [
        Proposed("unit", "WATER", "市水务局", 0.9, True),
        Proposed("unit", "GAS", "市城管局", 0.4, False),
    ]
    async with database.session() as session:
        call = await make.call(session)
        await proposals.add_round(session, call.id, given, make.AT)
        seen = await proposals.latest(session, call.id)
        await proposals.add_round(session, call.id, given[::-1], make.later(1))
        assert [p.round for p in await proposals.latest(session, call.id)] == [2, 2]
        await proposals.decide(session, call.id, seen[0].id, "accepted", "user_1", make.later(2))
        await proposals.add_round(session, call.id, given, make.later(3))
    async with database.reading() as session:
        counts = await proposals.latest(session, call.id)
        assert [(p.round, p.ref, p.decision) for p in counts] == [(1, "WATER", "accepted"), (1, "GAS", None)]


async def test_legs_tell_who_was_rung_and_who_answered(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await legs.add(session, call.id, "citizen", make.AT, channel="PJSIP/trunk-1")
        await legs.add(session, call.id, "agent", make.later(5), number="8001")
        await legs.ended(session, call.id, make.later(25), number="8001", reason="NOANSWER")
        await legs.add(session, call.id, "agent", make.later(26), number="8002")
        assert not await legs.answered(session, call.id, "8001", make.later(30))
        assert await legs.answered(session, call.id, "8002", make.later(30), channel="PJSIP/8002-1")
        assert not await legs.answered(session, call.id, "8002", make.later(31))
        await legs.ended(session, call.id, make.later(90), ended_by="citizen")
        found = await legs.of_call(session, call.id)
    assert [(leg.number, leg.answered_at, leg.ended_at, leg.reason) for leg in found] == [
        ("", None, make.later(90), ""),
        ("8001", None, make.later(25), "NOANSWER"),
        ("8002", make.later(30), make.later(90), ""),
    ]


async def test_events_keep_their_order_and_never_hold_a_number(database: Database) -> None:
    async with database.session() as session:
        arrived = CallArrived(at=make.AT, call_id="call_1", linkedid="1.1", line="12345", caller=make.CALLER)
        ended = Ended(at=make.later(60), call_id="call_1", ended_by="citizen", talk_seconds=30.0)
        await events.append(session, arrived, "citizen")
        await events.append_all(session, [ended, ended], "agi")
        history = await events.of(session, "call_1")
    assert [event.name for event in history] == ["call.arrived", "call.ended", "call.ended"]
    assert len({event.id for event in history}) == 3
    assert make.CALLER not in str([event.payload for event in history])
    assert history[1].payload["talk_seconds"] == 30.0


@pytest.mark.parametrize("table", ["events", "lookups"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET actor = 'somebody else'", "DELETE FROM {}"])
async def test_the_database_itself_refuses_to_rewrite_history(
    database: Database, table: str, deed: str
) -> None:
    async with database.session() as session:
        await events.append(session, Ended(make.AT, "call_1", "citizen", 1.0), "agi")
        await lookups.note(session, "user_1", "look", "call_1", make.AT, "回访")

    async def rewrite() -> None:
        async with database.session() as session:
            await session.execute(text(deed.format(table)))

    with pytest.raises(AppendOnly):
        await rewrite()


@pytest.mark.parametrize("row", [EventRow, Lookup])
async def test_our_own_code_is_refused_too(
    sqlite_database: Database, row: type[EventRow] | type[Lookup]
) -> None:
    async with sqlite_database.session() as session:
        await events.append(session, Ended(make.AT, "call_1", "citizen", 1.0), "agi")
        await lookups.note(session, "user_1", "look", "call_1", make.AT)
        with pytest.raises(AppendOnly):
            await session.execute(update(row).values(actor="x"))
        with pytest.raises(AppendOnly):
            await session.execute(delete(row))
    async with sqlite_database.session() as session:
        (kept,) = await events.of(session, "call_1")
        kept.actor = "somebody else"
        with pytest.raises(AppendOnly):
            await session.flush()
        session.expunge(kept)


async def test_who_looked_at_whose_data_is_found(database: Database) -> None:
    async with database.session() as session:
        await lookups.note(session, "user_1", "listen", "rec_1", make.AT, "投诉核查")
        await lookups.note(session, "user_2", "export", "call_1", make.later(1))
        assert [look.action for look in (await lookups.find(session)).items] == ["export", "listen"]
        found = (
            await lookups.find(session, subject="rec_1", actor="user_1", since=make.AT, until=make.later(1))
        ).items
    assert [look.purpose for look in found] == ["投诉核查"]


async def test_a_login_belongs_to_one(database: Database) -> None:
    async with database.session() as session:
        user = await users.add(session, "li", "李敏", "agent", "hash-1", make.AT)
        with pytest.raises(Conflict):
            await users.add(session, "li", "李明", "agent", "hash", make.AT)
        await users.set_password(session, user.id, "hash-2")
        await users.set_active(session, user.id, False)
    async with database.reading() as session:
        found = await users.by_login(session, "li")
        assert found is not None
        assert (found.id, found.password_hash, found.active) == (user.id, "hash-2", False)
        assert [one.login for one in await users.all_users(session)] == ["li"]
        assert await users.by_id(session, "user_none") is None


async def test_trunks_are_tried_in_order_and_their_secret_is_sealed(database: Database) -> None:
    async with database.session() as session:
        await trunks.put(session, "telecom", kind="ip", host="10.0.0.1", failover_order=2)
        await trunks.put(
            session,
            "unicom",
            kind="registration",
            host="10.0.0.2",
            username="u",
            secret="s3",
            failover_order=1,
        )
        await trunks.put(session, "old", kind="ip", host="10.0.0.3", active=False)
        await trunks.put(session, "telecom", display_number="12345")
    async with database.reading() as session:
        found = await trunks.active(session)
        raw = (await session.execute(text("SELECT secret FROM trunks WHERE name = 'unicom'"))).scalar_one()
    assert [(trunk.name, trunk.display_number) for trunk in found] == [("unicom", None), ("telecom", "12345")]
    assert (found[0].secret, raw[:11]) == ("s3", "sm4-gcm:k1:")


def some_content(answer: str = "请拨打供水热线") -> Content:
    return parse(
        {
            "seed.yaml": {
                "units": [
                    {"code": "WATER", "name": "市水务局", "source": "annex", "clause": "003 附件", "does": "供水", "aliases": ["水务"], "matters": ["停水"], "place": "北湖"}
                ],
                "cues": [{"code": "court", "strong": ["法院判决"], "weak": ["起诉"]}],
                "grounds": [
                    {"code": "judicial", "profile": "demo", "clause": "十", "title": "司法", "text": "已进入诉讼程序", "words": "抱歉", "cues": ["court"], "repeat": True}
                ],
                "articles": [
                    {"id": "a1", "kind": "常见问题", "title": "停水", "questions": ["停水怎么办", "没水", "几时来水"], "answer": answer, "unit": "WATER", "clause": "三", "valid_from": "2026-01-01"}
                ],
            }
        }
    )  # fmt: skip


async def test_content_comes_back_as_it_went_in_however_often(database: Database) -> None:
    given = some_content()
    for written in (1, 0):
        async with database.session() as session:
            assert set((await content.import_content(session, given)).values()) == {written}
    async with database.reading() as session:
        assert await content.load_content(session) == given


async def test_the_operators_words_stay_unless_replacing_is_asked_for(database: Database) -> None:
    async with database.session() as session:
        await content.import_content(session, some_content())
        (await session.get_one(Article, "a1")).answer = "由我们改写"
    for replace, answer in ((False, "由我们改写"), (True, "新答案")):
        async with database.session() as session:
            await content.import_content(session, some_content("新答案"), replace=replace)
        async with database.reading() as session:
            assert (await session.get_one(Article, "a1")).answer == answer


async def test_an_article_put_out_of_use_is_not_loaded(database: Database) -> None:
    async with database.session() as session:
        await content.import_content(session, some_content())
        (await session.get_one(Article, "a1")).active = False
    async with database.reading() as session:
        assert (await content.load_content(session)).articles == ()
