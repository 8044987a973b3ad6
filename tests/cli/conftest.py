"""The program as a user starts it: a child process with a home of its own, and an emulator to talk to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from azresp.emulator import Emulator, Settings

Azresp = Callable[..., "CompletedProcess[str]"]

_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_FILE")
COMMAND = [sys.executable, "-m", "azresp"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulated resource at full speed."""
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as running:
        yield running


@pytest.fixture
def isolated(tmp_path: Path) -> dict[str, str]:
    """An environment without this machine's settings: home, config and data below `tmp_path`, nothing configured."""
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    home = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
    }
    for name, folder in home.items():
        (tmp_path / folder).mkdir(mode=0o700, exist_ok=True)
        env[name] = str(tmp_path / folder)
    return env | {
        "PYTHONUTF8": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "TERM": "dumb",
    }


@pytest.fixture
def configured(isolated: dict[str, str], emulator: Emulator) -> dict[str, str]:
    """The isolated environment with the emulator as the configured endpoint."""
    return isolated | {
        "AZRESP_ENDPOINT": emulator.root_url,
        "AZRESP_DEPLOYMENT": "gpt-5-mini",
        "AZRESP_API_KEY": "canary-key-0001",
    }


@pytest.fixture
def azresp(isolated: dict[str, str], tmp_path: Path) -> Azresp:
    """`azresp(*words, stdin=…, env=…)`: run the program in an isolated home; `env` is added to (None removes)."""

    def run(
        *words: str, stdin: str = "", env: Mapping[str, str | None] | None = None, timeout_s: float = 60
    ) -> CompletedProcess[str]:
        merged = {**isolated, **(env or {})}
        return subprocess.run(
            [*COMMAND, *words],
            input=stdin,
            env={name: value for name, value in merged.items() if value is not None},
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout_s,
            check=False,
        )

    return run
