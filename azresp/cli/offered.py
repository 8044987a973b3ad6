"""Configured tools and MCP servers, as `config show` and the doctor tell of them; secrets as references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from azresp.core.secrets import SecretRef
from azresp.core.tools import McpServer

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.config.tools import ToolDefinition
    from azresp.core.usage import Price


def listing(loaded: Loaded) -> Iterator[str]:
    """Lines for people; none where nothing is configured."""
    for title, rows in (("tools", _tool_rows(loaded)), ("mcp", _server_rows(loaded))):
        if rows:
            yield ""
            yield title
            width = max(len(name) for name, _, _, _ in rows)
            for name, on, text, place in rows:
                yield f"  {name:{width}}  {'on ' if on else 'off'}  {text}  {place}"
    if loaded.prices:
        yield ""
        yield "prices for a million tokens"
        width = max(map(len, loaded.prices))
        for name, price in loaded.prices.items():
            yield f"  {name:{width}}  {_price_row(price)}"


def listed(loaded: Loaded) -> dict[str, Any]:
    """The same for JSON."""
    tools: dict[str, Any] = {
        title: [{"name": name, "on": on, "what": text, "place": place} for name, on, text, place in rows]
        for title, rows in (("tools", _tool_rows(loaded)), ("mcp", _server_rows(loaded)))
    }
    return tools | {"prices": {name: _priced(price) for name, price in loaded.prices.items()}}


def _priced(price: Price) -> dict[str, Any]:
    whole = {"input": price.input, "cached_input": price.cached, "output": price.output}
    return {**{kind: millionths / 1e6 for kind, millionths in whole.items()}, "currency": price.currency}


def _price_row(price: Price) -> str:
    told = _priced(price)
    currency = told.pop("currency")
    return f"{', '.join(f'{kind} {amount:g}' for kind, amount in told.items())} {currency}".rstrip()


def references(server: McpServer) -> list[tuple[str, SecretRef]]:
    """What a server's secrets are for, and where they are kept."""
    found = [(f"headers.{name}", ref) for name, ref in server.headers.items()]
    return found + ([("authorization", server.authorization)] if server.authorization else [])


def _tool_rows(loaded: Loaded) -> list[tuple[str, bool, str, str]]:
    return [(one.name, one.on, what(one), one.place) for one in loaded.tools]


def what(one: ToolDefinition) -> str:
    """What a configured tool is, in a few words."""
    from azresp.config.tools import BuiltInDefinition, CommandDefinition, FileDefinition, HostedDefinition

    match one:
        case FileDefinition():
            names = f": {', '.join(one.functions)}" if one.functions else ""
            return f"Python file {one.file}{names} (approval {one.rules.approval})"
        case CommandDefinition():
            words = [word if isinstance(word, str) else f"[{' '.join(word)}]" for word in one.command]
            return f"command {' '.join(words)} (approval {one.rules.approval})"
        case BuiltInDefinition():
            where = f" in {one.root}" if one.root else ""
            return f"built in{where} (approval {one.rules.approval})"
        case HostedDefinition():
            return "runs at the service"


def _server_rows(loaded: Loaded) -> list[tuple[str, bool, str, str]]:
    rows = []
    for one in loaded.servers:
        server = one.server
        secrets = "".join(f", {name} from {ref}" for name, ref in references(server))
        rows.append((one.name, one.on, f"{server.server} (approval {approval(server)}{secrets})", one.place))
    return rows


def approval(server: McpServer) -> str:
    """When calls of a server need a yes, as the file says it."""
    match server.require_approval:
        case str() as word:
            return word
        case filters if filters == {"never": {"read_only": True}}:
            return "read-only"
        case filters:
            parts = []
            for key, value in filters.items():
                names = value.get("tool_names", ()) if isinstance(value, dict) else ()
                parts.append(f"{key}: {' '.join(map(str, names))}")
            return "; ".join(parts)
