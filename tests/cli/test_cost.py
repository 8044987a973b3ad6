"""Tokens, money and limits as somebody sees them: in a chat, and from scripts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from azresp.emulator import Emulator, Settings
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House

PRICES = '[prices.gpt-5-mini]\ninput = 1000\ncached_input = 100\noutput = 2000\ncurrency = "EUR"\n'


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str]) -> Iterator[House]:
    """The model has a small window, and the user wrote prices down."""
    (tmp_path / "config" / "azresp").mkdir(mode=0o700)
    config = tmp_path / "config" / "azresp" / "config.toml"
    config.touch(0o600)
    config.write_text(PRICES)
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, context_tokens=300)) as emulator:
        yield House(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator)


def _said(house: House) -> list[str]:
    return [body["input"][-1]["content"][0]["text"] for body in house.bodies if body.get("stream")]


def test_a_chat_tells_tokens_money_and_context_and_asks_before_much(house: House) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada").wait("EUR ·")
        chat.ask("/context").wait("tokens,").wait("questions (1)").wait("truncation")
        chat.ask("/set context_window 1000").ask("/context").wait("% of 1,000")
        chat.ask("/usage").wait("1 my name is Ada").wait("reasoning").wait("money")
        chat.ask("/usage day 7d").ask("/usage week").wait("/usage takes turn, session, model, day")
        chat.ask("/set warn_tokens 40").keys("what is my name?\r").wait("of them the conversation so far")
        chat.keys("n\r").wait("not sent").ready()
        assert _said(house) == ["my name is Ada"]
        chat.keys("/bg what is my name?\r").wait("Send it?", 2).keys("n\r").wait("not sent", 2).ready()
        chat.keys("what is my name?\r").wait("Send it?", 3).keys("y\r").wait("Your name is Ada").ready()
        chat.wait("22% of the context")
        chat.ask("/set warn_tokens 0")
        chat.ask(f"count: {'word ' * 300}").wait("exceeds the context window")
        chat.ask("/set truncation auto").ask(f"count: {'word ' * 300}")
        chat.ask("/context").wait("auto: when the context is full the service drops items")
        assert chat.leave() == 0
        chat.wait("EUR · 3 responses stored")
        chat.only_ours()
    assert [body.get("truncation") for body in house.bodies if body.get("stream")][-2:] == [None, "auto"]


def test_a_script_gets_sums_and_is_kept_from_sending_much(house: House, azresp: Azresp) -> None:
    assert azresp("run", "my name is Ada", env=house.env).returncode == 0
    for words, said in (
        (
            ("--warn-tokens", "2"),
            "azresp: the request takes ~4 tokens, for ~0.0040 EUR of input; warn_tokens is 2\n",
        ),
        (
            ("--warn-cost", "0.001"),
            "; warn_cost is 0.001\n  Nothing was sent. Add --yes to send it all the same",
        ),
        # A conversation above warn_tokens is not what stops it.
        (("--continue", "--warn-tokens", "5", "--warn-cost", "0.001"), "; warn_cost is 0.001\n"),
    ):
        done = azresp("run", "my name is Eve", *words, env=house.env)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    (house.folder / "lines").write_text('"hi"\n"some more words"\n')
    done = azresp("run", "--batch", "lines", "--warn-tokens", "2", env=house.env)
    assert (done.returncode, done.stderr.split("\n")[0]) == (
        2,
        "azresp: line 2 takes ~4 tokens, for ~0.0040 EUR of input; warn_tokens is 2",
    )
    assert azresp("run", "--warn-tokens", "2", "--yes", "my name is Bob", env=house.env).returncode == 0
    assert _said(house) == ["my name is Ada", "my name is Bob"]
    told = json.loads(azresp("usage", "--by", "session", "--since", "1d", "--json", env=house.env).stdout)
    assert [row["session"] for row in told["rows"]].count("my-name-is-ada") == 1
    found = told["sum"]
    fresh = found["input_tokens"] - found["cached_tokens"]
    cost = (fresh * 1000 + found["cached_tokens"] * 100 + found["output_tokens"] * 2000) / 1e6
    assert (found["requests"], found["unknown"], found["unpriced"]) == (2, 0, 0)
    assert found["cost"]["EUR"] == pytest.approx(cost)
    rows = list(csv.DictReader(io.StringIO(azresp("usage", "--by", "model", "--csv", env=house.env).stdout)))
    assert [(row["model"], int(row["output_tokens"])) for row in rows] == [
        ("gpt-5-mini", found["output_tokens"])
    ]
    assert float(rows[0]["cost_EUR"]) == pytest.approx(cost)
    # A conversation that has grown is told of; a script that talks in it goes on.
    grown = azresp("run", "--session", "my-name-is-ada", "--warn-tokens", "9", "hi", env=house.env)
    assert (grown.returncode, "warning: the request takes ~" in grown.stderr) == (0, True), grown.stderr
    dear = azresp("run", "--session", "my-name-is-ada", "--warn-cost", "0.01", "hi", env=house.env)
    assert (dear.returncode, "of input" in dear.stderr) == (2, True)
    for words in (("--by", "week"), ("--since", "soon"), ("--json", "--csv")):
        assert azresp("usage", *words, env=house.env).returncode == 2
