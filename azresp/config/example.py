"""config.example.toml and the documentation's table, generated from the settings.

`python -m azresp.config.example > config.example.toml` writes the file; a test keeps it up to date.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from azresp.config.profile import GROUPS, SETTINGS
from azresp.config.setting import Setting
from azresp.core.secrets import MASK, Secret

_TITLES = {
    "connection": "Where requests go, and how to sign in",
    "request": "What is asked of the model",
    "tools": "How tools are used (which ones: below)",
    "images": "Pictures, drawn and attached",
    "network": "Network",
    "cost": "Tokens and money (prices: below)",
    "screen": "Screen and keyboard",
}

_HEAD = """\
# Configuration of azresp. `azresp config path` tells where it belongs, `azresp config show` what is in force.
#
# Order: flags > environment (AZRESP_ and the setting's name, for example AZRESP_ENDPOINT; also AZRESP_API_KEY) >
# the usual names (AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_AD_TOKEN, AZURE_OPENAI_API_KEY, OPENAI_API_VERSION) >
# the chosen profile > this file's top level > defaults.

# The profile that counts without --profile and AZRESP_PROFILE
# default_profile = "work"
"""

_PROFILES = """
# ---- Profiles: any of the settings above, each instead of the top level's

# [profiles.work]
# endpoint = "https://contoso.openai.azure.com"
# deployment = "gpt-5"
# auth = "entra"
# tenant = "contoso.onmicrosoft.com"

# [profiles.home]
# endpoint = "https://home.services.ai.azure.com/openai/v1/"
# deployment = "gpt-5-mini"
# key = "keyring:home"
# api_version = "preview"
# metadata = { place = "home" }
"""

_PRICES = """
# ---- Prices for a million tokens, by deployment or model, in any currency. azresp knows none: these are EXAMPLES with
# ---- made-up numbers; take yours from your price sheet. Without `cached_input` cached tokens cost as much as others.
# ---- A name with a dot stands in quotation marks.

# [prices.gpt-5]
# input = 1.0
# cached_input = 0.5
# output = 2.0
# currency = "EUR"

# [prices."my.deployment"]
# input = 3
# output = 4
"""

_TOOLS = """
# ---- Tools and MCP servers: as many as you like; in a profile they stand as [[profiles.work.tools]] and
# ---- [[profiles.work.mcp]], add to the top level's, and take the place of those of the same name

# Functions of a Python file; nothing of it runs before you trusted it
# [[tools]]
# file = "~/tools/weather.py"
# functions = ["forecast"]
# timeout_s = 20
# env = ["WEATHER_REGION"]

# A command; a list inside the list is dropped where its value is absent
# [[tools]]
# name = "grep"
# description = "Search for a pattern in the project's files"
# command = ["grep", "-rn", "-e", "{pattern}", ["--include", "{glob}"], "."]
# cwd = "~/project"
# stdin = "none"
# approval = "always"
# parameters.type = "object"
# parameters.properties.pattern = { type = "string" }
# parameters.properties.glob = { type = ["string", "null"] }

# One that comes along: read_file, list_folder, search_text or run_command
# [[tools]]
# use = "read_file"
# root = "~/project"
# on = false

# One that runs at the service: web_search, web_search_preview, file_search or code_interpreter
# [[tools]]
# type = "file_search"
# vector_store_ids = ["vs_123"]

# A remote MCP server, which the service connects to; secrets as references only
# [[mcp]]
# label = "docs"
# url = "https://mcp.example.com/mcp"
# description = "The team's documents"
# headers = { X-Key = "env:DOCS_KEY" }
# authorization = "keyring:mcp-docs"
# allowed_tools = ["search", "fetch"]
# require_approval = { never = ["search"] }
"""


def example() -> str:
    """Give the text of config.example.toml."""
    parts = [_HEAD]
    for group in GROUPS:
        parts.append(f"\n# ---- {_TITLES[group]}\n")
        parts += [_entry(one) for one in SETTINGS.values() if one.group == group]
    return "".join([*parts, _PRICES, _TOOLS, _PROFILES])


def _entry(setting: Setting) -> str:
    default = "not set" if setting.default is None else shown(setting.default)
    rule = "" if setting.rule.free else f" Must be {setting.rule.says}."
    words = f"{setting.help}.{rule} Default: {default}."
    comment = textwrap.fill(words, 110, initial_indent="# ", subsequent_indent="# ", break_long_words=False)
    return f"\n{comment}\n# {setting.key} = {setting.example}\n"


def settings_table() -> str:
    """Give the settings as a Markdown table for the documentation."""
    rows = ["| setting | flag | environment | must be | default | meaning |", "|---|---|---|---|---|---|"]
    for one in SETTINGS.values():
        default = "" if one.default is None else f"`{shown(one.default)}`"
        cells = (f"`{one.key}`", f"`{flag(one)}`", f"`{one.env}`", one.rule.says, default, one.help)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def flag(setting: Setting) -> str:
    """Give the command-line option's names, both for a switch."""
    if isinstance(setting.default, bool):
        return f"{setting.flag}/--no-{setting.flag[2:]}"
    return setting.flag


def shown(value: object) -> str:
    """Give a value as text for people: as TOML has it where TOML has it, a secret as `***`."""
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case Secret():
            return MASK
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case Mapping():
            return "{ " + ", ".join(f"{key} = {shown(text)}" for key, text in value.items()) + " }"
        case Path():
            return shown(str(value))
        case _:
            import json

            return json.dumps(str(value), ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(example())
