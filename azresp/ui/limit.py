"""Asking before a request above a limit of tokens or money: `warn_tokens`, `warn_cost`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azresp.core.context import said_tokens, size
from azresp.core.session import Session
from azresp.core.sse import Wire
from azresp.core.usage import PICO, Prices, Usage, money_shown, price_of

if TYPE_CHECKING:
    from azresp.ui.chat import Chat
    from azresp.ui.ports import Tuner


@dataclass(frozen=True, slots=True)
class Limit:
    """From how much on a request is asked for; 0: from nothing on."""

    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Sending:
    """What a request would take, estimated."""

    said: int
    before: int
    """tokens of the conversation so far"""
    picos: int | None
    """what its input costs, cached or not; None without a price"""
    currency: str = ""

    @property
    def tokens(self) -> int:
        """All of its input."""
        return self.said + self.before

    def over(self, limit: Limit, agreed: Sending | None = None) -> bool:
        """Whether it is above a limit, or above what was agreed to by as much again."""
        tokens = agreed.tokens if agreed is not None else 0
        picos = (agreed.picos or 0) if agreed is not None else 0
        dear = limit.cost > 0 and self.picos is not None and self.picos > picos + limit.cost * PICO
        return dear or 0 < limit.tokens < self.tokens - tokens

    def too_much(self, limit: Limit) -> bool:
        """Whether to stop where nobody can be asked: for money, and for what is said now.

        A conversation that has grown over the limit of tokens is no mistake of this request: that is only told.
        """
        return replace(self, before=0).over(Limit(limit.tokens)) or self.over(Limit(0, limit.cost))

    def __str__(self) -> str:
        parts = f", ~{self.before:,} of them the conversation so far" if self.before else ""
        money = "" if self.picos is None else f", for ~{money_shown({self.currency: self.picos})} of input"
        return f"~{self.tokens:,} tokens{parts}{money}".replace("~<", "<")


def sending(
    session: Session, said: Iterable[Wire], settings: Mapping[str, object], prices: Prices
) -> Sending:
    """What saying this in the session would take."""
    told, before = said_tokens(said), size(session.path(), settings).tokens
    price = price_of(prices, str(settings.get("deployment")))
    if price is None:
        return Sending(told, before, None)
    return Sending(told, before, price.of(Usage(told + before)), price.currency)


@dataclass(slots=True)
class Gate:
    """Asks before what a chat says goes out, where it is above the limits."""

    prices: Prices = field(default_factory=dict)
    _agreed: dict[str, Sending] = field(default_factory=dict)
    """the last yes, by session: a conversation that grew is not asked about at each turn"""
    _told_unpriced: bool = False

    async def passes(self, chat: Chat, session: Session, said: Iterable[Wire]) -> bool:
        """Whether to send it: it is small enough, or the user says yes."""
        limit = _limit_of(chat.tuner)
        settings = {**chat.tuner.request(), **chat.tools.request()}
        found = sending(session, said, settings, self.prices)
        if limit.cost and found.picos is None and not self._told_unpriced:
            self._told_unpriced = True
            chat.terminal.dim(unpriced(str(settings.get("deployment"))))
        if not found.over(limit, self._agreed.get(session.id)):
            return True
        if await chat.confirm(f"This takes {found}. Send it?"):
            self._agreed[session.id] = found
            return True
        chat.terminal.dim("not sent · /set warn_tokens and /set warn_cost change from when on I ask")
        return False


def _limit_of(settings: Tuner) -> Limit:
    """The limits in force."""
    tokens, cost = settings.value("warn_tokens"), settings.value("warn_cost")
    return Limit(tokens if isinstance(tokens, int) else 0, cost if isinstance(cost, float) else 0.0)


def unpriced(deployment: str) -> str:
    """That a limit of money can't be watched."""
    return f"warn_cost watches nothing: there is no price for {deployment}, [prices.NAME] in config.toml"
