"""Completion, as a shell asks for it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from azresp.cli.shells import install, script
from azresp.core.session import Session
from azresp.errors import UsageError
from azresp.store.store import Store
from tests.cli.conftest import COMMAND, Azresp

Env = dict[str, str]


def complete(azresp: Azresp, env: Env, line: str) -> list[str]:
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_AZRESP_COMPLETE": "complete_bash"}
    done = azresp(env=env | asked)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.fixture
def kept(isolated: Env, tmp_path: Path) -> Env:
    """Three sessions, one of which a shell would run."""
    path = tmp_path / "kept.db"
    store = Store(path)
    for name in ("tides", "moon", "evil$(id)"):
        store.save(Session(f"id-{name}", name))
    store.close()
    return isolated | {"AZRESP_STORE_FILE": str(path)}


@pytest.mark.parametrize(
    "line",
    [
        "sessions show ",
        "sessions rm ",
        "sessions rename ",
        "sessions export ",
        "run --session ",
        "chat --resume ",
    ],
)
def test_names_of_sessions_are_completed_where_one_is_wanted(azresp: Azresp, kept: Env, line: str) -> None:
    assert complete(azresp, kept, f"azresp {line}") == ["moon", "tides"]
    assert complete(azresp, kept, f"azresp {line}ti") == ["tides"]


def test_profiles_settings_and_their_words_are_completed(
    azresp: Azresp, isolated: Env, tmp_path: Path
) -> None:
    path = tmp_path / "config" / "azresp" / "config.toml"
    path.parent.mkdir(mode=0o700)
    path.write_text("[profiles.work]\n[profiles.home]\n")
    assert complete(azresp, isolated, "azresp run --profile ") == ["work", "home"]
    assert complete(azresp, isolated, "azresp config set --profile h") == ["home"]
    assert complete(azresp, isolated, "azresp config set verb") == ["verbosity"]
    assert complete(azresp, isolated, "azresp config set verbosity l") == ["low"]
    assert complete(azresp, isolated, "azresp config set store ") == ["on", "off", "default"]


def test_what_can_not_be_read_completes_to_nothing(azresp: Azresp, isolated: Env, tmp_path: Path) -> None:
    env = isolated | {
        "AZRESP_STORE_FILE": str(tmp_path / "none.db"),
        "AZRESP_CONFIG": str(tmp_path / "c.toml"),
    }
    assert complete(azresp, env, "azresp sessions show ") == []
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_bytes(b"no database" * 100)
    (tmp_path / "c.toml").write_bytes(b"\xff[[")
    for line in ("sessions show ", "run --profile ", "config set nothing "):
        assert complete(azresp, env, f"azresp {line}") == []


def test_completing_loads_nothing_heavy(azresp: Azresp, kept: Env) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": "azresp ", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = azresp(env=kept | asked | {"PYTHONPROFILEIMPORTTIME": "1", "_AZRESP_COMPLETE": "complete_fish"})
    assert "run\tAsk once" in done.stdout
    assert "| rich\n" not in done.stderr
    asked = {"COMP_WORDS": "azresp run --session ", "COMP_CWORD": "3", "_AZRESP_COMPLETE": "complete_bash"}
    done = azresp(env=kept | asked | {"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.stdout.split() == ["moon", "tides"]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "sqlite3" in loaded
    assert not loaded & {"rich", "openai", "prompt_toolkit", "tomlkit", "httpx2", "azure.identity"}


def test_the_script_of_each_shell_is_shown_and_asks_as_its_shell_does(azresp: Azresp, kept: Env) -> None:
    asked = {"_TYPER_COMPLETE_ARGS": "azresp sessions sho", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    asked["_TYPER_COMPLETE_WORD_TO_COMPLETE"] = "sho"
    told = "Show a conversation, with what broke off..."
    answers = {
        "zsh": f'_arguments \'*: :(("show":"{told}"))\'\n',
        "fish": f"show\t{told}\n",
        "powershell": f"show:::{told}\n",
    }
    for shell, answer in answers.items():
        shown = azresp("--show-completion", shell).stdout
        assert f"complete_{shell}" in shown
        assert set(re.findall(r"_TYPER_\w+", shown)) <= set(asked)
        assert azresp(env=kept | asked | {"_AZRESP_COMPLETE": f"complete_{shell}"}).stdout == answer
    refused = azresp("--show-completion", "tcsh")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Name one: bash, zsh, fish" in refused.stderr
    assert complete(azresp, kept, "azresp --show-completion z") == ["zsh"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_a_flag_with_its_value_behind_an_equals_sign(kept: Env, tmp_path: Path) -> None:
    program = tmp_path / "azresp"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o700)
    # COMP_WORDS as bash cuts `azresp run --session=ti`
    asked = f"{script('bash')}\nCOMP_WORDS=(azresp run --session = ti) COMP_CWORD=4\n"
    asked += f'_azresp_completion {program}; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", asked], env=kept, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("tides\n", "")


def test_completion_is_installed_once_where_the_shell_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    mine = tmp_path / ".bashrc"
    mine.write_bytes(b"alias caf\xe9=ls")
    for _ in range(2):
        for shell in ("bash", "zsh", "fish"):
            assert install(shell).read_text() == script(shell)
    assert mine.read_bytes() == b"alias caf\xe9=ls\nsource '%s'\n" % bytes(
        tmp_path / ".bash_completions" / "azresp.sh"
    )
    assert (tmp_path / ".zshrc").read_text().count("\n") == 1
    with pytest.raises(UsageError, match="yours to edit"):
        install("pwsh")
