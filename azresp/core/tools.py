"""Tools: what the model may use. One frozen dataclass for each kind; each knows its form on the wire.

A wire form may hold `SecretRef` values in the place of secrets: only the gateway resolves them, when it sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from azresp.core.canonical import fingerprint
from azresp.core.secrets import SecretRef
from azresp.core.sse import Wire


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """What the model is told of a local function."""

    name: str
    """letters, digits, `_` and `-`, at most 64"""
    description: str
    parameters: Wire
    """JSON schema of an object"""
    strict: bool = True
    source: str = ""
    """where it comes from, for people: `built in`, `weather.py`, `command: git log`"""

    def to_wire(self) -> Wire:
        """The tool as a request has it (functions are flat here, unlike in chat completions)."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
            "strict": self.strict,
        }

    @property
    def fingerprint(self) -> str:
        """Changes with anything that the model is told of it."""
        return fingerprint(self.to_wire())


@dataclass(frozen=True, slots=True)
class McpServer:
    """A remote MCP server that the service (not this machine) connects to."""

    label: str
    url: str = ""
    connector_id: str = ""
    """a service connector, in place of a URL"""
    description: str = ""
    headers: Mapping[str, SecretRef] = field(default_factory=dict)
    authorization: SecretRef | None = None
    """an OAuth access token"""
    allowed_tools: tuple[str, ...] | None = None
    """None: all that it lists"""
    require_approval: str | Mapping[str, object] = "always"
    """`always`, `never`, or the wire's object of filters"""

    @property
    def name(self) -> str:
        """What it is called in lists and commands."""
        return self.label

    @property
    def server(self) -> str:
        """Its URL or connector: what approvals are bound to."""
        return self.url or self.connector_id

    def to_wire(self) -> Wire:
        """The tool as a request has it, secrets as references."""
        wire: Wire = {"type": "mcp", "server_label": self.label}
        wire |= {"server_url": self.url} if self.url else {"connector_id": self.connector_id}
        wire["require_approval"] = self.require_approval
        if self.description:
            wire["server_description"] = self.description
        if self.headers:
            wire["headers"] = dict(self.headers)
        if self.authorization is not None:
            wire["authorization"] = self.authorization
        if self.allowed_tools is not None:
            wire["allowed_tools"] = list(self.allowed_tools)
        return wire


@dataclass(frozen=True, slots=True)
class HostedTool:
    """A tool that runs at the service, e.g. `web_search`."""

    kind: str
    """the wire's `type`"""
    options: Mapping[str, object] = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    """what the service tells of its work only if asked for"""

    @property
    def name(self) -> str:
        """What it is called in lists and commands."""
        return self.kind

    def to_wire(self) -> Wire:
        """The tool as a request has it."""
        return {"type": self.kind, **self.options}


Tool = FunctionTool | McpServer | HostedTool


def offered(tools: Iterable[Tool], choice: str = "auto", *, parallel: bool = True) -> dict[str, object]:
    """The settings of a request that offers these tools; empty for none.

    `choice`: auto, none, required, or the name of a tool that must be used.
    """
    tools = tuple(tools)
    if not tools:
        return {}
    found: dict[str, object] = {"tools": [tool.to_wire() for tool in tools]}
    include = list(
        dict.fromkeys(one for tool in tools if isinstance(tool, HostedTool) for one in tool.includes)
    )
    if include:
        found["include"] = include
    if choice != "auto":
        found["tool_choice"] = _choice_of(tools, choice)
    if not parallel:
        found["parallel_tool_calls"] = False
    return found


def _choice_of(tools: Iterable[Tool], choice: str) -> object:
    """`tool_choice` as the wire has it. KeyError: no tool is called so."""
    if choice in ("auto", "none", "required"):
        return choice
    for tool in tools:
        match tool:
            case FunctionTool(name=name) if name == choice:
                return {"type": "function", "name": name}
            case McpServer(label=label) if choice == label or choice.startswith(f"{label}/"):
                _, _, name = choice.partition("/")
                return {"type": "mcp", "server_label": label} | ({"name": name} if name else {})
            case HostedTool(kind=kind) if kind == choice:
                return {"type": kind}
    raise KeyError(choice)


def going_on(settings: Mapping[str, object]) -> Mapping[str, object]:
    """The settings of a request that answers calls: a tool that must be used was used, else it would be for ever."""
    if settings.get("tool_choice") in (None, "auto", "none"):
        return settings
    return {key: value for key, value in settings.items() if key != "tool_choice"}
