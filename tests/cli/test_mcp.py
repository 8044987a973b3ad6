"""`azresp mcp`: servers are written, listed, removed and signed in to, without a secret on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from azresp.cli import mcp_config
from azresp.config.load import load
from azresp.core.secrets import SecretRef
from tests.cli.conftest import Azresp
from tests.cli.guarded_server import Provider, guarded
from tests.cli.test_mcp_login import Browser, Ring


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_server_is_added_listed_and_removed(azresp: Azresp, isolated: dict[str, str]) -> None:
    path = Path(isolated["XDG_CONFIG_HOME"]) / "azresp" / "config.toml"
    assert azresp("mcp", "list").stderr == "no servers: `azresp mcp add LABEL URL`\n"
    words = ("--header", "X-Key=env:DOCS_KEY", "--allow", "search", "--require-approval", "read-only")
    done = azresp("mcp", "add", "docs", "https://mcp.example.com/mcp", *words)
    assert (done.returncode, done.stderr) == (
        0,
        f"docs is written to {path}; its calls ask first unless you allow them\n",
    )
    assert path.read_text() == (
        '[[mcp]]\nlabel = "docs"\nurl = "https://mcp.example.com/mcp"\n'
        'allowed_tools = ["search"]\nrequire_approval = "read-only"\nheaders = {X-Key = "env:DOCS_KEY"}\n'
    )
    assert azresp("mcp", "list").stdout == (
        "docs  on   https://mcp.example.com/mcp (approval read-only, headers.X-Key from env:DOCS_KEY)"
        "  config.toml: mcp[1]\n"
    )
    assert azresp("mcp", "remove", "docs").stderr == f"docs is removed from {path}\n"
    assert path.read_text() == ""
    done = azresp("mcp", "remove", "docs")
    assert (done.returncode, "unknown server 'docs'" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "words",
    [("--header", "X-Key=canary-1"), ("--header", "canary-1"), ("--authorization", "canary-1")],
)
def test_a_secret_on_the_command_line_is_refused_unseen(azresp: Azresp, words: tuple[str, ...]) -> None:
    done = azresp("mcp", "add", "docs", "https://mcp.example.com/mcp", *words)
    assert done.returncode == 2
    assert "env:NAME" in done.stderr
    assert "canary" not in done.stderr


def test_a_token_without_a_keyring_is_not_kept(azresp: Azresp) -> None:
    azresp("mcp", "add", "docs", "https://mcp.example.com/mcp")
    done = azresp("mcp", "login", "docs", "--token-stdin", stdin="canary-1\n")
    assert (done.returncode, "no keyring" in done.stderr) == (2, True)
    assert "canary" not in done.stdout + done.stderr
    assert azresp("mcp", "login", "dcs").stderr.count("Did you mean docs?") == 1


def test_signing_in_writes_the_reference_where_the_server_stands(tmp_path: Path, ring: Ring) -> None:
    path, provider = tmp_path / "config.toml", Provider()
    path.touch(0o600)
    with guarded(provider) as url:
        path.write_text(
            f'[[mcp]]\nlabel = "docs"\nurl = "https://top.example.com"\n\n[profiles.work]\n\n'
            f'[[profiles.work.mcp]]\nlabel = "docs"  # ours\nurl = "{url}"\n'
        )
        loaded = load({"config": path}, {})
        (one,) = loaded.servers
        told: list[str] = []
        server, line = asyncio.run(mcp_config.login(loaded, one.server, told.append, open_browser=Browser()))
    ref = SecretRef("keyring", "mcp-docs")
    assert server.authorization == ref
    assert line == f'docs: authorization = "keyring:mcp-docs" is written to {path}'
    (one,) = load({"config": path}, {}).servers
    assert (one.server.url, one.server.authorization) == (url, ref)
    assert "# ours" in path.read_text()
    assert "canary" not in path.read_text() + "".join(told)
