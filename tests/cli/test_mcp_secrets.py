"""A secret of an MCP server, end to end: it reaches the server, and no file, stream or export of this machine."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Azresp
from tests.mcp_server import McpServer, RemoteTool

CANARY = "canary-mcp-secret-77/+"


def test_the_secret_reaches_the_server_and_stands_in_no_file(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(configured["XDG_CONFIG_HOME"]) / "azresp"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").touch(0o600)
    with McpServer() as server:
        # A hostile server sends back what it was lent.
        server.tools.append(
            RemoteTool("leak", f"Knows {CANARY}", {"what": {"type": "string"}}, lambda _: CANARY)
        )
        (folder / "config.toml").write_text(
            f'[[mcp]]\nlabel = "local"\nurl = "{server.url}"\nheaders = {{ X-Key = "env:MCP_KEY" }}\n'
            'require_approval = "never"\n'
        )
        env = configured | {"MCP_KEY": CANARY}
        done = azresp("run", "leak it: please use local/leak", "--json", env=env)
        again = azresp("run", "hello", "--emulator", "never", env=configured)
        heard = str(server.headers)
    assert done.returncode == 0, done.stderr
    assert CANARY in heard
    assert "Knows ***" in done.stdout  # its description came back, without the secret
    assert CANARY not in done.stdout + done.stderr
    assert again.returncode == 4
    assert "nothing was sent: headers.X-Key of the MCP server 'local'" in again.stderr
    files = [one for name in ("data", "state", "cache", "config") for one in (tmp_path / name).rglob("*")]
    kept = [one for one in files if one.is_file() and CANARY.encode() in one.read_bytes()]
    assert any(one.name == "store.db" for one in files)
    assert kept == []
