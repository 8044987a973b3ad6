"""The rules of the house that no linter knows: sizes, one sink, light starts."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
)
MAY_WRITE = {"azresp/cli/streams.py", "azresp/cli/report.py", "azresp/ui/terminal.py", "azresp/ui/live.py"}
"""The modules that put bytes on a stream; everything else hands them text."""


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for one in _functions(ast.parse(text)):
        signature = one.body[0].lineno - one.lineno
        assert (one.end_lineno or one.lineno) - one.lineno - signature < MOST_FUNCTION_LINES, one.name


def test_only_the_sink_modules_write_to_the_terminal() -> None:
    found = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name in MAY_WRITE or name.startswith("azresp/emulator/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in ("stdout", "stderr")
                and isinstance(node.ctx, ast.Load)
            ):
                owner = node.value
                used_as_stream = isinstance(owner, ast.Name) and owner.id == "sys"
                if used_as_stream and name not in (
                    "azresp/cli/run.py",
                    "azresp/cli/chat.py",
                    "azresp/__main__.py",
                ):
                    found.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                found.append(f"{name}:{node.lineno} print")
    assert found == []


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], ["chat", "--help"], ["config", "path"], ["sessions", "list"]],
    ids=" ".join,
)
def test_a_light_command_loads_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    code = (
        "import sys, os\n"
        "os._exit = lambda status: (_ for _ in ()).throw(SystemExit(status))\n"
        f"sys.argv = ['azresp', *{words!r}]\n"
        "from azresp.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.stderr.write('HEAVY:' + ','.join(heavy))\n"
    )
    env = {
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "HOME": str(tmp_path),
        "PATH": "",
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
    assert done.stderr.rpartition("HEAVY:")[2] == ""
    assert "HEAVY:" in done.stderr
