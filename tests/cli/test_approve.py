"""Calls that nobody was there to allow: kept by `azresp run`, answered by `azresp approve` or a chat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.sitting import Sitting
from tests.cli.tool_house import COUNTS, WEATHER, Answers, ToolHouse, server_table
from tests.mcp_server import McpServer

PARIS = 'call forecast {"city": "Paris"}'


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> ToolHouse:
    house = ToolHouse(tmp_path, configured, emulator)
    house.write("weather.py", WEATHER)
    return house


@pytest.fixture
def run(house: ToolHouse, azresp: Azresp) -> Azresp:
    """`azresp` in the house, where weather.py is trusted."""

    def call(*words: str, **options: str) -> object:
        return azresp(*words, env=house.env, **options)

    trusted = call("tools", "trust", "weather.py", "--yes")
    assert getattr(trusted, "returncode", 1) == 0
    return call  # type: ignore[return-value]


def test_a_run_that_nobody_allows_ends_with_6_and_keeps_its_ask(house: ToolHouse, run: Azresp) -> None:
    done = run("run", "--tool", "weather.py", "--session", "trip", PARIS, stdin="y\ny\n")
    assert (done.returncode, done.stdout) == (6, "")
    assert 'not answered: forecast {"city":"Paris"}' in done.stderr.replace('": "', '":"')
    assert "azresp approve trip" in done.stderr
    (waiting,) = json.loads(run("approve", "--list", "--json").stdout)
    assert (waiting["session"], waiting["tool"]) == ("trip", "forecast")
    listed = run("approve", "--list").stdout
    assert "trip" in listed
    assert "forecast" in listed
    nobody = run("approve", "trip", stdin="y\n")
    assert (nobody.returncode, nobody.stdout) == (6, "")
    both = run("approve", "trip", "--yes", "--no")
    assert both.returncode == 2
    assert len(house.bodies) == 1
    yes = run("approve", waiting["id"], "--yes")
    assert (yes.returncode, "sunny in Paris" in yes.stdout) == (0, True), yes.stderr
    assert [one["by"] for one in house.audit if one["event"] == "answer"][-1] == "azresp approve --yes"
    assert run("approve", "trip", "--yes").returncode == 2
    assert run("approve").returncode == 2
    assert json.loads(run("approve", "--list", "--json").stdout) == []
    assert PARIS[:20] in run("sessions", "list").stdout  # the last question, not what a tool gave
    # the tools of a session are on when it goes on
    again = run("run", "--session", "trip", "--approve", "allow:forecast", 'call forecast {"city": "Rome"}')
    assert (again.returncode, "sunny in Rome" in again.stdout) == (0, True), again.stderr


def test_a_no_tells_the_model_why_and_json_is_the_last_response(house: ToolHouse, run: Azresp) -> None:
    with McpServer() as server:
        house.configure(server_table("docs", server.url))
        asked = run(
            "run", "--session", "a", "--json", 'call echo {"text": "one"} and call add {"a": 1, "b": 2}'
        )
        assert asked.returncode == 6
        assert json.loads(asked.stdout)["status"] == "completed"
        denied = run("approve", "a", "--no", "--reason", "not today", "--json")
        assert denied.returncode == 0, denied.stderr
        assert json.loads(denied.stdout)["status"] == "completed"
        assert [one["reason"] for one in house.said()] == ["not today", "not today"]
        one = run("run", "--approve", "allow:docs/echo", 'call echo {"text": "two"}')
        assert (one.returncode, "two" in one.stdout) == (0, True), one.stderr
        other = run("run", "--approve", "allow:docs/echo", 'call add {"a": 1, "b": 2}')
        never = run("run", "--approve", "never", 'call add {"a": 1, "b": 2}')
        assert (other.returncode, never.returncode) == (6, 0), never.stderr
        assert server.calls == [("echo", {"text": "two"})]
        wrong = run("run", "--approve", "sometimes", "hi")
        assert (wrong.returncode, "'sometimes'" in wrong.stderr) == (2, True)


def test_approve_asks_on_a_terminal_and_a_chat_that_resumes_asks_too(house: ToolHouse, run: Azresp) -> None:
    for name in ("a", "b"):
        assert run("run", "--tool", "weather.py", "--session", name, PARIS).returncode == 6
    with Sitting(house.folder, house.env, "approve", "a") as desk:
        Answers(desk).give("y")
        assert desk.status() == 0
        assert "sunny in Paris" in desk.text
        desk.only_ours()
    with house.chat("--resume", "b") as chat:
        Answers(chat).give("y")
        chat.wait("forecast: sunny in Paris").ready()
        assert chat.leave() == 0
    assert run("approve", "--list", "--json").stdout.strip() == "[]"


def test_an_ask_that_two_processes_answer_is_carried_out_once(house: ToolHouse, run: Azresp) -> None:
    house.write("slow.py", COUNTS)
    assert run("tools", "trust", "slow.py", "--yes").returncode == 0
    assert run("run", "--tool", "slow.py", "--session", "a", 'call count {"name": "times"}').returncode == 6
    with house.chat("--resume", "a") as first, house.chat("--resume", "a") as second:
        first.wait("Allow?")
        second.wait("Allow?")
        Answers(first).give("y")
        first.wait("count: done").ready()
        Answers(second).give("y")
        second.ready().wait("another azresp answered it meanwhile")
        assert (house.folder / "times").read_text() == "x"
        first.ask("hi").leave()
        second.ask("hi").leave()


def test_flags_about_tools_reach_the_request(house: ToolHouse, run: Azresp) -> None:
    house.configure('[[tools]]\nuse = "read_file"\n')
    words = (
        "run",
        "--tool",
        "weather.py",
        "--no-parallel-tool-calls",
        "--tool-choice",
        "census",
        "--approve",
        "always",
    )
    done = run(*words, "how many people in Oslo?")
    assert (done.returncode, "4000" in done.stdout) == (0, True), done.stderr
    first, second = house.bodies
    assert [one["name"] for one in first["tools"]] == ["read_file", "forecast", "census"]
    assert (first["tool_choice"], first["parallel_tool_calls"]) == (
        {"type": "function", "name": "census"},
        False,
    )
    assert "tool_choice" not in second
    none = run("run", "--no-tools", "hi")
    assert (none.returncode, "tools" in house.bodies[-1]) == (0, False)
    wrong = run("run", "--tool", "weather.py", "--tool-choice", "nothing", "hi")
    assert (wrong.returncode, "'nothing'" in wrong.stderr) == (2, True), wrong.stderr
    unknown = run("run", "--tool", "wether", "hi")
    assert (unknown.returncode, "'wether'" in unknown.stderr) == (2, True)


def test_a_file_that_nobody_trusts_ends_a_run_before_anything_is_sent(
    house: ToolHouse, azresp: Azresp
) -> None:
    done = azresp("run", "--tool", "weather.py", "--approve", "always", PARIS, env=house.env)
    assert (done.returncode, done.stdout, house.bodies) == (6, "", [])
    assert "weather.py is new, or was changed since you trusted it" in done.stderr
    assert "azresp tools trust" in done.stderr
    house.configure(f'[[tools]]\nfile = "{house.folder}/weather.py"\n')
    done = azresp("run", "--approve", "always", PARIS, env=house.env)
    assert (done.returncode, "tools" in house.bodies[-1]) == (0, False)
    assert "forecast, census off:" in done.stderr


def test_a_session_whose_tool_file_is_gone_goes_on_without_it(house: ToolHouse, run: Azresp) -> None:
    assert run("run", "--tool", "weather.py", "--session", "a", PARIS).returncode == 6
    (house.folder / "weather.py").unlink()
    done = run("run", "--session", "a", "hi")
    assert done.returncode == 0, done.stderr
    assert "weather.py" in done.stderr
    with house.chat("--resume", "a") as chat:
        chat.ready().ask("what is 2+2?").wait("4")
        assert chat.leave() == 0


def test_a_session_finds_its_tools_from_another_folder(house: ToolHouse, run: Azresp) -> None:
    assert run("run", "--tool", "weather.py", "--session", "a", PARIS).returncode == 6
    other = house.folder / "other"
    other.mkdir()
    with Sitting(other, house.env, "chat", "--resume", "a") as chat:
        Answers(chat).give("y")
        chat.wait("forecast: sunny in Paris").ready()
        assert chat.leave() == 0
