"""Prices of the file: what they mean, and what is said about wrong ones. There are none without the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from azresp.config.example import example
from azresp.config.file import parse
from azresp.config.load import validate
from azresp.core.usage import Price
from azresp.errors import ConfigError
from tests.config.test_tools import loaded_from, refusal


def test_prices_are_read_for_all_profiles(tmp_path: Path) -> None:
    text = """
    [prices.gpt-5]
    input = 1.25
    cached_input = 0.125
    output = 10
    currency = "USD"
    [prices."gpt-4.1"]
    input = 2
    output = 8.5
    [profiles.work]
    """
    assert loaded_from(tmp_path, text).prices == {
        "gpt-5": Price(1_250_000, 125_000, 10_000_000, "USD"),
        "gpt-4.1": Price(2_000_000, 2_000_000, 8_500_000),
    }


def test_there_are_no_prices_but_the_users(tmp_path: Path) -> None:
    assert loaded_from(tmp_path, "").prices == loaded_from(tmp_path, example()).prices == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices = 3", "config.toml: prices: must be tables like [prices.gpt-5], got 3 | "),
        ("[prices.gpt-5]\ninput = 1", "prices.gpt-5.output: is missing"),
        ("[prices.gpt-5]\ninput = -1\noutput = 1", "prices.gpt-5.input: must be a price"),
        ("[prices.gpt-5]\ninput = nan\noutput = 1", "prices.gpt-5.input: must be a price"),
        ("[prices.gpt-5]\ninput = 1\noutput = true", "prices.gpt-5.output: must be a price"),
        ("[prices.gpt-5]\ninput = 1\noutput = 1\ncurrency = 'a b'", "currency: must be a short word"),
        ("[prices.gpt-5]\nintput = 1\noutput = 1", "Did you mean input?"),
        ("[prices.gpt-4.1]\ninput = 1\noutput = 1", '[prices."gpt-4.1"]'),
        ("[profiles.work.prices.gpt-5]\ninput = 1\noutput = 1", "profiles.work.prices: unknown setting"),
    ],
)
def test_a_wrong_price_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, text)
    with pytest.raises(ConfigError):
        validate(parse(text, tmp_path / "config.toml"), tmp_path / "config.toml")
