"""Tokens of a turn and of a session, as the service counted them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from azresp.core.session import Exchange
from azresp.core.sse import Wire


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


def usage_of(exchange: Exchange) -> Usage | None:
    """What the service counted for an exchange; None where it did not."""
    told = exchange.turn.response.get("usage")
    if not isinstance(told, dict):
        return None
    # Foundry's project endpoint has the details under names without the s.
    details_in = _dict(told, "input_tokens_details") or _dict(told, "input_token_details")
    details_out = _dict(told, "output_tokens_details") or _dict(told, "output_token_details")
    return Usage(
        _count(told, "input_tokens"),
        _count(details_in, "cached_tokens"),
        _count(told, "output_tokens"),
        _count(details_out, "reasoning_tokens"),
    )


def total(exchanges: Iterable[Exchange]) -> Usage:
    """The sum over exchanges."""
    return sum((found for one in exchanges if (found := usage_of(one)) is not None), Usage())


def usage_line(heard: Sequence[Exchange], seconds: float) -> str:
    """One quiet line after an answer: requests, tokens and seconds; empty where the service counted nothing."""
    if not any(usage_of(one) for one in heard):
        return ""
    requests = f"{len(heard)} requests · " if len(heard) > 1 else ""
    return f"{requests}{total(heard)} tokens · {seconds:.1f} s"


def _dict(told: Wire, key: str) -> Wire:
    value = told.get(key)
    return value if isinstance(value, dict) else {}


def _count(told: Wire, key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) else 0
