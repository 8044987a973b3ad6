"""The rules of the house that no linter knows: sizes, one sink, light starts."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.island import TAKEN

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "azresp").rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES = 400, 40
HEAVY = (
    "openai",
    "pydantic",
    "httpx2",
    "azure",
    "rich",
    "pygments",
    "markdown_it",
    "starlette",
    "uvicorn",
    "keyring",
    "PIL",
    "pypdf",
    "mcp",
    "jsonschema",
    "PIL",
)
UNNEEDED = (
    "azresp.answering",
    "azresp.asking",
    "azresp.rounds",
    "azresp.toolbox",
    "azresp.media",
    "azresp.cli.entries",
    "azresp.cli.stock",
    "azresp.cli.tool_rows",
    "azresp.config.tools",
    "azresp.core.approval",
    "azresp.core.tools",
    "azresp.ui.chat",
    "azresp.ui.pictures",
    "azresp.ui.views.calls",
)
"""What an answer of text alone has no use for."""
MAY_WRITE = {
    "azresp/cli/report.py",  # errors and notes, cleaned
    "azresp/cli/confirm.py",  # questions, cleaned
    "azresp/cli/init_questions.py",  # questions, cleaned
    "azresp/cli/config.py",  # what it shows goes through the sink
    "azresp/cli/app.py",  # --version
    "azresp/config/example.py",  # our own text, for the make target
}
"""The modules that write by themselves; everything else goes through `Output`, `Terminal` or a painter."""


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for one in _functions(ast.parse(text)):
        signature = one.body[0].lineno - one.lineno
        assert (one.end_lineno or one.lineno) - one.lineno - signature < MOST_FUNCTION_LINES, one.name


def _writes(node: ast.AST) -> bool:
    """`print(…)`, `typer.echo(…)`, `sys.stdout.write(…)`, `sys.stderr.write(…)`."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called in ("print", "typer.echo", "sys.stdout.write", "sys.stderr.write")


def test_only_the_sink_modules_write_to_the_terminal() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path.relative_to(ROOT).as_posix() not in MAY_WRITE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _writes(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], ["chat", "--help"], ["config", "path"], ["sessions", "list"]],
    ids=" ".join,
)
def test_a_light_command_loads_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    assert [name for name in _loaded(words, tmp_path) if name in HEAVY] == []


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"], []], ids=" ".join)
def test_the_list_of_commands_loads_none_of_them(words: list[str], tmp_path: Path) -> None:
    ours = {name for name in _loaded(words, tmp_path) if name.startswith("azresp.")}
    assert ours == {
        "azresp.__main__",
        "azresp.cli",
        "azresp.cli.app",
        "azresp.cli.lean",
        "azresp.cli.report",
        "azresp.errors",
    }


def test_a_plain_answer_loads_neither_tools_nor_pictures(tmp_path: Path) -> None:
    loaded = _loaded(["run", "--emulator", "always", "-q", "hi"], tmp_path)
    assert "azresp.cli.hearer" in loaded
    ours = {name for name in loaded if not name.startswith("azresp.emulator")}
    assert {one for one in UNNEEDED if any(f"{name}.".startswith(f"{one}.") for name in ours)} == set()


def _ours(path: Path) -> set[str]:
    """The modules of azresp and its tests that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {one.module or "" for one in nodes if isinstance(one, ast.ImportFrom) and not one.level}
    named |= {name.name for one in nodes if isinstance(one, ast.Import) for name in one.names}
    return {name for name in named if name.split(".")[0] in ("azresp", "tests")}


def test_the_emulators_tests_need_nothing_but_it_and_what_goes_along() -> None:
    along = ("azresp.emulator", *(f"tests.{name.removesuffix('.py')}" for name in TAKEN))
    paths = [
        one for name in TAKEN for one in (ROOT / "tests").glob(f"{name}/*.py" if "." not in name else name)
    ]
    strays = {
        f"{path.name}: {name}" for path in paths for name in _ours(path) if not f"{name}.".startswith(along)
    }
    assert len(paths) > 20
    assert strays == set()


def _loaded(words: list[str], home: Path) -> list[str]:
    """The modules that a command has loaded when it leaves."""
    code = (
        "import sys, os\n"
        "os._exit = lambda status: (_ for _ in ()).throw(SystemExit(status))\n"
        f"sys.argv = ['azresp', *{words!r}]\n"
        "from azresp.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('LOADED:' + ','.join(sys.modules))\n"
    )
    env = {"XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home), "HOME": str(home), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    _, told, names = done.stderr.rpartition("LOADED:")
    assert told, done.stderr
    return names.split(",")
