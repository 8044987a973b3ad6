"""Tokens and money of exchanges at hand, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from azresp.core.session import Exchange
from azresp.core.usage import Prices, Spent, Tally, Usage, money_shown, tally, usage_in


def usage_of(exchange: Exchange) -> Usage | None:
    """What the service counted for an exchange; None where it did not."""
    return usage_in(exchange.turn.response)


def total(exchanges: Iterable[Exchange]) -> Usage:
    """The sum over exchanges."""
    return sum((found for one in exchanges if (found := usage_of(one)) is not None), Usage())


def spent_by(exchange: Exchange, key: str = "", label: str = "") -> Spent:
    """What one exchange took."""
    usage = usage_of(exchange)
    model = exchange.turn.response.get("model")
    return Spent(
        key,
        label,
        exchange.deployment,
        model if isinstance(model, str) else "",
        1,
        int(usage is None),
        usage or Usage(),
    )


def tally_of(exchanges: Iterable[Exchange], prices: Prices) -> Tally:
    """The sum over exchanges, with money."""
    return sum((tally(spent_by(one), prices) for one in exchanges), Tally())


def usage_line(heard: Sequence[Exchange], seconds: float, prices: Prices, window: object = None) -> str:
    """One quiet line after an answer: requests, tokens, money, how much of the model's window, seconds.

    Empty where the service counted nothing.
    """
    found = tally_of(heard, prices)
    if found.unknown == found.requests:
        return ""
    requests = f"{len(heard)} requests · " if len(heard) > 1 else ""
    last = usage_of(heard[-1])
    full = (
        f" · {last.total / window:.0%} of the context" if isinstance(window, int) and last is not None else ""
    )
    return f"{requests}{told(found)}{full} · {seconds:.1f} s"


def told(found: Tally) -> str:
    """Tokens, and money as far as prices are known."""
    money = money_of(found)
    return f"{found.usage} tokens{f' · {money}' if money else ''}"


def money_of(found: Tally) -> str:
    """The money of a sum; `≥` where some of its requests have no price. Empty where nothing has one."""
    money = money_shown(found.money)
    return f"≥{money}" if money and found.unpriced else money
