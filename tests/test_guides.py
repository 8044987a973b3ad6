"""What the guides tell to type, the program takes: commands and their flags, slash commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from azresp.cli.app import build
from azresp.errors import UsageError
from azresp.ui import commands  # noqa: F401 - registers them
from azresp.ui.commands.registry import find

ROOT = Path(__file__).resolve().parents[1]
GUIDES = sorted(
    page for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")] if page.stem != "reference"
)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PATHS = ("responses", "conversations", "batches", "openai", "dev", "work", "etc", "proc", "usr")
"""What begins a path of the API or of a machine, not a slash command."""
_ENDS = ("|", ">", "<", "&&", ";", "…")


@cache
def program() -> Any:
    """The command line as Typer makes it."""
    return get_command(build())


def typed(page: Path) -> Iterator[str]:
    """Everything on a page that somebody may type."""
    text = page.read_text(encoding="utf-8")
    for kind, block in _BLOCK.findall(text):
        yield from block.splitlines() if kind == "console" else ()
    yield from re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))


def command_lines(text: str) -> Iterator[list[str]]:
    """The words after each `azresp` of a line."""
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    for at, word in enumerate(words):
        if word in ("azresp", ".venv/bin/azresp") and (not at or words[at - 1] in ("$", *_ENDS)):
            yield list(takewhile(lambda one: one not in _ENDS, words[at + 1 :]))


@cache
def flags() -> frozenset[str]:
    """The flags of all commands."""
    found, left = {"--debug", "--help"}, [program()]
    while left:
        command = left.pop()
        left += getattr(command, "commands", {}).values()
        found |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return frozenset(found)


def strange(words: list[str]) -> str:
    """The first word that is no command or flag; empty if there is none."""
    command = program()
    while words and (children := getattr(command, "commands", None)) and not words[0].startswith("-"):
        if words[0] not in children:
            return words[0]
        command, words = children[words[0]], words[1:]
    known = {"--help", *(name for one in command.params for name in (*one.opts, *one.secondary_opts))}
    flags = (
        word.partition("=")[0]
        for word in takewhile(lambda one: one != "--", words)
        if word[:1] == "-" != word
    )
    return next((flag for flag in flags if flag not in known and flag != "--debug"), "")


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_what_a_guide_tells_to_type_is_taken(page: Path) -> None:
    for text in typed(page):
        for words in command_lines(text):
            assert strange(words) == "", text
        if re.match(r"--\w", text):
            assert text.split()[0].partition("=")[0] in flags(), text
        slash = re.match(r"/([a-z][a-z-]*)(?= |$)", text)
        if slash and slash[1] not in _PATHS:
            try:
                find(slash[1])
            except UsageError:
                pytest.fail(text)
