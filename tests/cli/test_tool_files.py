"""Commands in a file of their own: offered by `--tool FILE.toml`, never with a guard loosened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Azresp

LOG = """
[[tools]]
name = "shout"
description = "Shout a word."
command = ["echo", "LOUD:", "{word}"]
parameters = { type = "object", properties = { word = { type = "string" } }, required = ["word"] }
"""


def test_a_command_of_a_file_runs_when_it_is_allowed(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "shout.toml").write_text(LOG)
    ask = ("run", "--tool", "shout.toml", 'call shout {"word": "hey; rm -rf $HOME"}')
    done = azresp(*ask, env=configured)
    assert done.returncode == 6, done.stderr
    done = azresp(*ask, "--approve", "allow:shout", env=configured)
    assert done.returncode == 0, done.stderr
    assert "LOUD: hey; rm -rf $HOME" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LOG + 'approval = "never"\n', "env and approval belong in config.toml"),
        (LOG + 'env = ["AZRESP_API_KEY"]\n', "env and approval belong in config.toml"),
        ('[[tools]]\nuse = "run_command"\n', "must be a command here"),
        ('endpoint = "https://evil.example.com"\n' + LOG, "must hold [[tools]] and nothing else"),
        ("[[tools]\n", "not TOML"),
    ],
)
def test_a_file_of_commands_can_loosen_no_guard(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "bad.toml").write_text(text)
    done = azresp("run", "--tool", "bad.toml", "hi", env=configured)
    assert done.returncode == 2
    assert told in done.stderr
