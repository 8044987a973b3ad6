"""Whole dialogues with tools on a pseudo-terminal: local functions, and MCP servers that really run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from azresp.emulator.faults import Fault
from tests.cli.conftest import Azresp
from tests.cli.test_chat import SIZES
from tests.cli.tool_house import BAD, COUNTS, SLOW, WEATHER, Answers, ToolHouse, alive, server_table
from tests.mcp_server import McpServer, RemoteTool

# Where the cases of the reliability notes are tested (A: approvals, L: local tools):
#
# A1  tests/ui/test_question.py  test_blank_padding_hides_no_key, test_the_count_tells_how_much_there_is
# A2  tests/core/test_canonical.py, tests/engine/test_answering.py  test_mcp_arguments_that_two_readers_…
# A3  tests/core/test_approval.py  test_names_that_may_deceive_are_pointed_out
# A4  here  test_a_server_that_changes_a_tool_after_always_is_asked_about_again
# A5  here  test_servers_that_need_no_approval_are_pointed_out; tests/config/test_tools.py
# A6  tests/core/test_asks.py, tests/engine/test_answering.py  test_an_approval_for_a_server_that_nobody_…
# A7  tests/cli/test_approve.py  test_a_run_that_nobody_allows_…; here  test_ctrl_c_at_a_question_…
# A8  tests/ui/test_desk.py  test_keys_from_before_a_question_answer_nothing; here  test_a_file_is_trusted_…
# A9  tests/core/test_approval.py  test_a_standing_yes_covers_exactly_…, tests/engine/test_answering.py
# A10 tests/engine/test_answering.py  test_what_a_tool_says_is_never_taken_as_an_answer
# L1  tests/toolbox/test_check.py, tests/engine/test_answering.py; here  test_calls_that_go_wrong_…
# L2  tests/toolbox/test_hostile_tools.py, here  test_calls_that_go_wrong_…
# L3  tests/toolbox/test_hostile_tools.py  test_a_gigabyte_of_output_…, test_what_a_command_writes_is_told
# L4  tests/toolbox/test_hostile_tools.py  test_a_tool_has_no_terminal, test_a_tool_of_a_program_on_a_terminal_…
# L5  tests/toolbox/test_hostile_tools.py  test_no_secret_is_in_the_environment_…
# L6  tests/engine/test_answering.py  test_twelve_calls_…, here  test_ctrl_c_ends_calls_…
# L7  here  test_a_file_is_trusted_…, tests/toolbox/test_trust.py


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> ToolHouse:
    return ToolHouse(tmp_path, configured, emulator)


THREE = 'call forecast {"city": "Paris"} and call census {"city": "Rome"} and call echo {"text": "hello"}'


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_two_calls_and_an_approval_are_answered_in_one_sitting(
    house: ToolHouse, columns: int, lines: int
) -> None:
    house.write("weather.py", WEATHER)
    with McpServer() as server:
        house.configure(server_table("docs", server.url))
        with house.chat("--tool", "weather.py", columns=columns, lines=lines) as chat:
            chat.wait("[y/N]").keys("y\r")
            chat.say(THREE)
            Answers(chat).give("y", "y", "y")
            chat.wait("census: 4000").ready()
            assert chat.leave() == 0
            chat.only_ours()
            rows = chat.rows
    for wanted in ('│     "city": "Paris"', '│     "city": "Rome"', '│     "text": "hello"'):
        assert [row.rstrip() for row in rows].count(wanted) == 1
    for wanted in ("1 of 3 · this machine: forecast", "3 of 3 · docs at", "│ 1 key, 21 characters"):
        assert any(wanted in row for row in rows), wanted
    assert "2 requests" in chat.text
    assert server.calls == [("echo", {"text": "hello"})]
    assert [one["output"] for one in house.said()[:2]] == ["sunny in Paris", "4000"]
    assert house.said()[2]["approve"] is True
    assert [(one["event"], one["tool"]) for one in house.audit] == [
        *[("answer", name) for name in ("forecast", "census", "docs/echo")],
        *[("outcome", one["tool"]) for one in house.audit[3:]],
    ]
    assert {one["tool"] for one in house.audit[3:]} == {"forecast", "census"}


def test_what_is_not_answered_with_yes_is_a_no(house: ToolHouse) -> None:
    house.write("weather.py", WEATHER)
    with McpServer() as server:
        house.configure(server_table("docs", server.url))
        with house.chat("--tool", "weather.py") as chat:
            chat.wait("[y/N]").keys("y\r")
            chat.say(THREE)
            Answers(chat).give("n it rains", "", "n not today")
            chat.ready().wait("not approved. The reason given: not today")
            chat.leave()
    assert server.calls == []
    reasons = [one.get("output", one.get("reason")) for one in house.said()]
    assert reasons == [
        "The user did not allow this call. it rains",
        "The user did not allow this call.",
        "not today",
    ]
    assert [one["answer"] for one in house.audit] == ["no", "no", "no"]


def test_a_server_that_changes_a_tool_after_always_is_asked_about_again(house: ToolHouse) -> None:
    with McpServer() as server:
        house.configure(server_table("docs", server.url))
        with house.chat() as chat:
            answers = Answers(chat)
            chat.say('call echo {"text": "one"}')
            answers.give("A")
            chat.wait("echo: one").ready()
            chat.ask('call echo {"text": "two"}').wait("docs/echo allowed by the standing approval")
            chat.wait("echo: two")
            chat.ask("/approvals").wait("docs/echo · always")
            chat.ask("/approvals show 1").wait("Says it again")
            server.tools[0].description = "Says it to everybody"
            server.tools[1] = RemoteTool("erase", "Erases", {"what": {"type": "string"}}, lambda _: "gone")
            chat.ask("/new").say('call echo {"text": "three"}')
            answers.give("")
            chat.ready().wait("docs").wait("new: erase").wait("changed: echo").wait("gone: add")
            chat.wait("It has changed since you always allowed it:")
            chat.wait('- description: "Says it again"').wait('+ description: "Says it to everybody"')
            chat.ask("/mcp tools docs").wait("Says it to everybody")
            chat.ask("/approvals revoke 1").wait("taken back: docs/echo")
            chat.ask("/approvals").wait("no standing approvals")
            chat.leave()
    assert server.calls == [("echo", {"text": "one"}), ("echo", {"text": "two"})]
    assert [(one["answer"], one["by"]) for one in house.audit] == [
        ("always", "user"),
        ("once", "always"),
        ("no", "user"),
    ]


def test_credentials_reach_the_server_and_nobody_else(house: ToolHouse, azresp: Azresp) -> None:
    canary, team = "canary-bearer-7731", "canary-header-9942"
    with McpServer(bearer=canary) as server:
        house.configure(
            server_table(
                "docs", server.url, 'authorization = "env:DOCS"', 'headers = { X-Team = "env:TEAM" }'
            )
        )
        env = {"DOCS": canary, "TEAM": team}
        with house.chat(env=env) as chat:
            chat.say('call echo {"text": "one"}')
            Answers(chat).give("y")
            chat.wait("echo: one").ready()
            chat.ask("/tool show docs").wait("env:DOCS").ask("/history")
            chat.ask("/save talk.md")
            chat.leave()
            written = chat.written
        assert {one["authorization"] for one in server.headers} == {f"Bearer {canary}"}
        assert {one["x-team"] for one in server.headers} == {team}
        told = azresp(
            "run", "--json", "--approve", "always", 'call echo {"text": "two"}', env={**house.env, **env}
        )
        events = azresp(
            "run", "--events", "--approve", "always", 'call echo {"text": "3"}', env={**house.env, **env}
        )
        assert (told.returncode, events.returncode) == (0, 0), told.stderr + events.stderr
        lacking = azresp("run", "hello", env={**house.env, "TEAM": team})
        assert "DOCS" in lacking.stderr
        assert lacking.returncode != 0
        assert len(server.calls) == 3
    seen = written.encode() + told.stdout.encode() + told.stderr.encode() + events.stdout.encode()
    for place in (seen, events.stderr.encode(), house.kept_bytes(), (house.folder / "talk.md").read_bytes()):
        assert canary.encode() not in place
        assert team.encode() not in place


def test_servers_that_need_no_approval_are_pointed_out(house: ToolHouse) -> None:
    with McpServer() as free, McpServer() as half:
        write = RemoteTool("write", "Writes", {"what": {"type": "string"}}, lambda _: "written")
        half.tools = [half.tools[0], write]
        free.tools = free.tools[1:2]
        house.configure(
            server_table("free", free.url, 'require_approval = "never"')
            + server_table("half", half.url, 'require_approval = "read-only"')
        )
        with house.chat() as chat:
            chat.ready().wait("free needs no approval for all its calls").wait("half needs no approval")
            chat.ask('call add {"a": 1, "b": 2} and call echo {"text": "one"}')
            chat.wait("add: 3").wait("echo: one")
            assert "Allow?" not in chat.text
            chat.say('call write {"what": "x"}')
            Answers(chat).give("")
            chat.wait("I did not call write").ready().leave()
        assert (free.calls, half.calls) == ([("add", {"a": 1, "b": 2})], [("echo", {"text": "one"})])


def test_a_server_that_is_down_is_told_and_the_conversation_goes_on(house: ToolHouse) -> None:
    with McpServer() as server:
        house.configure(server_table("docs", server.url))
        with house.chat() as chat:
            chat.ask("my name is Ada")
            chat.say('call echo {"text": "one"} and call fail {"what": "fly"} and call crash {"what": "x"}')
            Answers(chat).give("y", "y", "y")
            chat.ready().wait("cannot fly").wait("the server does not like this")
            server.down = True
            chat.ask("/new").ask("hello").wait("docs").wait("503")
            chat.ask("/mcp off docs").ask("/retry").wait("Hello")
            assert chat.leave() == 0
    assert server.calls[0] == ("echo", {"text": "one"})


def test_a_file_is_trusted_once_and_a_change_asks_again(house: ToolHouse) -> None:
    path = house.write("weather.py", WEATHER)
    with house.chat("--tool", "weather.py") as chat:
        chat.wait("[y/N]").keys("\r")
        chat.ready().wait("not trusted: nothing of it runs")
        chat.ask('call forecast {"city": "Paris"}')
        assert "tools" not in house.bodies[-1]
        chat.say("/tool on forecast").wait("[y/N]", 2).keys("y\r")
        chat.wait("forecast is on").ready()
        chat.say('call forecast {"city": "Paris"}')
        Answers(chat).give("y")
        chat.wait("forecast: sunny in Paris").ready()
        chat.ask("/tool off census").ask("/tool show forecast").wait("trusted yes")
        chat.ask("/tools").wait("read_file").ask("hi")
        assert [one["name"] for one in house.bodies[-1]["tools"]] == ["forecast"]
        chat.leave()
    with house.chat("--resume") as chat:
        chat.ready().ask("hi")
        assert [one["name"] for one in house.bodies[-1]["tools"]] == ["forecast"]
        chat.leave()
    path.write_text(WEATHER.replace("sunny", "rainy"))
    with house.chat("--tool", "weather.py") as chat:
        chat.wait("is new, or was changed").wait("[y/N]").keys("n\r")
        chat.ready().ask("hi")
        assert "tools" not in house.bodies[-1]
        chat.leave()


def test_ctrl_c_ends_calls_with_their_children_and_keeps_the_answers(house: ToolHouse) -> None:
    house.write("slow.py", SLOW)
    with house.chat("--tool", "slow.py") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call quick {"name": "q"} and call slow {"name": "pids"}')
        Answers(chat).give("y", "y")
        pids = house.folder / "pids"
        chat.until(pids.exists, "a running call").wait("quick · ok")
        chat.keys("\x03").ready().wait("2 calls answered; the answers go with your next message")
        assert [pid for pid in map(int, pids.read_text().split()) if alive(pid)] == []
        chat.ask("what is 2+2?")
        outputs = [one.get("output") for one in house.said()[:-1]]
        assert outputs == ["quick q", "The user stopped this call before it ended."]
        chat.ask("/undo").ask("hi")
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes


def test_a_call_that_was_killed_in_the_middle_says_that_it_may_have_run(house: ToolHouse) -> None:
    house.write("slow.py", SLOW)
    with house.chat("--tool", "slow.py") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call slow {"name": "pids"}')
        Answers(chat).give("A")
        chat.until((house.folder / "pids").exists, "a running call")
        chat.signal(signal.SIGKILL).status()
    with house.chat("--resume") as chat:
        chat.wait("it was started before and has no answer")
        Answers(chat).give("n")
        chat.ready().wait("The user did not allow this call")
        assert chat.leave() == 0
    for pid in map(int, (house.folder / "pids").read_text().split()):
        if alive(pid):  # nobody could end them
            os.kill(pid, signal.SIGKILL)


def test_calls_that_go_wrong_are_told_to_model_and_user(house: ToolHouse) -> None:
    house.write("bad.py", BAD)
    with house.chat("--tool", "bad.py", "--tool-timeout-s", "1") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say(
            'call breaks {"a": "x"} and call breaks {"b": 1} and call hangs {"a": "x"} and call leaves {"a": "x"}'
        )
        Answers(chat).give("y", "y", "y")
        chat.ready().wait("the model's arguments are wrong")
        chat.leave()
    outputs = [one["output"] for one in house.said()]
    assert len(outputs) == 4
    assert "ValueError" in outputs[0]
    assert outputs[1].startswith("Not run:")


def test_a_loop_of_calls_ends_with_a_question(house: ToolHouse, azresp: Azresp) -> None:
    house.write("weather.py", WEATHER)
    house.configure(
        f'[[tools]]\nfile = "{house.folder}/weather.py"\nfunctions = ["forecast"]\napproval = "never"\n'
    )
    loop = 'loop forecast {"city": "Paris"}'
    trust = azresp("tools", "trust", "weather.py", "--yes", env=house.env)
    assert trust.returncode == 0, trust.stderr
    with house.chat("--tool-rounds", "2") as chat:
        chat.ready().wait("forecast runs without asking: your configuration says so")
        chat.say(loop).wait("2 rounds of tool calls for this question. Go on? [y/N]").keys("y\r")
        chat.wait("2 rounds of tool calls for this question. Go on? [y/N]", 2).keys("\r")
        chat.ready().wait("1 call not answered: /answer asks again, your next message says no")
        chat.ask("what is 2+2?").wait("4").leave()
    assert len(house.bodies) == 6
    run = azresp("run", "--tool-rounds", "2", loop, env=house.env)
    assert run.returncode == 6, run.stderr
    assert "stopped after 2 rounds of tool calls" in run.stderr


def test_ctrl_c_at_a_question_means_no_to_all(house: ToolHouse) -> None:
    house.write("weather.py", WEATHER)
    with house.chat("--tool", "weather.py") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call forecast {"city": "Paris"} and call census {"city": "Rome"}')
        Answers(chat).give("n too wet")
        chat.wait("Allow?", 2).keys("\x03")
        chat.ready().wait("2 calls answered")
        chat.ask("/answer").wait("did not allow")
        assert [one["output"] for one in house.said()] == [
            "The user did not allow this call. too wet",
            "The user did not allow this call.",
        ]
        chat.leave()


def test_turns_with_calls_are_retried_edited_taken_back_and_shown(house: ToolHouse, azresp: Azresp) -> None:
    house.write("weather.py", WEATHER)
    with house.chat("--tool", "weather.py", "--no-store") as chat:
        answers = Answers(chat)
        chat.wait("[y/N]").keys("y\r")
        chat.say('call forecast {"city": "Paris"}')
        answers.give("y")
        chat.wait("forecast: sunny in Paris").ready()
        chat.say("/retry")
        answers.give("y")
        chat.wait("forecast: sunny in Paris", 2).ready()
        chat.ask("my name is Ada").ask("what is my name?").wait("Your name is Ada")
        kinds = [one.get("type") for one in house.said()]
        assert kinds.count("function_call") == kinds.count("function_call_output") == 1
        chat.ask("/history").wait("forecast gave 14 characters")
        chat.leave()
    for how in ("show", "export"):
        told = azresp("sessions", how, house.session().name, env=house.env)
        assert told.returncode == 0, told.stderr
        assert '    call forecast {"city": "Paris"}\n' in told.stdout
        assert '    forecast gave 14 characters: "sunny in Paris"\n' in told.stdout
    with house.chat("--resume", "--no-store") as chat:
        # back over two questions, and over the one with its calls as a whole
        chat.ready().ask("/undo").ask("/undo").ask("/undo").wait("the conversation is empty")
        chat.ask("hi")
        assert [one.get("role") for one in house.said()].count("user") == 1
        chat.leave()


def test_a_follow_up_that_failed_is_said_again_without_a_second_call(house: ToolHouse) -> None:
    house.write("count.py", COUNTS)
    with house.chat("--tool", "count.py") as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call count {"name": "times"}')
        chat.wait("Allow?")
        house.emulator.faults.add(Fault(method="POST", status=400))
        Answers(chat).give("y")
        chat.ready().wait("400")
        chat.ask("/retry").wait("count: done")
        assert chat.text.count("Allow?") == 1
        chat.leave()
    assert (house.folder / "times").read_text() == "x"
    assert [one["type"] for one in house.said()] == ["function_call_output"]


def test_what_is_edited_is_asked_again_and_runs_as_shown(house: ToolHouse, tmp_path: Path) -> None:
    house.write("weather.py", WEATHER)
    script = house.write("my editor", '#!/bin/sh\nprintf \'%s\' \'{"city": "Oslo"}\' > "$1"\n')
    script.chmod(0o700)
    with house.chat("--tool", "weather.py", env={"EDITOR": f"'{script}'", "VISUAL": ""}) as chat:
        chat.wait("[y/N]").keys("y\r")
        chat.say('call forecast {"city": "Paris"}')
        answers = Answers(chat)
        answers.give("?")
        chat.wait("Give the weather forecast of a city")
        answers.give("e")
        chat.wait('"city": "Oslo"')
        answers.give("a")
        chat.wait("forecast: sunny in Oslo").ready()
        chat.ask('call forecast {"city": "Rome"}').wait("allowed for this session")
        chat.ask("/approvals").wait("forecast · one session")
        chat.ask("/new").say('call forecast {"city": "Bonn"}')
        answers.give("")
        chat.ready().leave()
    assert [(one["answer"], one["by"]) for one in house.audit if one["event"] == "answer"] == [
        ("session", "user"),
        ("once", "session"),
        ("no", "user"),
    ]
    assert "Oslo" in house.audit[0]["arguments"]
