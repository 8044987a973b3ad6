"""What an emulator is told when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .brain import Brain
    from .journal import Seen

DEPLOYMENTS = (
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-5.1",
    "gpt-5.5",
    "o3",
    "o4-mini",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes an emulator; the defaults make a pleasant demo."""

    deployments: tuple[str, ...] = DEPLOYMENTS
    """Names accepted as `model`. Names like o3, o4-mini, gpt-5* behave as reasoning models."""
    keys: frozenset[str] | None = None
    """Accepted API keys; None accepts any credential that is not empty."""
    audience: str | None = None
    """When set, a bearer that is no key must be an unexpired JWT for this audience (its signature is not checked)."""
    tokens_per_s: float = 80.0
    """Pace of the answer, 0 for full speed."""
    first_token_s: float = 0.3
    """Wait before the first token."""
    store_path: Path | None = None
    """SQLite file that survives a restart; None keeps everything in memory."""
    read_after_write_s: float = 0.0
    """How long a response that was streamed stays unknown to GET and to previous_response_id."""
    context_tokens: int = 400_000
    """Context window; longer input is refused with context_length_exceeded unless truncation is auto."""
    max_body_bytes: int = 100 * 1024 * 1024
    """Longest request body; beyond it 413."""
    mcp_timeout_s: float = 30.0
    """Longest wait for an MCP server, for a list of its tools or for a call."""
    control: bool = True
    """Whether `/_emulator/…` and the x-emulator-fault header work."""
    brain: Brain | None = None
    """Who answers; None means the built-in brain."""
    clock: Callable[[], float] = time.time
    """Wall clock in Unix seconds, a parameter so that tests need no sleep."""
    on_request: Callable[[Seen], None] | None = None
    """Called after each answered request, on the server's thread: for a one-line access log."""
