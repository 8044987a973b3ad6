"""A house with tools: a configuration, files of functions, and MCP servers, for whole dialogues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.sitting import Sitting
from tests.cli.test_chat import House

WEATHER = '''"""Weather."""


def forecast(city: str) -> str:
    """Give the weather forecast of a city.

    Args:
        city: name of the city
    """
    return f"sunny in {city}"


def census(city: str) -> int:
    """Count the people of a city.

    Args:
        city: name of the city
    """
    return len(city) * 1000
'''
SLOW = '''"""Slow."""

import os
import subprocess
import time
from pathlib import Path


def quick(name: str) -> str:
    """Say a name.

    Args:
        name: what to say
    """
    return f"quick {name}"


def slow(name: str) -> str:
    """Never end.

    Args:
        name: of a file that tells that it runs
    """
    child = subprocess.Popen(["sleep", "1000"])
    Path(name + ".new").write_text(f"{os.getpid()} {child.pid}")
    Path(name + ".new").rename(name)
    time.sleep(1000)
    return "never"
'''
COUNTS = '''"""Count."""

from pathlib import Path


def count(name: str) -> str:
    """Note that it ran.

    Args:
        name: of the file
    """
    with Path(name).open("a") as file:
        file.write("x")
    return "done"
'''
BAD = '''"""Bad."""

import os
import time


def breaks(a: str) -> str:
    """Raise.

    Args:
        a: anything
    """
    raise ValueError("no")


def hangs(a: str) -> str:
    """Hang.

    Args:
        a: anything
    """
    time.sleep(1000)
    return a


def leaves(a: str) -> str:
    """Leave.

    Args:
        a: anything
    """
    os._exit(3)
'''


class ToolHouse(House):
    """A house whose configuration, tool files and audit log can be written and read."""

    def configure(self, text: str) -> None:
        """Write the configuration."""
        folder = self.folder / "config" / "azresp"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)
        (folder / "config.toml").chmod(0o600)

    def write(self, name: str, text: str) -> Path:
        """Write a file into the working folder."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    @property
    def audit(self) -> list[dict[str, Any]]:
        """The audit log."""
        path = self.folder / "data" / "azresp" / "audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def said(self, number: int = -1) -> list[dict[str, Any]]:
        """The input items of a request."""
        found: list[dict[str, Any]] = self.bodies[number]["input"]
        return found

    def kept_bytes(self) -> bytes:
        """All that is in any file of the home, configuration apart."""
        return b"".join(
            path.read_bytes()
            for folder in ("home", "data", "cache", "state")
            for path in (self.folder / folder).rglob("*")
            if path.is_file()
        )


def server_table(label: str, url: str, *lines: str) -> str:
    """A server's table of the configuration."""
    return "\n".join(["[[mcp]]", f'label = "{label}"', f'url = "{url}"', *lines, ""])


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Answers:
    """Somebody who reads every question to its end and answers it."""

    def __init__(self, chat: Sitting) -> None:
        self._chat = chat
        self._answered = 0
        self._pages = 0

    def give(self, *replies: str) -> None:
        """Answer the next questions, one reply for each."""
        for reply in replies:
            self._read()
            self._answered += 1
            self._chat.keys(f"{reply}\r")

    def _read(self) -> None:
        while True:
            self._chat.until(lambda: self._asked or self._more, "a question about a call")
            if self._asked:
                return
            self._pages += 1
            self._chat.keys("\r")

    @property
    def _asked(self) -> bool:
        return self._chat.text.count("Allow?") > self._answered

    @property
    def _more(self) -> bool:
        return self._chat.text.count("Enter: more") > self._pages
