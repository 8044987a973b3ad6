"""Rounds of answers: until nothing is asked, the user has enough, or the budget is used up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from azresp.core.session import Exchange, Session, settle
from azresp.core.sse import Wire
from azresp.errors import NetworkError
from azresp.ports import Outcome
from azresp.rounds import Budget, answer_rounds
from tests.engine.desk import NO, YES, Offer, Talk, call, exchange_of, local, mcp_ask, talk


@dataclass
class Service:
    """Hears what is said and answers with turns that were made beforehand."""

    turns: list[tuple[Wire, ...]]
    heard: list[tuple[Wire, ...]] = field(default_factory=list)
    error: NetworkError | None = None
    idents: count[int] = field(default_factory=lambda: count(2))

    async def hear(self, session: Session, said: tuple[Wire, ...]) -> Outcome:
        self.heard.append(said)
        items = self.turns.pop(0)
        exchange = replace(exchange_of(*items, ident=f"e{next(self.idents)}"), parent=session.head, said=said)
        return Outcome(settle(session, exchange), exchange, self.error)


def _rounds(
    one: Talk,
    service: Service,
    budget: Budget | None = None,
    more: tuple[bool, ...] = (),
    passes: Callable[[Session, tuple[Wire, ...]], Awaitable[bool]] | None = None,
) -> Outcome:
    wanted = list(more)
    asked: list[str] = []
    ticks = count(0)

    async def go_on(over: str) -> bool:
        asked.append(over)
        return wanted.pop(0)

    async def run() -> Outcome:
        return await answer_rounds(
            Outcome(one.session, one.exchange),
            service.hear,
            one.answerer,
            more=go_on,
            budget=budget or Budget(),
            now=lambda: float(next(ticks)),
            passes=passes,
        )

    outcome = asyncio.run(run())
    one.desk.lines += asked
    return outcome


MESSAGE: Wire = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "done"}]}


def _free(*names: str) -> Offer:
    return Offer(tuple(local(name) for name in names), free=frozenset(names))


def test_calls_are_answered_round_by_round_until_nothing_is_asked() -> None:
    one = talk(call("add"), offer=_free("add"))
    service = Service([(call("add", "{}", "call_2"), mcp_ask()), (MESSAGE,)])
    one.desk.decisions = [YES]
    outcome = _rounds(one, service)
    assert outcome.exchange.turn.text == "done"
    assert [[wire["type"] for wire in said] for said in service.heard] == [
        ["function_call_output"],
        ["function_call_output", "mcp_approval_response"],
    ]
    assert [exchange.id for exchange in outcome.session.path()] == ["e1", "e2", "e3"]


def test_a_turn_that_asks_nothing_is_left_as_it_is() -> None:
    one = talk(MESSAGE)
    assert _rounds(one, Service([])).exchange is one.exchange


@pytest.mark.parametrize("more", [(False,), (True, False)])
def test_an_endless_loop_ends_with_a_question_and_its_asks_stay_open(more: tuple[bool, ...]) -> None:
    one = talk(call("add"), offer=_free("add"))
    service = Service([(call("add", "{}", f"call_{n}"),) for n in range(2, 99)])
    outcome = _rounds(one, service, Budget(rounds=3), more)
    assert len(service.heard) == 3 * len(more)
    assert one.desk.lines[-1] == "3 rounds of tool calls"
    assert outcome.exchange.turn.items[0].wire["call_id"] == f"call_{1 + 3 * len(more)}"
    assert one.store.records.kept_answers(outcome.exchange.id) == []


def test_time_and_tokens_are_budgets_too() -> None:
    one = talk(call("add"), offer=_free("add"))
    _rounds(
        one, Service([(call("add", "{}", f"call_{n}"),) for n in range(2, 9)]), Budget(seconds=2.5), (False,)
    )
    assert one.desk.lines[-1] == "3 seconds of tool calls"
    usage = {"usage": {"total_tokens": 700}}
    other = talk(call("add"), offer=_free("add"))
    turn = replace(other.exchange.turn, response=usage)
    other.exchange = replace(other.exchange, turn=turn)
    _rounds(other, Service([]), Budget(tokens=600), (False,))
    assert other.desk.lines[-1] == "700 tokens for one question"


def test_answers_that_are_too_much_are_kept_and_not_sent() -> None:
    one = talk(call("add"), offer=_free("add"))
    service = Service([(MESSAGE,)])

    async def passes(session: Session, said: tuple[Wire, ...]) -> bool:
        return session.head != "e1" or not said

    outcome = _rounds(one, service, passes=passes)
    assert (outcome.exchange, service.heard) == (one.exchange, [])
    assert len(one.store.records.kept_answers("e1")) == 1


def test_an_error_ends_the_rounds() -> None:
    one = talk(call("add"), offer=_free("add"))
    error = NetworkError("gone")
    outcome = _rounds(one, Service([(call("add", "{}", "call_2"),)], error=error))
    assert outcome.error is error


def test_asks_that_nobody_answers_stay_open() -> None:
    from azresp.core.approval import Decision, Verdict

    one = talk(mcp_ask(), decisions=[Decision(Verdict.LATER, "nobody")])
    outcome = _rounds(one, Service([]))
    assert outcome.exchange is one.exchange


def test_a_user_who_stops_is_not_followed_by_another_request() -> None:
    one = talk(mcp_ask(), decisions=[replace(NO, halt=True)])
    service = Service([])
    outcome = _rounds(one, service)
    assert service.heard == []
    assert isinstance(outcome.exchange, Exchange)
