"""Tools and MCP servers of the file: what each entry means, and what is said about a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from azresp.config.load import Loaded, load
from azresp.config.servers import ServerDefinition
from azresp.config.tools import (
    BuiltInDefinition,
    CommandDefinition,
    FileDefinition,
    HostedDefinition,
    LocalRules,
)
from azresp.core.secrets import SecretRef
from azresp.core.tools import HostedTool, McpServer
from azresp.errors import ConfigError

CANARY = "canary-s3cret"


def loaded_from(folder: Path, text: str, **flags: object) -> Loaded:
    """What loading a file with this text gives."""
    path = folder / "config.toml"
    path.touch(0o600)
    path.write_text(text)
    return load({"config": path, **flags}, {})


def refusal(folder: Path, text: str) -> str:
    """The sentence and the hint that a wrong file is refused with."""
    with pytest.raises(ConfigError) as wrong:
        loaded_from(folder, text)
    return f"{wrong.value.what} | {wrong.value.hint}"


def test_each_kind_of_tool_is_read_as_it_stands(tmp_path: Path) -> None:
    text = """
    [[tools]]
    file = "/srv/weather.py"
    functions = ["forecast"]
    timeout_s = 20
    env = ["WEATHER_REGION"]
    [[tools]]
    name = "grep"
    description = "Search"
    command = ["grep", "-e", "{pattern}", ["--include", "{glob}"]]
    parameters = { type = "object", properties = { pattern = { type = "string" } } }
    stdin = "json"
    cwd = "/srv"
    approval = "never"
    [[tools]]
    use = "read_file"
    root = "/srv"
    on = false
    [[tools]]
    type = "code_interpreter"
    """
    assert loaded_from(tmp_path, text).tools == (
        FileDefinition(
            Path("/srv/weather.py"),
            ("forecast",),
            LocalRules("always", 20, ("WEATHER_REGION",)),
            place="config.toml: tools[1]",
        ),
        CommandDefinition(
            "grep",
            "Search",
            ("grep", "-e", "{pattern}", ("--include", "{glob}")),
            {"type": "object", "properties": {"pattern": {"type": "string"}}},
            "json",
            LocalRules("never", cwd=Path("/srv")),
            place="config.toml: tools[2]",
        ),
        BuiltInDefinition("read_file", Path("/srv"), LocalRules(), False, "config.toml: tools[3]"),
        HostedDefinition(
            HostedTool(
                "code_interpreter",
                {"container": {"type": "auto"}},
                ("code_interpreter_call.outputs",),
            ),
            place="config.toml: tools[4]",
        ),
    )


def test_a_file_without_tools_has_none(tmp_path: Path) -> None:
    loaded = loaded_from(tmp_path, "verbosity = 'low'")
    assert (loaded.tools, loaded.servers) == ((), ())


@pytest.mark.parametrize(
    ("line", "wire"),
    [
        ('container = "cntr_1"', "cntr_1"),
        ('container = "auto"', {"type": "auto"}),
        ('container = { file_ids = ["f_1"] }', {"type": "auto", "file_ids": ["f_1"]}),
    ],
)
def test_a_container_is_automatic_an_id_or_a_table(tmp_path: Path, line: str, wire: object) -> None:
    (tool,) = loaded_from(tmp_path, f'[[tools]]\ntype = "code_interpreter"\n{line}').tools
    assert isinstance(tool, HostedDefinition)
    assert tool.tool.to_wire() == {"type": "code_interpreter", "container": wire}


def test_a_server_is_read_with_its_secrets_as_references(tmp_path: Path) -> None:
    text = """
    [[mcp]]
    label = "docs"
    url = "https://mcp.example.com/mcp?set=all"
    description = "The documents"
    headers = { X-Key = "env:DOCS_KEY" }
    authorization = "keyring:mcp-docs"
    allowed_tools = ["search"]
    on = false
    """
    server = McpServer(
        "docs",
        "https://mcp.example.com/mcp?set=all",
        "",
        "The documents",
        {"X-Key": SecretRef("env", "DOCS_KEY")},
        SecretRef("keyring", "mcp-docs"),
        ("search",),
    )
    loaded = loaded_from(tmp_path, text)
    assert loaded.servers == (ServerDefinition(server, False, "config.toml: mcp[1]"),)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ('"always"', "always"),
        ('"never"', "never"),
        ('"read-only"', {"never": {"read_only": True}}),
        (
            '{ never = ["a"], always = ["b", "c"] }',
            {"never": {"tool_names": ["a"]}, "always": {"tool_names": ["b", "c"]}},
        ),
    ],
)
def test_approval_takes_the_form_of_the_wire(tmp_path: Path, value: str, wire: object) -> None:
    text = f'[[mcp]]\nlabel = "d"\nconnector = "connector_dropbox"\nrequire_approval = {value}'
    (one,) = loaded_from(tmp_path, text).servers
    assert one.server.to_wire() == {
        "type": "mcp",
        "server_label": "d",
        "connector_id": "connector_dropbox",
        "require_approval": wire,
    }


def test_a_profile_adds_to_the_top_level_and_replaces_what_is_called_the_same(tmp_path: Path) -> None:
    text = """
    [[tools]]
    use = "read_file"
    [[tools]]
    type = "web_search"
    [[mcp]]
    label = "docs"
    url = "https://top.example.com"
    [profiles.work]
    [[profiles.work.tools]]
    use = "read_file"
    root = "/srv"
    [[profiles.work.mcp]]
    label = "docs"
    url = "https://work.example.com"
    [profiles.home]
    """
    work = loaded_from(tmp_path, text, profile="work")
    assert [(one.name, one.place) for one in work.tools] == [
        ("web_search", "config.toml: tools[2]"),
        ("read_file", "config.toml: profiles.work.tools[1]"),
    ]
    assert [one.server.url for one in work.servers] == ["https://work.example.com"]
    home = loaded_from(tmp_path, text, profile="home")
    assert [one.name for one in home.tools] == ["read_file", "web_search"]
    assert [one.server.url for one in home.servers] == ["https://top.example.com"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tools = 1", "config.toml: tools: must be tables like [[tools]]"),
        ("[[tools]]", "config.toml: tools[1]: must have one of file"),
        ("[[tools]]\non = true", "got none of them, only on"),
        ("[[tools]]\nuse = 'read_file'\ntype = 'web_search'", "got use and type"),
        ("[[tools]]\nuse = 'rm'", "tools[1].use: must be one of read_file, list_folder"),
        ("[[tools]]\nuse = 'read_file'\nrooot = '/'", "unknown key 'rooot' | Did you mean root?"),
        ("[[tools]]\ntype = 'shell'", "tools[1].type: must be one of web_search"),
        ("[[tools]]\ntype = 'web_search'\napproval = 'never'", "unknown key 'approval'"),
        ("[[tools]]\ntype = 'file_search'", "tools[1].vector_store_ids: is missing; it must be a list"),
        (
            "[[tools]]\ntype = 'file_search'\nvector_store_ids = []",
            "one or more ids of vector stores, got []",
        ),
        ("[[tools]]\nname = 'a b'\ncommand = ['ls']", "tools[1].name: must be letters"),
        ("[[tools]]\ncommand = ['ls']", "tools[1].name: is missing"),
        ("[[tools]]\nname = 'a'\ncommand = 'ls -l'", "tools[1].command: must be a list of words"),
        ("[[tools]]\nname = 'a'\ncommand = [['ls']]", "tools[1].command: must be a list of words"),
        ("[[tools]]\nname = 'a'\ncommand = ['ls']\nparameters = {}", "must be a JSON schema"),
        ("[[tools]]\nname = 'a'\ncommand = ['ls']\ntimeout_s = 0", "timeout_s: must be a number of seconds"),
        ("[[tools]]\nfile = 'weather.py'", "tools[1].file: must be the full path of a Python file"),
        ("[[tools]]\nfile = '/a.py'\nfunctions = [1]", "tools[1].functions: must be a list of names"),
        (
            "[[tools]]\nuse = 'read_file'\n[[tools]]\nuse = 'read_file'",
            "tools[2]: is called 'read_file' like",
        ),
        ("[[mcp]]\nurl = 'https://x.example'", "mcp[1].label: is missing"),
        ("[[mcp]]\nlabel = 'a/b'\nurl = 'https://x.example'", "mcp[1].label: must be letters"),
        ("[[mcp]]\nlabel = 'a'", "mcp[1]: must have either url or connector, got none"),
        ("[[mcp]]\nlabel = 'a'\nurl = 'http://x.example'", "mcp[1].url: must be an https URL"),
        ("[[mcp]]\nlabel = 'a'\nurl = 'https://x.example'\nrequire_approval = 'maybe'", 'must be "always"'),
        (
            "[[mcp]]\nlabel = 'a'\nurl = 'https://x.example'\n"
            "require_approval = { never = ['x'], always = ['x'] }",
            "require_approval: must be",
        ),
        (
            "[profiles.work]\n[[profiles.work.mcp]]\nlabel = 1",
            "config.toml: profiles.work.mcp[1].label: must be",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    assert says in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "line",
    [
        f'headers = {{ X-Key = "{CANARY}" }}',
        f'headers = "{CANARY}"',
        f'authorization = "{CANARY}"',
        f'authorization = ["{CANARY}"]',
        f'url = "https://me:{CANARY}@x.example"',
        f'url = "https://x.example/?api_key={CANARY}"',
        f'url = "http://x.example/?x={CANARY}"',
        f'url = "https://x.example/#{CANARY}"',
    ],
)
def test_a_literal_secret_is_refused_without_being_shown(tmp_path: Path, line: str) -> None:
    url = "" if line.startswith("url") else 'url = "https://x.example"'
    told = refusal(tmp_path, f'[[mcp]]\nlabel = "d"\n{url}\n{line}')
    assert CANARY not in told
    assert re.match(r"config.toml: mcp\[1\]\.(headers|authorization|url)", told)


def test_a_variable_with_a_value_is_refused_without_being_shown(tmp_path: Path) -> None:
    told = refusal(tmp_path, f'[[tools]]\nuse = "read_file"\nenv = ["KEY={CANARY}"]')
    assert "tools[1].env: must be a list of names of environment variables" in told
    assert CANARY not in told


def test_wrong_tools_of_a_profile_that_is_not_chosen_hinder_nobody_but_validate(tmp_path: Path) -> None:
    from azresp.config.file import parse
    from azresp.config.load import validate

    text = "[profiles.a]\n[profiles.b]\n[[profiles.b.tools]]\nuse = 'rm'"
    assert loaded_from(tmp_path, text, profile="a").tools == ()
    with pytest.raises(ConfigError, match=re.escape("c.toml: profiles.b.tools[1].use")):
        validate(parse(text, tmp_path / "c.toml"), tmp_path / "c.toml")
