"""Adding and removing servers: only what is right, with everything else kept as it was."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from azresp.config.edit import add_server, remove_server, set_server
from azresp.config.load import load
from azresp.core.secrets import Secret, SecretRef
from azresp.errors import ConfigError

OLD = """\
# mine
verbosity = "low"  # short

[[mcp]]
label = "first"  # the oldest
url = "https://first.example.com"

# about the second
[[mcp]]
label = "second"
url = "https://second.example.com"

[[tools]]
use = "read_file"

[profiles.work]  # at work
deployment = "gpt-5"
"""


def kept(folder: Path, text: str = OLD) -> Path:
    """A configuration file with this text."""
    path = folder / "config.toml"
    path.touch(0o600)
    path.write_text(text)
    return path


def labels(path: Path, **flags: object) -> list[str]:
    """The labels of the servers in force."""
    return [one.name for one in load({"config": path, **flags}, {}).servers]


def test_a_server_is_added_to_a_new_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "azresp" / "config.toml"
    add_server(
        path,
        {
            "label": "docs",
            "url": "https://mcp.example.com/mcp",
            "headers": {"X-Key": SecretRef("env", "DOCS_KEY")},
            "require_approval": {"never": ["search"]},
            "description": None,
        },
    )
    assert path.read_text() == (
        '[[mcp]]\nlabel = "docs"\nurl = "https://mcp.example.com/mcp"\n'
        'headers = {X-Key = "env:DOCS_KEY"}\nrequire_approval = {never = ["search"]}\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_adding_and_removing_again_leaves_every_other_line_as_it_was(tmp_path: Path) -> None:
    path = kept(tmp_path)
    add_server(path, {"label": "third", "connector": "connector_dropbox"})
    assert labels(path) == ["first", "second", "third"]
    assert all(line in path.read_text() for line in OLD.splitlines())
    remove_server(path, "third")
    assert path.read_text().split() == OLD.split()
    remove_server(path, "first")
    assert labels(path) == ["second"]
    remove_server(path, "second")
    assert labels(path) == []
    for comment in ("# mine", "# short", "# at work"):
        assert comment in path.read_text()


def test_a_profile_has_servers_of_its_own(tmp_path: Path) -> None:
    path = kept(tmp_path)
    add_server(path, {"label": "own", "url": "https://own.example.com"}, profile="work")
    assert labels(path, profile="work") == ["first", "second", "own"]
    assert labels(path) == ["first", "second", "own"]  # the only profile
    assert "deployment" in path.read_text()
    loaded = load({"config": path}, {})
    assert [one.name for one in loaded.tools] == ["read_file"]
    assert loaded.profile.deployment == "gpt-5"
    remove_server(path, "own", profile="work")
    assert labels(path, profile="work") == ["first", "second"]
    with pytest.raises(ConfigError, match="unknown profile 'wrk'") as wrong:
        add_server(path, {"label": "own"}, profile="wrk")
    assert "Did you mean work?" in wrong.value.hint


def test_tables_on_one_line_can_be_added_to_as_well(tmp_path: Path) -> None:
    path = kept(tmp_path, 'mcp = [{ label = "one", url = "https://one.example" }]  # one\n')
    add_server(path, {"label": "two", "url": "https://two.example"})
    assert labels(path) == ["one", "two"]
    assert "# one" in path.read_text()


def test_a_server_gets_a_reference_and_loses_it_again(tmp_path: Path) -> None:
    path = kept(tmp_path)
    set_server(path, "first", {"authorization": SecretRef("keyring", "mcp-first")})
    (first, _) = load({"config": path}, {}).servers
    assert first.server.authorization == SecretRef("keyring", "mcp-first")
    assert "# the oldest" in path.read_text()
    set_server(path, "first", {"authorization": None})
    assert path.read_text() == OLD


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"label": "first", "url": "https://x.example"}, "is called 'first' like"),
        ({"label": "x", "url": "http://x.example"}, "url: must be"),
        (
            {"label": "x", "url": "https://x.example", "authorization": "canary"},
            "authorization: must be env:NAME",
        ),
        ({"label": "x", "url": "https://x.example", "authorization": Secret("canary")}, "a secret itself"),
        ({"label": "x", "url": "https://x.example", "headers": {"A": Secret("canary")}}, "a secret itself"),
        ({"label": "x", "url": "https://x.example", "colour": 1}, "unknown key 'colour'"),
    ],
)
def test_nothing_wrong_and_no_secret_is_written(tmp_path: Path, fields: dict[str, object], says: str) -> None:
    path = kept(tmp_path)
    with pytest.raises(ConfigError) as wrong:
        add_server(path, fields)
    assert says in wrong.value.what
    assert "canary" not in wrong.value.what + wrong.value.hint
    assert path.read_text() == OLD


def test_what_is_not_there_can_not_be_removed(tmp_path: Path) -> None:
    path = kept(tmp_path)
    with pytest.raises(ConfigError, match="mcp: unknown server 'secnd'") as wrong:
        remove_server(path, "secnd")
    assert wrong.value.hint.startswith("Did you mean second?")
    assert path.read_text() == OLD
