"""Tokens as the service counted them, what they cost, and sums of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from azresp.core.sse import Wire

PICO = 1_000_000_000_000
"""Money is counted in whole picos of a currency, so that sums are exact whatever their order."""

_MOST = 1 << 53
_DATE = re.compile(r"-\d{4}-\d\d-\d\d$")


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts; cached ones are part of the input, reasoning ones of the output."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.reasoning + other.reasoning,
        )

    @property
    def total(self) -> int:
        """All tokens."""
        return self.input + self.output

    def __str__(self) -> str:
        cached = f" ({self.cached:,} cached)" if self.cached else ""
        reasoning = f" ({self.reasoning:,} reasoning)" if self.reasoning else ""
        return f"{self.input:,} in{cached} · {self.output:,} out{reasoning}"


def usage_in(response: Wire) -> Usage | None:
    """What the service counted for a response; None where it did not.

    All zeros are no count: an answer that broke off, or is still running, has them at some endpoints (wire-facts).
    """
    told = response.get("usage")
    if not isinstance(told, dict):
        return None
    # Foundry's project endpoint has the details under names without the s.
    details_in = _dict(told, "input_tokens_details") or _dict(told, "input_token_details")
    details_out = _dict(told, "output_tokens_details") or _dict(told, "output_token_details")
    given, made = _count(told, "input_tokens"), _count(told, "output_tokens")
    if not given and not made:
        return None
    cached, reasoning = _count(details_in, "cached_tokens"), _count(details_out, "reasoning_tokens")
    return Usage(given, min(cached, given), made, min(reasoning, made))


def _dict(told: Wire, key: str) -> Wire:
    value = told.get(key)
    return value if isinstance(value, dict) else {}


def _count(told: Wire, key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else 0


@dataclass(frozen=True, slots=True)
class Price:
    """What the tokens of a model cost: each in millionths of the currency for a million tokens, so picos for one."""

    input: int
    cached: int
    """input that the service had in its cache"""
    output: int
    """reasoning is part of it"""
    currency: str = ""

    def of(self, usage: Usage) -> int:
        """What these tokens cost, in picos. Cached tokens are billed once, at their own price."""
        cached = min(usage.cached, usage.input)
        return (usage.input - cached) * self.input + cached * self.cached + usage.output * self.output


Prices = Mapping[str, Price]
"""By deployment or model, as the user wrote them down."""


def price_of(prices: Prices, deployment: str, model: str = "") -> Price | None:
    """The price of a deployment, else of the model it told, with its date or without; None where none is known."""
    if not prices:
        return None
    return prices.get(deployment) or prices.get(model) or prices.get(_undated(model))


def _undated(model: str) -> str:
    """`gpt-5-mini` of `gpt-5-mini-2025-08-07`."""
    return _DATE.sub("", model)


class Spent(NamedTuple):
    """What some exchanges took that have a key and a price in common."""

    key: str
    label: str
    deployment: str
    model: str
    requests: int
    unknown: int
    """requests that the service counted nothing for"""
    usage: Usage


@dataclass(frozen=True, slots=True)
class Tally:
    """A sum: requests, tokens and money."""

    requests: int = 0
    unknown: int = 0
    unpriced: int = 0
    """requests with tokens and without a price"""
    usage: Usage = Usage()
    money: Mapping[str, int] = field(default_factory=dict)
    """picos by currency"""

    def __add__(self, other: Tally) -> Tally:
        money = dict(self.money)
        for currency, picos in other.money.items():
            money[currency] = money.get(currency, 0) + picos
        return Tally(
            self.requests + other.requests,
            self.unknown + other.unknown,
            self.unpriced + other.unpriced,
            self.usage + other.usage,
            money,
        )


def tally(spent: Spent, prices: Prices) -> Tally:
    """What was spent, with what it cost where that is known."""
    counted = spent.requests - spent.unknown
    price = price_of(prices, spent.deployment, spent.model)
    if price is None or not counted:
        return Tally(spent.requests, spent.unknown, counted, spent.usage)
    return Tally(spent.requests, spent.unknown, 0, spent.usage, {price.currency: price.of(spent.usage)})


def tallies(spent: Iterable[Spent], prices: Prices) -> dict[str, tuple[str, Tally]]:
    """The label and sum of each key, in the order in which keys first come."""
    found: dict[str, tuple[str, Tally]] = {}
    for one in spent:
        _, before = found.get(one.key, ("", Tally()))
        found[one.key] = (one.label, before + tally(one, prices))
    return found


def money_shown(money: Mapping[str, int]) -> str:
    """`1.23 EUR`; small amounts with four digits, several currencies side by side; empty for none."""
    return " + ".join(f"{_amount(picos)} {currency}".strip() for currency, picos in money.items())


def _amount(picos: int) -> str:
    if 0 < picos < PICO // 10_000:
        return "<0.0001"
    value = picos / PICO
    return f"{value:,.2f}" if picos >= PICO or not picos else f"{value:.4f}"
