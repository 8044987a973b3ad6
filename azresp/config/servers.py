"""Remote MCP servers of the configuration, `[[mcp]]`; their secrets as references only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from azresp.config.fields import Fields, many, matching
from azresp.config.origin import short
from azresp.config.tools import refuse_twins
from azresp.core.hosts import is_loopback
from azresp.core.tools import McpServer
from azresp.errors import ConfigError

KEYS = (
    "label",
    "url",
    "connector",
    "description",
    "headers",
    "authorization",
    "allowed_tools",
    "require_approval",
    "on",
)
"""The keys of a server's table, in the order in which they are written."""

LABEL = r"[A-Za-z0-9_-]{1,64}"
_TOOL = r"[^\x00-\x20\x7f\ud800-\udfff]{1,200}"
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"
_URL = "an https URL without user name and password (http only for this machine)"
_APPROVAL = '"always", "never", "read-only", or a table like { never = ["search"], always = ["delete"] }'
_SECRET_NAME = re.compile(r"key|token|secret|passw|auth|sig|code|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServerDefinition:
    """A server, and whether it is offered from the start."""

    server: McpServer
    on: bool = True
    place: str = ""

    @property
    def name(self) -> str:
        """Its label."""
        return self.server.label


def read_servers(tables: object, place: str) -> tuple[ServerDefinition, ...]:
    """The servers of one level of the file. ConfigError: the first thing that is wrong."""
    if not isinstance(tables, list):
        raise ConfigError(f"{place}: must be tables like [[mcp]]")
    found = [read_server(one, f"{place}[{number}]") for number, one in enumerate(tables, 1)]
    refuse_twins(found)
    return tuple(found)


def read_server(one: object, place: str) -> ServerDefinition:
    """One server, from a table as TOML has it. ConfigError: what is wrong with it."""
    fields = Fields(one, place, KEYS)
    label = fields.need("label", "letters, digits, _ and -, at most 64", matching(LABEL))
    if ("url" in fields) == ("connector" in fields):
        raise ConfigError(
            f"{place}: must have either url or connector, got {'both' if 'url' in fields else 'none'}"
        )
    headers = fields.references("headers", _HEADER)
    authorization = fields.reference("authorization")
    if authorization is not None and any(name.lower() == "authorization" for name in headers):
        raise ConfigError(f"{place}.headers: must not have Authorization beside `authorization`")
    server = McpServer(
        label,
        _url(fields, one["url"]) if isinstance(one, Mapping) and "url" in one else "",
        fields.read(
            "connector", "a connector's id like connector_dropbox", matching(r"connector_[a-z0-9_]{1,60}")
        )
        or "",
        fields.text("description"),
        headers,
        authorization,
        fields.names("allowed_tools", _TOOL, "names of tools"),
        fields.read("require_approval", _APPROVAL, _approval) or "always",
    )
    return ServerDefinition(server, fields.switch("on", True), place)


def _url(fields: Fields, value: object) -> str:
    """The URL, which is shown and stored: it must hold no secret, so what is refused is not shown whole."""
    if not isinstance(value, str) or len(value) > 2000 or not re.fullmatch(r"[!-~]+", value):
        raise fields.wrong("url", _URL, hidden=True)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise fields.wrong("url", _URL, hidden=True) from None
    if "@" in parts.netloc or parts.fragment:
        raise fields.wrong("url", f"{_URL}, and without a fragment", hidden=True)
    if not host or parts.scheme not in ("https", *(("http",) if is_loopback(host) else ())):
        raise ConfigError(f"{fields.place}.url: must be {_URL}, got {short(value.partition('?')[0])}")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET_NAME.search(name):
            raise ConfigError(
                f"{fields.place}.url: must hold no secret, and its query has {short(name)}",
                'Put it into a header: headers = { X-Key = "env:NAME" }.',
            )
    return value


def _approval(value: object) -> str | Mapping[str, object]:
    if value in ("always", "never"):
        return str(value)
    if value == "read-only":
        return {"never": {"read_only": True}}
    if not isinstance(value, Mapping) or not value or set(value) - {"never", "always"}:
        raise ValueError
    lists = {key: many(matching(_TOOL))(names) for key, names in value.items()}
    if set(lists.get("never", ())) & set(lists.get("always", ())):
        raise ValueError
    return {key: {"tool_names": list(names)} for key, names in lists.items()}
