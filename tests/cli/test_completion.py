"""Completion, as a shell asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from azresp.core.session import Session
from azresp.store.store import Store
from tests.cli.conftest import Azresp

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
    asked = {"COMP_WORDS": "azresp run --session ", "COMP_CWORD": "3", "_AZRESP_COMPLETE": "complete_bash"}
    done = azresp(env=kept | asked | {"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.stdout.split() == ["moon", "tides"]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "sqlite3" in loaded
    assert not loaded & {"rich", "openai", "prompt_toolkit", "tomlkit", "httpx2", "azure.identity"}
