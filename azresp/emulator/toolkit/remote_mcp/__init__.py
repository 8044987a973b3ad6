"""Remote MCP servers: the emulator connects to them as the service does, lists their tools and calls them."""

from .definition import Mcp

__all__ = ["Mcp"]
