"""Background responses: cut anywhere, resumed, looked at, left and come back to (cut laws; B1-B5, N9, N11, C1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.keep import dump_turn
from azresp.core.resume import follow_wait, look_wait
from azresp.core.session import Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import INTERRUPTED, Turn
from azresp.engine import cancel, converse, follow, lose
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError, UsageError
from azresp.ports import Ledger, Outcome, Ports
from azresp.store.store import Store
from tests.core.streams import fold_wires, is_numbered, recorded_streams, shown, streams
from tests.engine.background import TOO_OLD, Forgetful, Service
from tests.engine.ports import FakeClock, Screen
from tests.examples import examples

SETTINGS = {"deployment": "gpt", "background": True}
SAID = (message("hi"),)


def _say(service: Service, ledger: Ledger | None = None, **options: Any) -> tuple[Outcome, Screen]:
    screen = Screen()
    own = Ports(service, screen, ledger or Forgetful(), FakeClock())
    session = Session("s", "talk")
    return asyncio.run(converse(own, session, SAID, SETTINGS, **options)), screen


def _follow(service: Service, store: Store) -> tuple[Outcome, Screen]:
    ((_, session_id, exchange, _),) = store.jobs.listed()
    screen = Screen()
    own = Ports(service, screen, store, FakeClock())
    session = store.load(session_id)
    assert session is not None
    return asyncio.run(follow(own, session, exchange)), screen


def _numbers(wires: Iterable[Wire]) -> list[int]:
    return [wire["sequence_number"] for wire in wires]


def _background(shared: Path) -> dict[str, list[Wire]]:
    """The recorded streams of background responses, from their first event."""
    return {
        name: wires
        for name, wires in recorded_streams(shared)
        if wires[0]["type"] == "response.created" and wires[0]["response"].get("background") is True
    }


def _running(text: str = "so far", status: str = "in_progress") -> Wire:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": content}
    return {"object": "response", "id": "resp_1", "status": status, "background": True, "output": [item]}


def _short(text: str = "one two three") -> list[Wire]:
    """A made background stream: created, queued, in progress, a text word by word, completed."""
    words = [
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": f"{word} "}
        for word in text.split()
    ]
    message_ = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
    begun = {"object": "response", "id": "resp_1", "background": True, "output": []}
    wires: list[Wire] = [
        {"type": "response.created", "response": begun | {"status": "queued"}},
        {"type": "response.queued", "response": begun | {"status": "queued"}},
        {"type": "response.in_progress", "response": begun | {"status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": message_},
        *words,
        {"type": "response.completed", "response": _running(text + " ", "completed")},
    ]
    return [wire | {"sequence_number": number} for number, wire in enumerate(wires)]


def test_a_recorded_background_stream_cut_at_any_event_loses_no_word_and_doubles_none(shared: Path) -> None:
    found = _background(shared)
    assert len(found) >= 2
    for name, wires in found.items():
        whole = fold_wires(wires)
        for cut in range(1, len(wires)):
            for begin in ("behind", "from zero")[: 1 if cut % 9 else 2]:
                service = Service(wires, [cut])
                if begin == "from zero":
                    service.begin = lambda after: 0
                outcome, screen = _say(service)
                assert outcome.exchange.turn == whole, (name, cut, begin)
                assert _numbers(screen.wires) == _numbers(wires), (name, cut, begin)
                assert service.posts == 1
                assert service.asked_after == [cut - 1]


def test_every_recorded_stream_cut_several_times_folds_to_the_same_turn(shared: Path) -> None:
    for name, wires in recorded_streams(shared):
        if not is_numbered(wires) or wires[0]["type"] != "response.created" or len(wires) < 8:
            continue
        third = len(wires) // 3
        service = Service(wires, [third, 4, 6, third + 4], begin=lambda after: max(after - 2, 0))
        outcome, screen = _say(service)
        assert outcome.exchange.turn == fold_wires(wires), name
        assert _numbers(screen.wires) == _numbers(wires), name


@examples(40)
@given(streams(), st.lists(st.integers(0, 12), max_size=6), st.integers(0, 5), st.booleans())
def test_any_stream_cut_any_number_of_times_is_heard_once(
    wires: list[Wire], plan: list[int], overlap: int, silent: bool
) -> None:
    whole = fold_wires(wires)
    if not whole.over or not is_numbered(wires) or not fold_wires(wires[:1]).id:
        return
    service = Service(
        wires, [max(plan[0], 1), *plan[1:]] if plan else [], lambda after: max(after + 1 - overlap, 0)
    )
    if silent:
        service.broken = None
    outcome, screen = _say(service)
    assert shown(outcome.exchange.turn) == shown(whole)
    assert len(_numbers(screen.wires)) == len(set(_numbers(screen.wires)))
    assert service.posts == 1


def test_a_job_left_and_come_back_to_in_another_process_is_the_same(tmp_path: Path) -> None:
    wires = _short()
    for cut in range(1, len(wires)):
        file = tmp_path / f"{cut}.db"
        store = Store(file)
        screen = Screen()
        own = Ports(Service(wires, [cut, 0]), screen, store, FakeClock())

        async def half(own: Ports = own, screen: Screen = screen, cut: int = cut) -> Outcome:
            task = asyncio.ensure_future(converse(own, Session("s", "talk"), SAID, SETTINGS))

            def stop(turn: Turn) -> None:
                if turn.cursor == cut - 1:
                    screen.on_show = lambda turn: None
                    task.cancel()

            screen.on_show = stop
            return await task

        left = asyncio.run(half())
        assert left.exchange.running, cut
        assert left.stopped
        store.close()
        store = Store(file)
        assert store.recover() == []
        outcome, screen = _follow(Service(wires), store)
        assert dump_turn(outcome.exchange.turn) == dump_turn(fold_wires(wires)), cut
        assert _numbers(screen.wires) == list(range(cut, len(wires)))
        loaded = store.load("s")
        assert loaded is not None
        assert loaded.last is not None
        assert loaded.last.turn.text == "one two three "
        assert [one.background for one in loaded.path()] == [True]
        store.close()


def test_launching_leaves_as_soon_as_the_id_is_known_and_a_job_is_in_the_store() -> None:
    store = Store(None)
    outcome, screen = _say(Service(_short()), store, launch=True)
    assert _numbers(screen.wires) == [0]
    assert (outcome.exchange.turn.id, outcome.exchange.running) == ("resp_1", True)
    assert [(job.number, job.exchange.turn.id) for job in store.jobs.listed()] == [(1, "resp_1")]
    outcome, _ = _follow(Service(_short()), store)
    assert (outcome.exchange.turn.text, outcome.session.head) == ("one two three ", outcome.exchange.id)
    store.jobs.tell(outcome.exchange.id)
    assert [job.told for job in store.jobs.listed()] == [True]
    store.jobs.forget(outcome.exchange.id)
    assert store.jobs.listed() == []
    store.close()


def test_a_background_answer_heard_to_its_end_where_it_was_asked_is_no_job() -> None:
    store = Store(None)
    outcome, _ = _say(Service(_short(), [5]), store)
    assert (outcome.exchange.background, store.jobs.listed()) == (False, [])
    store.close()


@pytest.mark.parametrize("refusal", [TOO_OLD, ServiceError("was not created with stream=true", status=400)])
def test_what_is_not_streamed_any_more_is_looked_at_until_it_is_over(refusal: ServiceError) -> None:
    looks: list[Wire | AzrespError] = [_running("one"), NetworkError("lost"), _running("one two")]
    service = Service(_short(), [5], refusal=refusal, looks=looks)
    outcome, screen = _say(service)
    assert outcome.exchange.turn.text == "one two three "
    assert [line for line in screen.remarks if refusal.what in line]
    assert len(screen.remarks) == 1
    assert _numbers(screen.wires[:5]) == [0, 1, 2, 3, 4]
    assert screen.wires[5] == _short()[-1]["response"]
    assert service.posts == 1


def test_a_look_in_the_middle_never_doubles_what_is_streamed_afterwards() -> None:
    # Twice lost without a word in between: then it is looked at first, and the look holds more than was streamed.
    service = Service(_short(), [5, 0, 0], looks=[_running("one two thr")])
    outcome, screen = _say(service)
    assert outcome.exchange.turn.text == "one two three "
    assert _numbers(screen.wires) == list(range(len(_short())))


@pytest.mark.parametrize(
    ("status", "said"), [("cancelled", "cancelled"), ("failed", "failed"), ("incomplete", "incomplete")]
)
def test_an_end_that_is_only_seen_by_a_look_is_an_end(status: str, said: str) -> None:
    # A cancelled stream may just end.
    service = Service(_short(), [5, 0], broken=None, refusal=TOO_OLD, looks=[_running("one", status)])
    outcome, _ = _say(service)
    assert (outcome.exchange.turn.status, outcome.exchange.running) == (said, False)


def test_a_response_that_is_gone_says_so_and_is_no_running_job() -> None:
    store = Store(None)
    _say(Service(_short()), store, launch=True)
    gone = ServiceError("Response with id 'resp_1' not found.", status=404)
    ((_, session_id, exchange, _),) = store.jobs.listed()
    own = Ports(Service([], refusal=gone), Screen(), store, FakeClock(time=exchange.asked_at + 86_400))
    session = store.load(session_id)
    assert session is not None
    outcome = asyncio.run(follow(own, session, exchange))
    assert outcome.error is gone
    assert [(job.exchange.running, job.exchange.turn.status) for job in store.jobs.listed()] == [
        (False, "interrupted")
    ]
    store.close()


@pytest.mark.parametrize(
    ("status", "age_s", "kept"),
    [(404, 86_400.0, INTERRUPTED), (404, 5.0, "queued"), (503, 86_400.0, "queued")],
)
def test_a_look_at_a_response_that_is_gone_makes_it_lost_unless_it_is_young(
    status: int, age_s: float, kept: str
) -> None:
    store = Store(None)
    _say(Service(_short()), store, launch=True)
    ((_, session_id, exchange, _),) = store.jobs.listed()
    session = store.load(session_id)
    assert session is not None
    error = ServiceError("gone", status=status)
    own = Ports(Service([]), Screen(), store, FakeClock(time=exchange.asked_at + age_s))
    outcome = lose(own, session, exchange, error)
    ((_, _, listed, _),) = store.jobs.listed()
    assert listed.turn.status == outcome.exchange.turn.status == kept
    if kept == INTERRUPTED:  # cancelling it says the same, however often
        own = Ports(Service([], looks=[error]), Screen(), store, own.clock)
        assert asyncio.run(cancel(own, session, exchange)).exchange.turn.status == kept
    store.close()


def test_a_job_that_the_service_refused_is_none() -> None:
    store = Store(None)
    refused = ServiceError("no such deployment", status=400)
    outcome, _ = _say(Service(_short(), [0], broken=refused), store, launch=True)
    assert (outcome.error, outcome.exchange.turn.status) == (refused, "failed")
    assert store.jobs.listed() == []
    store.close()


def test_a_post_whose_answer_never_came_is_sent_once_and_is_no_job_to_come_back_to() -> None:
    store = Store(None)
    service = Service(_short(), [0])
    outcome, _ = _say(service, store)
    assert (service.posts, service.asked_after) == (1, [])
    assert isinstance(outcome.error, NetworkError)
    assert not outcome.exchange.running
    store.close()


def test_background_without_storing_is_refused_before_anything_is_sent_or_kept() -> None:
    service, store = Service(_short()), Store(None)
    own = Ports(service, Screen(), store, FakeClock())
    with pytest.raises(UsageError, match="store"):
        asyncio.run(converse(own, Session("s", "n"), SAID, {**SETTINGS, "store": False}))
    assert (service.posts, store.count()) == (0, 0)
    store.close()


@pytest.mark.parametrize(
    "answers",
    [
        [_running("one", "cancelled")],
        [_running("one two three ", "completed")],
        [ServiceError("Cannot cancel a completed response.", status=400), _running("x", "completed")],
    ],
)
def test_cancelling_twice_or_too_late_only_tells_how_it_stands(answers: list[Wire | AzrespError]) -> None:
    store = Store(None)
    _say(Service(_short()), store, launch=True)
    ((_, session_id, exchange, _),) = store.jobs.listed()
    session = store.load(session_id)
    assert session is not None
    for _ in range(2):
        service = Service(_short(), looks=list(answers))
        own = Ports(service, Screen(), store, FakeClock())
        outcome = asyncio.run(cancel(own, session, exchange))
        assert outcome.exchange.turn.over
    assert [job.exchange.running for job in store.jobs.listed()] == [False]
    store.close()


def test_a_conversation_that_went_on_meanwhile_keeps_its_end() -> None:
    store = Store(None)
    first, _ = _say(Service(_short("a")), store)
    session = first.session
    own = Ports(Service(_short("b")), Screen(), store, FakeClock(time=2_000_000.0))
    job = asyncio.run(converse(own, session, SAID, SETTINGS, launch=True))
    next_ = asyncio.run(converse(own, session, SAID, {"deployment": "gpt"}))
    again, _ = _follow_one(Service(_short("b")), store, job.exchange)
    assert again.exchange.turn.text == "b "
    kept = store.load(session.id)
    assert kept is not None
    assert kept.head == next_.exchange.id
    store.close()


def _follow_one(service: Service, store: Store, exchange: Exchange) -> tuple[Outcome, Screen]:
    screen = Screen()
    session = store.load("s")
    assert session is not None
    return asyncio.run(follow(Ports(service, screen, store, FakeClock()), session, exchange)), screen


def test_waits_grow_stay_bounded_and_honour_the_service() -> None:
    looks = [look_wait(n, 0.5) for n in range(1, 40)]
    assert looks == sorted(looks)
    assert looks[-1] <= 20
    limited = ServiceError("slow down", status=429, retry_after_s=7.0)
    assert follow_wait(limited, 3, asked_s_ago=900, spread=0).seconds == 7.0  # type: ignore[union-attr]
    assert (
        follow_wait(ServiceError("x", status=429, retry_after_s=86_400.0), 1, asked_s_ago=0, spread=0) is None
    )
    assert follow_wait(SignInError("no", status=401), 1, asked_s_ago=0, spread=0) is None
    lost = [follow_wait(NetworkError("x"), n, asked_s_ago=0, spread=0) for n in range(1, 21)]
    assert lost[-1] is None
    assert max(wait.seconds for wait in lost if wait is not None) <= 30
    young = ServiceError("Response with id 'resp_1' not found.", status=404)
    assert follow_wait(young, 1, asked_s_ago=2, spread=0) is not None
    assert follow_wait(young, 1, asked_s_ago=3600, spread=0) is None


def test_a_turn_known_from_a_look_only_is_heard_from_the_beginning() -> None:
    store = Store(None)
    seen = Turn("resp_1", "in_progress", fold_wires([_running("one two")]).items)
    exchange = Exchange("e", None, SAID, seen, 1_000_000.0, origin="here", background=True)
    own = Ports(Service(_short()), Screen(), store, FakeClock())
    outcome = asyncio.run(follow(own, Session("s", "from elsewhere"), exchange))
    assert outcome.exchange.turn.text == "one two three "
    assert [job.exchange.id for job in store.jobs.listed()] == ["e"]
    store.close()
