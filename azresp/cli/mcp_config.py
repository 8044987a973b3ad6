"""MCP servers in the configuration: adding, removing, signing in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azresp.errors import LocalError, UsageError

if TYPE_CHECKING:
    from azresp.config.load import Loaded
    from azresp.core.tools import McpServer


def add_server(loaded: Loaded, label: str, url: str, fields: Mapping[str, str]) -> tuple[Path, McpServer]:
    """Write a server; of `fields` all but the known keys are headers. Raises ConfigError, LocalError."""
    raise NotImplementedError
