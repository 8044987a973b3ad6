"""Where background jobs run: an emulator whose time a test moves."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from azresp.emulator import Emulator, Settings
from tests.cli import forked
from tests.cli.forked import COMMAND
from tests.cli.sitting import PATIENCE_S
from tests.cli.test_chat import House


class Hands:
    """A clock that stands still until somebody moves it."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.time

    async def wait(self, seconds: float) -> None:
        """Until the hands are there."""
        until = self.time + seconds
        while self.time < until:
            await asyncio.sleep(0.005)

    def forward(self, seconds: float = 3600.0) -> None:
        """Let time pass: by default every job is over then."""
        self.time += seconds


def settings(hands: Hands, **options: Any) -> Settings:
    """Ten tokens a second of that clock."""
    named = {"tokens_per_s": 10.0, "first_token_s": 1.0, "queued_s": 1.0, "resume_window_s": 0.0} | options
    return Settings(clock=hands.now, wait=hands.wait, **named)


class JobHouse(House):
    """A home whose jobs run by a clock of the test's."""

    def __init__(self, folder: Path, env: dict[str, str], emulator: Emulator, hands: Hands) -> None:
        super().__init__(folder, env, emulator)
        self.hands = hands
        self._running: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> CompletedProcess[str]:
        """A command and what it printed."""
        done = forked.run(words, env={**self.env, **(env or {})}, cwd=self.folder)
        return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def popen(self, *words: str) -> subprocess.Popen[str]:
        """A command that runs meanwhile; killed at the latest when the house closes, or when a test hangs on it."""
        process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=self.folder,
            text=True,
        )
        watch = threading.Timer(PATIENCE_S, process.kill)
        watch.daemon = True
        watch.start()
        self._running.append((process, watch))
        return process

    def close(self) -> None:
        """End what still runs."""
        for process, watch in self._running:
            watch.cancel()
            process.kill()
            with process:
                pass

    def jobs(self) -> list[dict[str, Any]]:
        """The list as programs see it."""
        found: list[dict[str, Any]] = json.loads(self.run("jobs", "list", "--all", "--json").stdout)
        return found

    @property
    def posts(self) -> int:
        """How many responses were asked for."""
        return self.emulator.journal.count("POST", "/responses")

    def told(self, ident: str) -> str:
        """The text that the emulator says it answered."""
        import httpx2

        got = httpx2.get(
            f"{self.emulator.base_url}responses/{ident}", headers={"api-key": "x"}, trust_env=False
        ).json()
        return "".join(
            part["text"] for item in got["output"] if item["type"] == "message" for part in item["content"]
        )
