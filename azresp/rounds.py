"""Rounds: what a turn asks is answered by the next thing said, until it asks nothing or the budget is used up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from azresp.answering import Answered
from azresp.core.asks import asks
from azresp.core.session import Exchange, Session
from azresp.core.sse import Wire
from azresp.ports import Outcome

Hear = Callable[[Session, tuple[Wire, ...]], Awaitable[Outcome]]
"""Says something in a session and hears the answer."""


class Answers(Protocol):
    """Who answers asks."""

    async def answer(self, session: Session, exchange: Exchange) -> Answered: ...


@dataclass(frozen=True, slots=True)
class Budget:
    """What one question may take without asking again."""

    rounds: int = 25
    seconds: float = 900.0
    tokens: int = 0
    """0: no limit"""


@dataclass(frozen=True, slots=True)
class _Spent:
    """What a question has taken so far."""

    rounds: int = 0
    seconds: float = 0.0
    """of hearing and running; a user may take their time to decide"""
    tokens: int = 0

    def over(self, budget: Budget) -> str:
        """Which limit is reached, as words; empty for none."""
        if self.rounds >= budget.rounds:
            return f"{self.rounds} rounds of tool calls"
        if self.seconds >= budget.seconds:
            return f"{self.seconds:.0f} seconds of tool calls"
        if budget.tokens and self.tokens >= budget.tokens:
            return f"{self.tokens:,} tokens for one question"
        return ""


async def answer_rounds(
    outcome: Outcome,
    hear: Hear,
    answers: Answers,
    *,
    more: Callable[[str], Awaitable[bool]],
    budget: Budget,
    now: Callable[[], float],
    passes: Callable[[Session, tuple[Wire, ...]], Awaitable[bool]] | None = None,
) -> Outcome:
    """Answer what the turn asks and hear what follows, round by round; gives the last outcome.

    `more` is asked when the budget is used up; a yes gives as much again. `passes`: whether answers may be sent, which
    can be large. Asks that nobody answers stay open: the last outcome's turn has them still, and answers that were not
    sent are on record.
    """
    spent = _Spent(tokens=_tokens(outcome))
    while not outcome.stopped and outcome.error is None and asks(outcome.exchange.turn):
        if over := spent.over(budget):
            if not await more(over):
                return outcome
            spent = _Spent()
        given = await answers.answer(outcome.session, outcome.exchange)
        if given.said is None or given.halted:
            return outcome
        if passes is not None and not await passes(outcome.session, given.said):
            return outcome
        began = now()
        outcome = await hear(outcome.session, given.said)
        seconds = spent.seconds + given.seconds + now() - began
        spent = _Spent(spent.rounds + 1, seconds, spent.tokens + _tokens(outcome))
    return outcome


def _tokens(outcome: Outcome) -> int:
    usage = outcome.exchange.turn.response.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) else 0
