"""Configured tools and servers in `config show` and `doctor`: what they are, where their secrets are, never a value."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Azresp
from tests.cli.test_doctor import examined

TEXT = """
endpoint = "https://contoso.openai.azure.com"
deployment = "gpt-5"
key = "env:MY_KEY"

[[tools]]
file = "/nowhere/weather.py"
[[tools]]
name = "list"
command = ["sh", "-c", "ls", ["--", "{folder}"]]
approval = "never"
[[tools]]
use = "read_file"
on = false

[[mcp]]
label = "docs"
url = "https://mcp.example.com/mcp"
headers = { X-Key = "env:DOCS_KEY" }
require_approval = { never = ["search"] }
[[mcp]]
label = "other"
url = "https://other.example.com/mcp"
authorization = "env:OTHER_KEY"
require_approval = "read-only"
"""
ENV = {"MY_KEY": "canary-key-1", "DOCS_KEY": "Bearer canary-docs-2"}


def written(env: dict[str, str]) -> None:
    """Write the configuration into its place."""
    path = Path(env["XDG_CONFIG_HOME"]) / "azresp" / "config.toml"
    path.parent.mkdir(mode=0o700)
    path.touch(0o600)
    path.write_text(TEXT)


def test_config_show_lists_tools_and_servers(azresp: Azresp, isolated: dict[str, str]) -> None:
    written(isolated)
    done = azresp("config", "show", env=ENV)
    assert done.returncode == 0
    assert done.stdout[done.stdout.index("\ntools\n") :] == (
        "\ntools\n"
        "  weather.py  on   Python file /nowhere/weather.py (approval always)  config.toml: tools[1]\n"
        "  list        on   command sh -c ls [-- {folder}] (approval never)  config.toml: tools[2]\n"
        "  read_file   off  built in (approval always)  config.toml: tools[3]\n"
        "\nmcp\n"
        "  docs   on   https://mcp.example.com/mcp (approval never: search, headers.X-Key from env:DOCS_KEY)"
        "  config.toml: mcp[1]\n"
        "  other  on   https://other.example.com/mcp (approval read-only, authorization from env:OTHER_KEY)"
        "  config.toml: mcp[2]\n"
    )
    told = json.loads(azresp("config", "show", "--json", env=ENV).stdout)
    assert [one["name"] for one in told["mcp"]] == ["docs", "other"]
    assert told["tools"][2] == {
        "name": "read_file",
        "on": False,
        "what": "built in (approval always)",
        "place": "config.toml: tools[3]",
    }
    assert "canary" not in done.stdout + json.dumps(told)


def test_the_doctor_tells_which_references_and_files_are_missing(
    azresp: Azresp, isolated: dict[str, str]
) -> None:
    written(isolated)
    status, found = examined(azresp, ENV, "--offline")
    assert status == 0
    marks = {name: one["mark"] for (section, name), one in found.items() if section == "tools"}
    assert marks == {"weather.py": "warn", "list": "ok", "read_file": "ok", "docs": "ok", "other": "warn"}
    assert "there is no such file" in found["tools", "weather.py"]["text"]
    assert "headers.X-Key from env:DOCS_KEY is there" in found["tools", "docs"]["text"]
    assert "authorization: there is nothing in env:OTHER_KEY" in found["tools", "other"]["text"]
    assert "export OTHER_KEY" in found["tools", "other"]["todo"]
    assert "canary" not in json.dumps(list(found.values()))
