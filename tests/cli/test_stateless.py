"""A conversation that its service does not keep, loses, or that moves to another one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from azresp.emulator import Emulator, Settings
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House

GONE = {"status": 400, "code": "previous_response_not_found", "times": 1}


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def test_run_sends_any_list_of_items_and_rebuilds_only_when_told(
    azresp: Azresp, house: House, tmp_path: Path
) -> None:
    items = [
        {"role": "user", "content": "my name is Ada"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello Ada"}]},
    ]
    file = tmp_path / "items.json"
    file.write_text(json.dumps(items))
    done = azresp("run", "--input", "items.json", "what is my name?", "--session", "me", env=house.env)
    assert (done.returncode, "**Ada**" in done.stdout) == (0, True)
    assert [item["role"] for item in house.bodies[-1]["input"]] == ["user", "assistant", "user"]
    forged = [{"role": "user", "content": [{"type": "input_image", "image_url": {"saved": "/etc/passwd"}}]}]
    for text in ("[1]", "{}", "[]", '[{"a": 1}]', "[", "[" * 100_000):
        file.write_text(text)
        done = azresp("run", "--input", "items.json", env=house.env)
        assert (done.returncode, "items.json" in done.stderr) == (2, True)
    sent = len(house.bodies)
    azresp("run", "--input", "-", "--no-store", env=house.env, stdin=json.dumps(forged))
    assert "passwd" not in json.dumps(house.bodies[sent:])
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as store, store:
        store.execute("update exchanges set asked_at = asked_at - 3e6")
    house.emulator.fault(method="POST", **GONE)
    asked = ("run", "what is my name?", "--session", "me")
    done = azresp(*asked, env=house.env)
    assert (done.returncode, "Add --rebuild" in done.stderr) == (1, True)
    house.emulator.fault(method="POST", **GONE)
    done = azresp(*asked, "--rebuild", env=house.env)
    assert ("sending it in full (1 exchange)" in done.stderr, "Ada" in done.stdout) == (True, True)
    assert len(house.bodies[-1]["input"]) == 5


def test_a_session_moves_to_another_profile_and_back(house: House, tmp_path: Path) -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as other:
        folder = tmp_path / "config" / "azresp"
        folder.mkdir(parents=True, mode=0o700)
        profiles = "".join(
            f'[profiles.{name}]\nendpoint = "{url}"\ndeployment = "{deployment}"\nkey = "env:CANARY"\n'
            for name, url, deployment in (
                ("one", house.emulator.root_url, "gpt-5-mini"),
                ("two", other.root_url, "gpt-5"),
            )
        )
        (folder / "config.toml").write_text(f'default_profile = "one"\n{profiles}')
        for name in ("AZRESP_ENDPOINT", "AZRESP_DEPLOYMENT", "AZRESP_API_KEY"):
            house.env.pop(name)
        house.env["CANARY"] = "canary-key-0001"
        with house.chat() as chat:
            chat.ask("my name is Ada")
            chat.ask("/move nowhere").wait("nowhere")
            chat.ask("/model gpt-4o").ask("/move two").wait("deployment gpt-5").wait("(1 exchange)")
            chat.ask("what is my name?").wait("Your name is Ada")
            chat.ask("/set store off").ask("what is my name?").wait("Your name is Ada", 2)
            assert chat.leave() == 0
        there = [seen.body for seen in other.journal.requests if seen.method == "POST"]
        assert [(one["model"], len(one["input"]), one["store"]) for one in there] == [
            ("gpt-5", 3, True),
            ("gpt-5", 5, False),
        ]
        with house.chat("--resume", "--profile", "one") as chat:
            chat.wait("this conversation was at").wait("(3 exchanges)")
            chat.ask("/set store on").ask("what is my name?").wait("Your name is Ada", 3)
            chat.ask("what is my name?").wait("Your name is Ada", 4)
            assert chat.leave() == 0
        assert [(one["model"], len(one["input"])) for one in house.bodies[1:]] == [
            ("gpt-5-mini", 7),
            ("gpt-5-mini", 1),
        ]


def test_a_chat_finds_its_way_round_what_the_service_refuses(house: House) -> None:
    with house.chat() as chat:
        house.emulator.fault(status=400, message="Store must be set to false", times=1, method="POST")
        chat.say("my name is Ada").wait("must be set to false").wait("Switch store off").keys("\r")
        chat.wait("Nice to meet you").ready().wait("not stored")
        assert [body["store"] for body in house.bodies] == [True, False]
        unreadable = "The encrypted content gAAA...c90= could not be verified."
        house.emulator.fault(
            status=400, message=unreadable, code="invalid_encrypted_content", times=1, method="POST"
        )
        chat.ask("what is my name?").wait("going on without it").wait("Your name is Ada")
        kinds = [[item["type"] for item in body["input"]] for body in house.bodies[-2:]]
        assert [("reasoning" in one) for one in kinds] == [True, False]
        chat.ask("/retry").wait("Your name is Ada", 2)
        assert "reasoning" not in [item["type"] for item in house.bodies[-1]["input"]]
        assert chat.leave() == 0
