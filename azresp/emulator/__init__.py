"""A loopback emulator of the Azure OpenAI Responses API: a fake that refuses what the service refuses.

An island: it imports nothing else of azresp and could be a package of its own. `Settings` shapes it, `Emulator`
serves it in a thread, `serve` serves it until interrupted, `create_app` is the bare ASGI application.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app
    from .brain import Brain, Prompt
    from .builtin import BuiltIn
    from .faults import Fault
    from .forwarding import Forwarding
    from .journal import Seen
    from .server import Emulator, serve
    from .settings import Settings

_HOMES = {
    "Brain": "brain",
    "BuiltIn": "builtin",
    "Emulator": "server",
    "Fault": "faults",
    "Forwarding": "forwarding",
    "Prompt": "brain",
    "Seen": "journal",
    "Settings": "settings",
    "create_app": "app",
    "serve": "server",
}

__all__ = [
    "Brain",
    "BuiltIn",
    "Emulator",
    "Fault",
    "Forwarding",
    "Prompt",
    "Seen",
    "Settings",
    "create_app",
    "serve",
]


def __getattr__(name: str) -> Any:
    """Starlette and uvicorn are imported only when somebody really emulates."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
