"""Command lines as tools: checked when they are made, and run as they are shown."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.errors import ConfigError
from azresp.toolbox.command import CommandTool, command_tool, expand
from azresp.toolbox.limits import Limits
from tests.toolbox.zoo import QUICK, call

ECHO = (
    "import json, sys; print(json.dumps(sys.argv[1:], ensure_ascii=True)); sys.stdout.write(sys.stdin.read())"
)


def _schema(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


WORDS = _schema(words={"type": "array", "items": {"type": "string"}})
NAME = _schema(name={"type": ["string", "null"]})


def _echo(
    tmp_path: Path, *more: str | Sequence[str], parameters: Any = WORDS, stdin: str = "none"
) -> CommandTool:
    argv = [sys.executable, "-I", "-c", ECHO, *more]
    return command_tool("echo", "Echo.", argv, parameters, cwd=tmp_path, stdin=stdin)


def test_the_program_gets_the_elements_that_were_shown(tmp_path: Path) -> None:
    tool = _echo(tmp_path, "--", "{words...}")
    arguments = tool.read('{"words": ["a b", "", "$HOME", "*", "; rm -rf /", "\\u202e", "-x"]}')
    shown = json.loads(tool.shown(arguments))
    ran = call(tool, **arguments)
    assert json.loads(str(ran.output)) == shown[4:]
    assert shown[4:] == ["--", "a b", "", "$HOME", "*", "; rm -rf /", "\u202e", "-x"]
    assert tool.shown(arguments).isascii()


def test_json_on_stdin_is_the_canonical_form_that_was_shown(tmp_path: Path) -> None:
    tool = _echo(tmp_path, parameters=NAME, stdin="json")
    arguments = tool.read('{"name":"\\u00e4"}')
    assert json.loads(tool.shown(arguments)) == {
        "argv": [sys.executable, "-I", "-c", ECHO],
        "stdin": arguments,
    }
    assert call(tool, name="ä").output == '[]\n{\n  "name": "\\u00e4"\n}'


def test_without_stdin_it_is_empty(tmp_path: Path) -> None:
    assert call(_echo(tmp_path, "{words...}"), words=[]).output == "[]"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_expanding_is_pure_and_gives_one_element_a_word(words: list[str]) -> None:
    tool = _echo(Path("/"), "--", "{words...}")
    try:
        argv, stdin = expand(tool, {"words": words})
    except ValueError:
        assert any("\0" in word for word in words)
        return
    assert (argv[5:], stdin) == (words, None)
    assert json.loads(tool.shown({"words": words})) == argv


def test_status_and_stderr_are_told(tmp_path: Path) -> None:
    script = "echo out; echo err >&2; exit 3"
    ran = call(command_tool("fail", "Fail.", ["sh", "-c", script], cwd=tmp_path))
    assert (ran.ok, ran.note, ran.output) == (False, "exit 3", "out\n[stderr]\nerr\n[exit 3]")


def test_a_command_that_is_killed_or_too_slow_is_told(tmp_path: Path) -> None:
    killed = call(command_tool("die", "Die.", ["sh", "-c", "kill -9 $$"], cwd=tmp_path))
    slow = call(
        command_tool("slow", "Slow.", ["sh", "-c", "echo so far; sleep 60"], cwd=tmp_path, limits=QUICK)
    )
    assert (killed.ok, killed.note, killed.output) == (False, "killed by SIGKILL", "[killed by SIGKILL]")
    assert (slow.ok, slow.note, slow.output) == (
        False,
        "timed out after 1 s",
        "so far\n[timed out after 1 s]",
    )


def test_a_program_that_is_not_there_or_not_to_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    missing = call(command_tool("a", "A.", ["azresp-no-such-program"], cwd=tmp_path))
    plain = call(command_tool("b", "B.", [str(tmp_path / "plain")], cwd=tmp_path))
    assert (missing.ok, missing.note) == (False, "there is no program azresp-no-such-program")
    assert (plain.ok, plain.note) == (False, f"{tmp_path / 'plain'} could not be started: Permission denied")


def test_more_arguments_than_the_system_takes_are_told(tmp_path: Path) -> None:
    ran = call(_echo(tmp_path, "{words...}"), words=["x" * 1_000_000] * 4)
    assert (ran.ok, ran.note) == (False, f"{sys.executable} could not be started: Argument list too long")


def test_long_output_is_cut(tmp_path: Path) -> None:
    limits = Limits(head_bytes=5, tail_bytes=5)
    ran = call(command_tool("seq", "Count.", ["seq", "1000"], cwd=tmp_path, limits=limits))
    assert ran.output == "1\n2\n3\n[3,883 of 3,893 bytes left out here]\n1000"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "a b"}, "tool a b: a name has at most 64 letters, digits, _ and -"),
    ({"description": " "}, "tool t: it has no description: the model would not know what it does"),
    ({"argv": []}, "tool t: argv: it is empty: its first element is the program"),
    (
        {"argv": ["{x}"], "parameters": _schema(x={})},
        "tool t: argv: its first element is the program and has no argument in it",
    ),
    ({"argv": ["ls", "{x}"]}, "tool t: argv: {x} is not a property of its parameters"),
    ({"argv": ["ls", "{"]}, "tool t: argv: '{': a brace stands alone; write {{ for a brace"),
    ({"parameters": NAME}, 'tool t: parameters: name is not used in argv; use it or set stdin = "json"'),
    ({"parameters": {"type": "array"}}, 'tool t: parameters: a schema of parameters has "type": "object"'),
    (
        {"parameters": {"type": "object", "required": 3}},
        "tool t: parameters: required: 3 is not of type 'array'",
    ),
    ({"stdin": "yaml"}, 'tool t: stdin must be "none" or "json", got \'yaml\''),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG, ids=[why for _, why in WRONG])
def test_a_wrong_definition_is_refused(wrong: dict[str, Any], why: str, tmp_path: Path) -> None:
    told: dict[str, Any] = {"name": "t", "description": "Do.", "argv": ["ls"], "cwd": tmp_path} | wrong
    with pytest.raises(ConfigError) as caught:
        command_tool(**told)
    assert caught.value.what == why


def test_a_schema_that_is_not_strict_is_told_so(tmp_path: Path) -> None:
    loose = {"type": "object", "properties": {"name": {"type": "string"}}}
    assert _echo(tmp_path, "{name}", parameters=NAME).function.strict
    assert not _echo(tmp_path, "{name}", parameters=loose).function.strict


def test_the_identity_changes_with_all_that_decides_what_runs(tmp_path: Path) -> None:
    def made(**other: Any) -> str:
        told: dict[str, Any] = {
            "name": "t",
            "description": "Do.",
            "argv": ["ls", "{name}"],
            "parameters": NAME,
            "cwd": tmp_path,
        }
        return command_tool(**(told | other)).identity

    others = [
        made(name="u"),
        made(description="Do it."),
        made(argv=["ls", "{name!}"]),
        made(argv=["ls", ["{name}"]]),
        made(stdin="json"),
        made(env=["X"]),
        made(cwd=tmp_path / "x"),
        made(parameters=_schema(name={"type": "string"})),
    ]
    assert len({made(), *others}) == 9
    assert made() == made()


def test_a_command_runs_in_its_folder(tmp_path: Path) -> None:
    ran = call(
        command_tool("pwd", "Where.", [sys.executable, "-c", "import os; print(os.getcwd())"], cwd=tmp_path)
    )
    assert ran.output == os.path.realpath(tmp_path)
