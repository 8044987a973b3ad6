"""Saying something: what is kept when, what goes again, and what a stop leaves."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from azresp.core.retry import SETTLING_S
from azresp.core.session import Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import INTERRUPTED, Turn
from azresp.engine import converse
from azresp.errors import NetworkError, ServiceError, SignInError
from azresp.ports import Outcome, Ports
from azresp.store.store import Store
from tests.engine.ports import SETTINGS, FakeClock, Nobody, Screen, ports, say
from tests.replay import EVENTS, ReplayServer, Reply, answer, cut, stream

CREATED: Wire = {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}
OPENED: Wire = {
    "type": "response.output_item.added",
    "output_index": 0,
    "item": {"type": "message", "id": "m", "content": []},
}


def _delta(text: str) -> Wire:
    return {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}


def _completed(text: str, ident: str = "resp_1", **more: Any) -> Wire:
    item = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": text}]}
    response = {"id": ident, "status": "completed", "output": [item]} | more
    return {"type": "response.completed", "response": response}


def _numbered(*wires: Wire) -> list[Wire]:
    return [wire | {"sequence_number": number} for number, wire in enumerate(wires)]


def _answer(text: str, **more: Any) -> Reply:
    return stream(*_numbered(CREATED, OPENED, _delta(text), _completed(text, **more)))


HELLO = _answer("hello")
LOST = answer(
    {"error": {"code": "previous_response_not_found", "message": "Previous response … not found."}}, 400
)


def test_an_answer_becomes_the_head_of_its_session() -> None:
    with ReplayServer(HELLO) as server:
        outcome, screen = asyncio.run(say(server.base_url))
    assert outcome.error is None
    assert not outcome.stopped
    assert outcome.exchange.turn.text == "hello"
    assert outcome.session.head == outcome.exchange.id
    assert [wire["type"] for wire in screen.wires][-1] == "response.completed"


def test_the_question_is_in_the_store_before_it_is_sent() -> None:
    store = Store(None)
    kept: list[list[Exchange]] = []

    class Spying(Nobody):
        origin = "here"

        async def open(
            self, body: Wire, headers: Mapping[str, str] | None = None
        ) -> AsyncIterator[list[Wire]]:
            kept.append(store.all_exchanges("s"))
            yield _numbered(CREATED, _completed("x"))

    own = Ports(Spying(), Screen(), store, FakeClock())
    asyncio.run(converse(own, Session("s", "talk"), (message("hi"),), SETTINGS))
    assert [exchange.question for exchange in kept[0]] == ["hi"]
    store.close()


def test_what_was_shown_is_kept_before_it_is_shown_and_the_id_as_soon_as_it_is_named() -> None:
    store = Store(None)
    screen = Screen()
    found: list[tuple[str, bool]] = []

    def look(turn: Turn) -> None:
        store.keep()
        (kept,) = store.all_exchanges("session-1")
        found.append((kept.turn.text, store.find("resp_1") is not None))
        assert kept.turn.text == turn.text

    screen.on_show = look

    async def run(base_url: str) -> None:
        async with ports(base_url, store) as own:
            await converse(replace(own, screen=screen), Session("session-1", "t"), (message("hi"),), SETTINGS)

    keepalive = {"type": "keepalive"}
    wires = _numbered(keepalive, CREATED, OPENED, _delta("a"), _delta("b"), _completed("ab"))
    with ReplayServer(stream(*wires, piece=EVENTS)) as server:
        asyncio.run(run(server.base_url))
    assert found[-1] == ("ab", True)
    store.close()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(end="drop"), NetworkError),
        (cut(HELLO, 0), NetworkError),
        (cut(HELLO, 150), NetworkError),
        (Reply(HELLO.body[:200], end="reset"), NetworkError),
        (Reply(), NetworkError),
        (answer({"error": {"message": "boom"}}, 500), ServiceError),
        (answer({"error": {"message": "late"}}, 408), ServiceError),
        (answer({"error": {"message": "who"}}, 401), SignInError),
        (Reply(b"<html>", headers={"content-type": "text/html"}), NetworkError),
    ],
)
def test_a_post_that_may_have_been_seen_is_sent_once(reply: Reply, error: type[Exception]) -> None:
    with ReplayServer([reply, HELLO]) as server:
        outcome, screen = asyncio.run(say(server.base_url))
    assert server.posts() == 1
    assert type(outcome.error) is error
    assert outcome.session.head is None
    assert screen.waits == []
    assert (
        isinstance(outcome.error, ServiceError)
        or "unknown" in str(outcome.error)
        or outcome.error is not None
    )


def test_nothing_is_sent_again_once_anything_was_heard_whatever_the_error_says() -> None:
    opened: list[Wire] = []

    class Breaking(Nobody):
        origin = "here"

        async def open(
            self, body: Wire, headers: Mapping[str, str] | None = None
        ) -> AsyncIterator[list[Wire]]:
            opened.append(body)
            yield _numbered({"type": "keepalive"})
            raise NetworkError("gone", reached=False)

    store, screen = Store(None), Screen()
    own = Ports(Breaking(), screen, store, FakeClock())
    outcome = asyncio.run(converse(own, Session("s", "talk"), (message("hi"),), SETTINGS))
    assert (len(opened), screen.waits) == (1, [])
    assert isinstance(outcome.error, NetworkError)
    store.close()


def test_a_rate_limit_is_waited_for_visibly_second_by_second() -> None:
    limited = answer({"error": {"code": "429", "message": "slow"}}, 429, retry_after_ms="2500")
    with ReplayServer([limited, HELLO]) as server:
        outcome, screen = asyncio.run(say(server.base_url))
    assert outcome.exchange.turn.text == "hello"
    assert [(wait.attempt, left) for wait, left in screen.waits] == [(2, 2.5), (2, 1.5), (2, 0.5)]
    assert screen.resumes == 1
    assert server.posts() == 2


def test_a_wait_longer_than_two_minutes_is_for_the_user_to_decide() -> None:
    with ReplayServer(answer({"error": {"message": "later"}}, 429, retry_after="86400")) as server:
        outcome, screen = asyncio.run(say(server.base_url))
    assert isinstance(outcome.error, ServiceError)
    assert outcome.error.retry_after_s == 86400
    assert (screen.waits, server.posts()) == ([], 1)


def test_a_fault_that_the_service_calls_repeatable_goes_again_a_stated_number_of_times() -> None:
    with ReplayServer(answer({"error": {"message": "boom"}}, 503, x_should_retry="true")) as server:
        outcome, screen = asyncio.run(say(server.base_url))
    assert isinstance(outcome.error, ServiceError)
    assert server.posts() == 4
    assert {wait.of for wait, _ in screen.waits} == {4}


def test_a_rate_limit_inside_the_stream_is_an_answer_and_not_sent_again() -> None:
    failed = {"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "error": None}}
    reason = {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "slow"}}
    with ReplayServer(stream(*_numbered(CREATED, failed, reason), piece=EVENTS)) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    fault = outcome.exchange.turn.fault
    assert (outcome.error, outcome.exchange.turn.status) == (None, "failed")
    assert fault is not None
    assert fault.code == "rate_limit_exceeded"
    assert server.posts() == 1


@pytest.mark.parametrize("tail", [[], [{"type": "error", "error": {"code": "c", "message": "m"}}]])
def test_a_failure_whose_stream_stays_open_ends_all_the_same(
    tail: list[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azresp.hearing.REASON_FOLLOWS_S", 0.3)
    monkeypatch.setattr("azresp.hearing.END_FOLLOWS_S", 0.1)
    failed = {"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "error": None}}
    with ReplayServer(stream(*_numbered(CREATED, failed, *tail), end="stall")) as server:
        outcome, _ = asyncio.run(say(server.base_url))
    assert (outcome.error, outcome.exchange.turn.status) == (None, "failed")
    assert (outcome.exchange.turn.fault is not None) == bool(tail)


async def _chained(
    server: ReplayServer, asked_s_ago: float, took_s: float | None
) -> tuple[Outcome, Screen, FakeClock]:
    """A question that follows an answer of some time ago; the service's clock is off by years."""
    dated = {} if took_s is None else {"created_at": 5, "completed_at": 5 + took_s}
    async with ports(server.base_url, None) as own:
        clock, screen = own.clock, own.screen
        assert isinstance(clock, FakeClock)
        assert isinstance(screen, Screen)
        turn = Turn("resp_0", "completed", response=dated)
        last = Exchange("exchange-old", None, (), turn, clock.now() - asked_s_ago, origin=own.gateway.origin)
        session = Session("s", "t", last.id, {}, {last.id: last})
        outcome = await converse(own, session, (message("and?"),), SETTINGS)
        return outcome, screen, clock


def test_a_response_that_the_service_is_still_storing_is_waited_for() -> None:
    with ReplayServer([LOST, LOST, HELLO]) as server:
        outcome, screen, clock = asyncio.run(_chained(server, 12, 10.0))
    assert outcome.exchange.turn.text == "hello"
    assert clock.slept == 1.5
    assert screen.resumes == 2
    assert [request.json["previous_response_id"] for request in server.requests] == ["resp_0"] * 3


def test_waiting_for_it_ends_after_the_longest_delay_ever_seen() -> None:
    with ReplayServer(LOST) as server:
        outcome, _, clock = asyncio.run(_chained(server, 12, 10.0))
    assert isinstance(outcome.error, ServiceError)
    assert outcome.error.code == "previous_response_not_found"
    assert clock.slept == SETTLING_S


@pytest.mark.parametrize("took_s", [10.0, 10**400])
def test_a_response_of_long_ago_is_not_waited_for(took_s: float) -> None:
    with ReplayServer(LOST) as server:
        outcome, screen, _ = asyncio.run(_chained(server, 3600, took_s))
    assert isinstance(outcome.error, ServiceError)
    assert (screen.waits, server.posts()) == ([], 1)


async def _stopped(server: ReplayServer, when: asyncio.Event, screen: Screen) -> tuple[Outcome, Store]:
    store = Store(None)
    async with ports(server.base_url, store) as own:
        task = asyncio.create_task(
            converse(replace(own, screen=screen), Session("s", "t"), (message("hi"),), SETTINGS)
        )
        await when.wait()
        task.cancel()
        outcome = await task
        assert task.cancelling() == 0
        if outcome.exchange.turn.id or not screen.waits:
            assert await asyncio.to_thread(server.left.wait, 10), "the socket stayed open"
        return outcome, store


def test_a_stop_in_mid_answer_keeps_what_was_heard_and_closes_the_socket() -> None:
    async def run() -> tuple[Outcome, Store]:
        heard = asyncio.Event()
        screen = Screen(on_show=lambda turn: heard.set() if turn.text == "hel" else None)
        return await _stopped(server, heard, screen)

    with ReplayServer(stream(*_numbered(CREATED, OPENED, _delta("hel")), end="stall")) as server:
        outcome, store = asyncio.run(run())
        gc.collect()
    assert (outcome.stopped, outcome.error) == (True, None)
    assert (outcome.exchange.turn.status, outcome.exchange.turn.text) == (INTERRUPTED, "hel")
    assert store.all_exchanges("s") == [outcome.exchange]
    assert (outcome.session.head, server.posts()) == (None, 1)
    store.close()


def test_a_stop_before_the_first_byte_closes_the_socket_and_seals_the_question() -> None:
    async def run() -> tuple[Outcome, Store]:
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, lambda: server.asked.wait(10) and loop.call_soon_threadsafe(asked.set))
        return await _stopped(server, asked, Screen())

    with ReplayServer(Reply(end="silence")) as server:
        outcome, store = asyncio.run(run())
    assert outcome.stopped
    assert [one.question for one in store.all_exchanges("s")] == ["hi"]
    store.close()


def test_a_stop_during_a_countdown_sends_nothing_more() -> None:
    async def run() -> tuple[Outcome, Store]:
        counting = asyncio.Event()
        return await _stopped(server, counting, Screen(on_wait=lambda left_s: counting.set()))

    limited = answer({"error": {"message": "slow"}}, 429, retry_after="100")
    with ReplayServer([limited, Reply(end="drop")]) as server:
        outcome, store = asyncio.run(run())
    assert outcome.stopped
    assert server.posts() == 1
    store.close()


def test_a_connection_is_kept_for_the_next_question() -> None:
    async def run(base_url: str) -> None:
        async with ports(base_url, None) as own:
            session = Session("s", "t")
            for _ in range(3):
                outcome = await converse(own, session, (message("hi"),), SETTINGS)
                session = outcome.session
        assert len(session.path()) == 3

    with ReplayServer(HELLO) as server:
        asyncio.run(run(server.base_url))
    assert (server.posts(), server.connections) == (3, 1)


def test_a_store_that_can_not_be_written_keeps_nobody_from_an_answer() -> None:
    store = Store(None)
    store.close()

    async def run(base_url: str) -> Outcome:
        async with ports(base_url, store) as own:
            return await converse(own, Session("s", "t"), (message("hi"),), SETTINGS)

    with ReplayServer(HELLO) as server:
        outcome = asyncio.run(run(server.base_url))
    assert (outcome.error, outcome.exchange.turn.text) == (None, "hello")
    assert outcome.session.head == outcome.exchange.id
    assert "closed" in store.trouble


def test_a_screen_that_breaks_is_a_bug_that_flies_and_the_turn_is_sealed() -> None:
    store = Store(None)

    def broken(turn: Turn) -> None:
        raise ZeroDivisionError

    async def run(base_url: str) -> None:
        async with ports(base_url, store) as own:
            await converse(
                replace(own, screen=Screen(on_show=broken)), Session("s", "t"), (message("hi"),), SETTINGS
            )

    with ReplayServer(HELLO) as server, pytest.raises(ZeroDivisionError):
        asyncio.run(run(server.base_url))
    (kept,) = store.all_exchanges("s")
    assert kept.turn.id == "resp_1"
    store.close()
