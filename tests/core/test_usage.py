"""Tokens and money: what is read of the wire, what it costs, and that sums do not depend on how they are made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.usage import (
    PICO,
    Price,
    Spent,
    Tally,
    Usage,
    money_shown,
    price_of,
    tallies,
    tally,
    usage_in,
)

_COUNTS = st.integers(0, 10_000_000)
_USAGES = st.builds(
    lambda given, cached, made, thought: Usage(given, min(cached, given), made, min(thought, made)),
    _COUNTS,
    _COUNTS,
    _COUNTS,
    _COUNTS,
)
_AMOUNTS = st.integers(0, 100_000_000)
PRICES = {"a": Price(1_250_000, 125_000, 10_000_000, "USD"), "b": Price(333_333, 111_111, 777_777, "EUR")}


@st.composite
def _spent(draw: st.DrawFn) -> Spent:
    unknown = draw(st.integers(0, 2))
    counted = draw(st.integers(0, 3))
    usage = draw(_USAGES) if counted else Usage()
    deployment = draw(st.sampled_from(["a", "b", "c"]))
    return Spent(draw(st.sampled_from("xyz")), "", deployment, "", counted + unknown, unknown, usage)


@given(st.lists(_spent()), st.lists(st.sampled_from("pqr"), min_size=1))
def test_sums_by_any_grouping_are_equal(spent: list[Spent], keys: list[str]) -> None:
    def grand(some: list[Spent]) -> Tally:
        return sum((one for _, one in tallies(some, PRICES).values()), Tally())

    other = [one._replace(key=keys[at % len(keys)]) for at, one in enumerate(reversed(spent))]
    assert grand(spent) == grand(other) == sum((tally(one, PRICES) for one in spent), Tally())


@given(_USAGES, _AMOUNTS, _AMOUNTS, _AMOUNTS)
def test_every_token_is_billed_once(usage: Usage, given: int, cached: int, made: int) -> None:
    price = Price(given, cached, made)
    fresh = Usage(usage.input - usage.cached, 0, usage.output)
    assert price.of(usage) == price.of(fresh) + price.of(Usage(usage.cached, usage.cached))
    assert price.of(Usage(usage.cached, usage.cached)) == usage.cached * cached
    assert Price(given, given, made).of(usage) == usage.input * given + usage.output * made


def test_a_million_tokens_cost_their_price() -> None:
    price = Price(1_250_000, 125_000, 10_000_000, "USD")
    assert price.of(Usage(1_000_000, 0, 0)) == 1.25 * PICO
    assert price.of(Usage(1_000_000, 400_000, 1_000_000, 900_000)) == (0.75 + 0.05 + 10) * PICO


_JSON: Any = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([])


@given(
    st.dictionaries(
        st.sampled_from(
            ["input_tokens", "output_tokens", "input_tokens_details", "output_token_details", "total_tokens"]
        ),
        _JSON | st.dictionaries(st.sampled_from(["cached_tokens", "reasoning_tokens"]), _JSON),
    )
)
def test_whatever_the_service_tells_is_read_or_no_count(told: dict[str, Any]) -> None:
    found = usage_in({"usage": told})
    assert found is None or (0 <= found.cached <= found.input and 0 <= found.reasoning <= found.output)
    assert found is None or found.total > 0


def test_usage_is_read_under_both_names_and_zeros_are_no_count() -> None:
    azure = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 64},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 12},
        "total_tokens": 120,
    }
    project = {
        "input_tokens": 100,
        "input_tokens_details": None,
        "input_token_details": {"cached_tokens": 64},
        "output_tokens": 20,
        "output_token_details": {"reasoning_tokens": 12},
    }
    assert usage_in({"usage": azure}) == usage_in({"usage": project}) == Usage(100, 64, 20, 12)
    assert usage_in({"usage": None}) is usage_in({}) is usage_in({"usage": {"input_tokens": 0}}) is None


@pytest.mark.parametrize(
    ("deployment", "model", "found"),
    [
        ("mine", "", "mine"),
        ("mine", "gpt-5", "mine"),
        ("other", "gpt-5", "gpt-5"),
        ("other", "gpt-5-2025-08-07", "gpt-5"),
        ("other", "gpt-5-mini", None),
        ("other", "", None),
    ],
)
def test_a_price_is_found_by_deployment_then_model(deployment: str, model: str, found: str | None) -> None:
    prices = {"mine": Price(1, 1, 1), "gpt-5": Price(2, 2, 2)}
    assert price_of(prices, deployment, model) is (prices[found] if found else None)
    assert price_of({}, deployment, model) is None


def test_money_is_shown_with_the_digits_that_matter() -> None:
    picos = {"USD": PICO * 1234, "EUR": PICO // 80, "": 1}
    assert money_shown(picos) == "1,234.00 USD + 0.0125 EUR + <0.0001"
    assert (money_shown({"EUR": 0}), money_shown({})) == ("0.00 EUR", "")
