"""How much a call may take, and how it went."""

from __future__ import annotations

from dataclasses import dataclass

from azresp.core.sse import Wire

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take."""

    time_s: float = 60.0
    head_bytes: int = 32 * KIB
    tail_bytes: int = 32 * KIB
    """Longer output is cut in the middle."""
    image_bytes: int = 8 * MIB
    """An image can't be cut: a larger one is told, not sent."""
    memory_bytes: int = 4096 * MIB
    """Of a Python function's own data (Linux); commands have none. 0: no limit."""
    grace_s: float = 1.0
    """From SIGTERM to SIGKILL when the time is up; a user who cancels waits for `CANCEL_GRACE_S` only."""


CANCEL_GRACE_S = 0.1


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call went."""

    ok: bool
    output: str | list[Wire]
    """For the model: text, or content parts (`input_text`, `input_image`)."""
    note: str
    """For the user, one line: `ok`, `exit 3`, `timed out after 60 s`, `KeyError: 'x'`."""
    seconds: float
