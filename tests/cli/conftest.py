"""The program as a user starts it: a child process with a home of its own, and an emulator to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from azresp.emulator import Emulator, Settings
from tests.cli import forked
from tests.cli.forked import COMMAND as COMMAND

Azresp = Callable[..., "CompletedProcess[str]"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulated resource at full speed."""
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as running:
        yield running


@pytest.fixture
def isolated(tmp_path: Path) -> dict[str, str]:
    """An environment without this machine's settings: home, config and data below `tmp_path`, nothing configured."""
    env = forked.kept()
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
        done = forked.run(
            words,
            env={name: value for name, value in merged.items() if value is not None},
            cwd=tmp_path,
            stdin=stdin.encode(),
            timeout_s=timeout_s,
        )
        # Ends of lines as a file opened for text has them.
        out, err = (
            one.decode().replace("\r\n", "\n").replace("\r", "\n") for one in (done.stdout, done.stderr)
        )
        return CompletedProcess(done.args, done.returncode, out, err)

    return run
