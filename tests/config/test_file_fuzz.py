"""Any bytes in the place of the configuration file: settings, or one sentence that names the file and the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from azresp.config.file import parse
from azresp.config.load import load, validate
from azresp.config.profile import SETTINGS
from azresp.errors import ConfigError
from tests.examples import examples

_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _tables(right: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table with some keys as they should be, some with other values, and perhaps an unknown one."""
    fitting = {key: st.just(value) | _VALUES for key, value in right.items()}
    return st.fixed_dictionaries({}, optional={**fitting, "unknown": _VALUES})


_RIGHT = {key: tomlkit.parse(f"x = {setting.example}").unwrap()["x"] for key, setting in SETTINGS.items()}
_PROFILES = _tables(_RIGHT)
_TOOLS = _tables(
    {
        "file": "/srv/a.py",
        "functions": ["f"],
        "use": "read_file",
        "root": "/srv",
        "type": "web_search",
        "name": "grep",
        "command": ["grep", "{a}"],
        "parameters": {"type": "object"},
        "stdin": "none",
        "on": True,
        "approval": "never",
        "timeout_s": 3,
        "env": ["A"],
        "cwd": "/srv",
        "description": "d",
    }
)
_SERVERS = _tables(
    {
        "label": "docs",
        "url": "https://x.example/mcp",
        "connector": "connector_dropbox",
        "description": "d",
        "headers": {"X": "env:A"},
        "authorization": "env:B",
        "allowed_tools": ["a"],
        "on": False,
        "require_approval": {"never": ["a"]},
    }
)
_PRICES = _tables({"input": 1.5, "cached_input": 0.1, "output": 10, "currency": "EUR"})
_TOP = {
    "default_profile": st.just("work") | _VALUES,
    "profiles": st.dictionaries(st.just("work") | st.text(max_size=4), _PROFILES | _VALUES, max_size=2)
    | _VALUES,
    "tools": st.lists(_TOOLS, max_size=3) | _VALUES,
    "mcp": st.lists(_SERVERS, max_size=2) | _VALUES,
    "prices": st.dictionaries(st.just("gpt-5") | st.text(max_size=4), _PRICES | _VALUES, max_size=2)
    | _VALUES,
}
_DOCUMENTS = st.tuples(_PROFILES, st.fixed_dictionaries({}, optional=_TOP)).map(
    lambda two: {**two[0], **two[1]}
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("config") / "config.toml"
    file.touch(0o600)
    return file


def _loaded(path: Path, raw: bytes) -> str:
    """The sentence that the file is refused with, or nothing."""
    path.write_bytes(raw)
    try:
        loaded = load({"config": path}, {})
    except ConfigError as wrong:
        assert wrong.what.startswith((f"{path.name}: ", f"{path}: ")), wrong.what
        return wrong.what
    json.dumps(loaded.profile.request())
    assert loaded.found
    return ""


@examples(25)
@given(_DOCUMENTS)
def test_any_tables_are_taken_or_refused_by_file_and_key(path: Path, document: dict[str, Any]) -> None:
    try:
        text = tomlkit.dumps(document)
    except ValueError:
        return  # tomlkit can't write it
    refused = _loaded(path, text.encode("utf-8", "surrogatepass"))
    if refused and "not TOML" not in refused and "not UTF-8" not in refused:
        key = refused.removeprefix(f"{path.name}: ").partition(":")[0]
        assert key.split(".")[0].split("[")[0] in document, refused
    try:
        validate(parse(text, path), path)
    except ConfigError:
        pass
    else:
        assert not refused


@examples(40)
@given(
    st.binary(max_size=60)
    | st.tuples(
        st.just(b'[profiles.a]\nendpoint = "https://x.openai.azure.com"\n'), st.binary(max_size=9)
    ).map(b"".join)
)
def test_any_bytes_are_read_or_refused_by_file(path: Path, raw: bytes) -> None:
    _loaded(path, raw)
