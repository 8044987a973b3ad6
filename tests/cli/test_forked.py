"""A forked start is a start: what it reads, writes and ends with is the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.forked import COMMAND, can_fork, run


def test_forked_and_started_anew_azresp_is_the_same(
    configured: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZRESP_EXEC", raising=False)
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    env = {name: value for name, value in configured.items() if name != "COVERAGE_PROCESS_START"}
    assert can_fork(env)
    for words, stdin in (
        (["--version"], b""),
        (["nonsense"], b""),
        (["run", "say ünïcode \udcff"], b""),
        (["run", "-"], "say naïve".encode()),
    ):
        anew = subprocess.run(
            [*COMMAND, *words], input=stdin, env=env, cwd=tmp_path, capture_output=True, check=False
        )
        forked = run(words, env=env, cwd=tmp_path, stdin=stdin)
        assert (forked.returncode, forked.stdout, forked.stderr) == (
            anew.returncode,
            anew.stdout,
            anew.stderr,
        )


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONIOENCODING", "LC_ALL", "OPENAI_LOG"])
def test_what_is_read_at_the_start_needs_a_start(isolated: dict[str, str], name: str) -> None:
    assert not can_fork(isolated | {name: "another"})
