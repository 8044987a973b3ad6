"""Secrets of six kinds go through every kind of command; then every byte written is searched for them (K1-K5).

Searched are stdout, stderr, all files of the home and the working folder, what processes started by azresp see, and
what was sent to anybody but whom a secret is for: as it is, in base64 at each alignment, URL-encoded, hex, as JSON.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from azresp.emulator import Emulator, Settings
from tests.cli import forked
from tests.cli.sitting import Sitting
from tests.mcp_server import McpServer, RemoteTool
from tests.replay import JSON_HEADERS, ReplayServer, Reply
from tests.torture.house import library

KEY = "canary-API-key/1+a\"b'c\\d"
TOKEN = "canary-entra-token.2-x_y/z+"
LENT = "canary-mcp-header 3/+="
RING = "canary-keyring-4/+w"
PROXY = "canary-proxy-password-5"
OTHER = "canary-of-some-other-program-6"
SECRETS = (KEY, TOKEN, LENT, RING, PROXY, OTHER)

TOOL = '''"""Shows what a tool sees."""

import os
from pathlib import Path
from typing import Any


def look(name: str) -> str:
    """Write down the environment and all command lines of this folder's processes.

    Args:
        name: of the file
    """
    seen = [Path("/proc/self/environ").read_bytes()]
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cwd").readlink() == Path.cwd():
                seen.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    Path(name).write_bytes(b"\\n".join(seen))
    return str(len(seen))
'''
# What the keyring holds is not in its source as it is.
RINGS = f"""
from keyring.backend import KeyringBackend


class Ring(KeyringBackend):
    priority = 5

    def get_password(self, service, username):
        return {RING[::-1]!r}[::-1]

    def set_password(self, service, username, password):
        pass
"""
CONFIG = """
[[mcp]]
label = "local"
url = "{url}"
headers = {{ X-Key = "env:LENT" }}
require_approval = "never"
on = {on}

[profiles.key]
key = "env:KEY"
[profiles.token]
auth = "token"
key = "env:TOKEN"
[profiles.ring]
key = "keyring:work"
[profiles.proxied]
key = "env:KEY"
endpoint = "https://contoso.openai.azure.com"
"""


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it might be written down."""
    raw = secret.encode()
    yield from (raw, raw.hex().encode(), raw.hex().upper().encode(), json.dumps(secret)[1:-1].encode())
    yield from (repr(secret)[1:-1].encode(), quote(secret, safe="").encode(), quote(secret).encode())
    yield quote_plus(secret).encode()
    for shift in range(3):
        # Only the characters that no neighbour has a part in.
        sextets = base64.b64encode(b"\0" * shift + raw)[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        yield from (sextets, sextets.replace(b"+", b"-").replace(b"/", b"_"))


FORMS = [(secret, form) for secret in SECRETS for form in forms(secret)]


def leaks(place: str, data: bytes) -> list[str]:
    """Where a secret stands in what was written."""
    return [f"{place}: {secret} as {form!r}" for secret, form in FORMS if form in data]


class Nest:
    """A home with secrets of all kinds around it."""

    def __init__(self, folder: Path, env: dict[str, str], emulator: Emulator) -> None:
        self.folder, self.emulator = folder, emulator
        (folder / "tmp").mkdir()
        (folder / "tools.py").write_text(TOOL)
        (folder / "canaryring.py").write_text(RINGS)
        self.env = env | {
            "AZRESP_ENDPOINT": emulator.root_url,
            "AZRESP_DEPLOYMENT": "gpt-5-mini",
            "AZRESP_PROFILE": "key",
            "KEY": KEY,
            "TOKEN": TOKEN,
            "LENT": LENT,
            "SOME_OTHER_SECRET": OTHER,
            "TMPDIR": str(folder / "tmp"),
        }
        self.leaks: list[str] = []
        self.statuses: list[int] = []

    def configure(self, url: str, on: bool) -> None:
        """Write the configuration."""
        path = self.folder / "config" / "azresp" / "config.toml"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(0o600)
        path.write_text(CONFIG.format(url=url, on=str(on).lower()))

    def run(self, *words: str, fault: forked.Fault | None = None, **env: str | None) -> bytes:
        """A command; what it printed is searched, and given back."""
        merged = {name: value for name, value in {**self.env, **env}.items() if value is not None}
        done = forked.run(words, env=merged, cwd=self.folder, fault=fault)
        written = done.stdout + b"\n" + done.stderr
        self.leaks += leaks(" ".join(words), written)
        self.statuses.append(done.returncode)
        return written

    def search(self) -> list[str]:
        """All that was found, files included."""
        for path in self.folder.rglob("*"):
            self.leaks += leaks("a name", os.fsencode(path))
            if path.is_file():
                self.leaks += leaks(str(path.relative_to(self.folder)), path.read_bytes())
        return self.leaks


@pytest.fixture
def nest(tmp_path: Path) -> Iterator[Nest]:
    env = forked.kept() | {"PYTHONUTF8": "1", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    for name, place in (("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data")):
        (tmp_path / place).mkdir(mode=0o700)
        env[name] = str(tmp_path / place)
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, queued_s=0)) as emulator:
        yield Nest(tmp_path, env | {"TERM": "dumb"}, emulator)


def _echo(secret: str) -> str:
    """What a careless service writes into its error."""
    return f"Access denied for {' '.join(form.decode() for form in forms(secret))}"


def test_no_secret_is_in_any_byte_written(nest: Nest) -> None:
    echo = Reply(
        json.dumps({"error": {"message": LENT, "code": KEY}}).encode(), 401, JSON_HEADERS, framing="length"
    )
    with McpServer() as server, ReplayServer([echo]) as elsewhere:
        server.tools.append(
            RemoteTool("leak", f"Knows {LENT}", {"what": {"type": "string"}}, lambda _: f"{LENT} {KEY}")
        )
        nest.configure(server.url, on=True)
        assert b"***" in nest.run("run", "leak it: please use local/leak", "--json")
        nest.run("run", "leak it: please use local/leak", "--events", "--debug")
        heard = str(server.headers)
        nest.configure(server.url, on=False)
        assert b"Hello" in nest.run("run", "hi")
        assert b"Hello" in nest.run("run", "hi", "--profile", "token", AZRESP_PROFILE=None)
        ring: dict[str, Any] = {
            "AZRESP_PROFILE": "ring",
            "PYTHON_KEYRING_BACKEND": "canaryring.Ring",
            "PYTHONPATH": _path(nest),
        }
        assert b"Hello" in nest.run("run", "hi", **ring)
        nest.run("tools", "trust", "tools.py", "--yes")
        nest.run("run", "--tool", "tools.py", "--approve", "allow:look", 'call look {"name": "seen"}')
        seen = (nest.folder / "seen").read_bytes()
        _errors(nest, elsewhere.root)
        _others(nest)
        _proxied(nest)
        assert elsewhere.requests == []  # a redirect is not followed
    assert LENT in heard
    assert b"TOOL_CALL_ID" in seen and b"azresp" in seen
    sent = {
        seen.headers.get("api-key", seen.headers.get("authorization"))
        for seen in nest.emulator.journal.requests
    }
    assert len(sent - {None}) == 3  # the journal keeps digests
    bodies = json.dumps([seen.body for seen in nest.emulator.journal.requests if seen.body])
    for secret in (KEY, TOKEN, RING, PROXY, OTHER):
        assert json.dumps(secret)[1:-1] not in bodies
    assert nest.search() == []


def _path(nest: Nest) -> str:
    return os.pathsep.join([str(nest.folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)


def _errors(nest: Nest, elsewhere: str) -> None:
    """A service that says back what it was sent, in all its errors."""
    for profile, secret in (("key", KEY), ("token", TOKEN)):
        for words in (("--debug",), ("--json",)):
            nest.emulator.fault(status=401, message=_echo(secret), code=secret)
            nest.run("run", "hi", *words, AZRESP_PROFILE=profile)
            nest.emulator.fault(after=3, then="fail", message=_echo(secret))
            nest.run("run", "hi", *words, AZRESP_PROFILE=profile)
    nest.emulator.fault(status=500, html=True, message=_echo(KEY), times=9)
    nest.run("run", "hi", "--debug")
    nest.emulator.faults.clear()
    nest.emulator.fault(after=5, then="reset")
    nest.run("run", "hi", "--debug", AZRESP_DEBUG="1", OPENAI_LOG=None)
    nest.emulator.fault(redirect=elsewhere)
    nest.run("run", "hi", "--debug")
    nest.emulator.fault(after=2, then="hangup")
    nest.run("run", "hi", "--debug")


def _others(nest: Nest) -> None:
    """Commands that show or write down how things stand."""
    for words in (
        ("config", "show"),
        ("config", "show", "--json"),
        ("doctor",),
        ("doctor", "--network"),
        ("mcp", "list"),
        ("privacy",),
        ("sessions", "export", "hi", "-o", "export.md"),
        ("sessions", "list", "--json"),
        ("run", "--background", "hi"),
        ("jobs", "attach", "1", "--debug"),
        ("config", "set", "key", KEY),
        ("config", "set", "proxy", f"http://me:{PROXY}@proxy.example:80"),
        ("run", "hi", "--proxy", f"http://me:{PROXY}@proxy.example:80", "--debug"),
    ):
        nest.run(*words)
    with Sitting(nest.folder, nest.env, "chat") as chat:
        nest.emulator.fault(status=401, message=_echo(KEY))
        for said in ("hi", "hi again", "/status", "/config"):
            chat.ask(said)
        chat.leave()
        nest.leaks += leaks("chat", chat.written.encode())


def _proxied(nest: Nest) -> None:
    """A proxy that wants a password, and says what it was sent."""
    refusal = Reply(f"407 {PROXY} {KEY}".encode(), 407, {"content-type": "text/plain"}, framing="length")
    with ReplayServer([refusal]) as proxy:
        address = proxy.root.replace("//", f"//me:{PROXY}@")
        for words in (("run", "hi", "--debug"), ("doctor", "--network")):
            told = nest.run(*words, AZRESP_PROFILE="proxied", AZRESP_ENDPOINT=None, HTTPS_PROXY=address)
            assert b"proxy" in told
        assert {one.method for one in proxy.requests} <= {"CONNECT"}
        assert KEY not in str(proxy.requests)


def test_no_secret_is_written_where_calls_fail(nest: Nest) -> None:
    nest.configure("http://127.0.0.1:9/mcp", on=False)
    log = nest.folder.parent / f"{nest.folder.name}.calls"
    faults = library(nest.folder)
    store = nest.folder / "data" / "azresp" / "store.db"
    for call in (
        "",
        "connect socket",
        "read socket",
        "write socket",
        "write pipe1",
        f"write {store}-wal",
        f"read {store}",
    ):
        nest.run("run", "hi", "--debug", fault=forked.Fault(faults, log, nest.folder, call))
    assert nest.statuses[0] == 0
    assert nest.search() == []


def test_the_search_finds_what_it_is_for() -> None:
    for secret in SECRETS:
        for shift in range(3):
            assert leaks("", base64.b64encode(b"x" * shift + secret.encode() + b"yz"))
        assert leaks("", json.dumps({"a": secret}).encode()) and leaks("", quote(secret).encode())
        assert not leaks("", secret[:-1].encode())
