"""What an emulator is told when it starts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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
    queued_s: float = 0.2
    """How long a background response is queued."""
    resume_window_s: float = 300.0
    """Age up to which a background response can be streamed (again); 0 for ever."""
    cancel_finished: Literal["ok", "refuse"] = "ok"
    """Cancelling a background response that ended by itself: answered with it, or refused. Both were observed."""
    cancelled_stream: Literal["end", "failed"] = "end"
    """How the stream of a cancelled response ends: it just does, or with response.failed of status cancelled."""
    store_path: Path | None = None
    """SQLite file that survives a restart; None keeps everything in memory."""
    read_after_write_s: float = 0.0
    """How long a response that was streamed stays unknown to GET and to previous_response_id."""
    retention_days: float = 30.0
    """Age at which stored responses are gone; 0: they stay."""
    zero_retention: Literal["off", "silent", "refuse"] = "off"
    """An organisation that keeps nothing: `store` is silently false, or storing is refused."""
    resource: str = "emulator"
    """Its name: encrypted content of a resource of another name is refused."""
    context_tokens: int = 400_000
    """Context window; longer input is refused with context_length_exceeded unless truncation is auto."""
    max_body_bytes: int = 100 * 1024 * 1024
    """Longest request body; beyond it 413."""
    max_file_bytes: int = 512 * 1024 * 1024
    """Largest upload to `/files`; beyond it 413."""
    max_input_bytes: int = 50 * 1024 * 1024
    """Most bytes that the pictures, or the files, of one request may have together."""
    image_order: Literal["azure", "openai"] = "azure"
    """Order of the events of image generation: azure (one partial image unasked, no end event) or openai."""
    mcp_timeout_s: float = 30.0
    """Longest wait for an MCP server, for a list of its tools or for a call."""
    control: bool = True
    """Whether `/_emulator/…` and the x-emulator-fault header work."""
    brain: Brain | None = None
    """Who answers; None means the built-in brain."""
    clock: Callable[[], float] = time.time
    """Wall clock in Unix seconds, a parameter so that tests need no sleep."""
    wait: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Waits by that clock: for the pace of an answer, for what becomes due."""
    on_request: Callable[[Seen], None] | None = None
    """Called after each answered request, on the server's thread: for a one-line access log."""

    def oldest(self) -> float:
        """When the oldest response was created that is still found."""
        return self.clock() - self.retention_days * 86_400 if self.retention_days else 0.0
