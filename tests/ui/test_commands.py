"""Slash commands: all are listed once by what one is after, on one screen; arguments are completed, paths too."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from azresp.ui import commands  # noqa: F401 - registers them
from azresp.ui.cells import width
from azresp.ui.commands.program import GROUPS, KEYS
from azresp.ui.commands.registry import COMMANDS, complete


def test_help_lists_each_command_once_and_fits_a_screen() -> None:
    listed = [name for _, names in GROUPS for name in names]
    assert sorted(listed) == sorted(COMMANDS)
    heading = max(width(one) for one, _ in GROUPS)
    rows = [-(-len(" ".join(f"/{name}" for name in names)) // (78 - heading)) for _, names in GROUPS]
    assert sum(rows) + 1 + len(KEYS) + 1 <= 20  # and the question, a blank row, the prompt and its status


TUNER = SimpleNamespace(
    settable=lambda: ["reasoning_effort", "reasoning_summary", "verbosity"], words=lambda key: ["low", "high"]
)
CHAT: Any = SimpleNamespace(
    tuner=TUNER,
    tools=SimpleNamespace(rows=list),
    session=SimpleNamespace(exchanges={}, path=list),
    files=SimpleNamespace(known_ids=list),
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("/set verb", ["verbosity"]),
        ("/set effort", ["reasoning_effort"]),
        ("/set ef", []),
        ("/set verbosity l", ["low"]),
        ("/file rep", ["report.pdf"]),
        ("/file my n", ["my notes.txt"]),
        ("/image pic", ["pictures/"]),
        ("/image clip", ["clipboard"]),
        ("/mask pictures/", ["pictures/b.png"]),
        ("/save pic", ["pictures/"]),
        ("/export md pic", ["pictures/"]),
        ("/tool add t", ["tool.py"]),
        ("/tool on t", []),
        ("/files upload my", []),
        ("/files upload rep", ["report.pdf"]),
        ("/undo x", []),
        ("//file rep", []),
    ],
)
def test_arguments_are_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, offered: list[str]
) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("report.pdf", "my notes.txt", "tool.py", "pictures/b.png"):
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    found = list(complete(CHAT, typed))
    assert [text for text, _, _ in found] == offered
    assert all(typed.endswith(typed[len(typed) - length :]) for _, length, _ in found)
