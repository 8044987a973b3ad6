"""Files at a service: what is remembered of an upload, to use it again or delete it, and what the service tells."""

from __future__ import annotations

from dataclasses import dataclass

from azresp.core.sse import Wire


@dataclass(frozen=True, slots=True)
class Upload:
    """One file at a service."""

    file_id: str
    origin: str
    """which service has it; see `Gateway.origin`"""
    sha256: str
    """of its bytes"""
    name: str
    purpose: str
    bytes: int
    uploaded_at: float
    """seconds since 1970; moves on when a message takes it up again, so that it is not collected just then"""
    expires_at: float | None = None
    """when the service drops it; None for never"""
    by_hand: bool = False
    """the user uploaded it by name: it is not ours to collect unless they say so"""

    def usable(self, now: float) -> bool:
        """The service still has it, and for long enough to answer a request."""
        return self.expires_at is None or self.expires_at - 60 > now


@dataclass(frozen=True, slots=True)
class FileTold:
    """A file as the service tells of it. All text in it is foreign."""

    id: str
    name: str
    purpose: str
    bytes: int
    created_at: float
    """seconds since 1970; 0 where it was not told"""
    expires_at: float | None
    status: str


def file_told(wire: Wire) -> FileTold:
    """What a file object tells. Total: whatever is missing or mistyped is empty."""

    def text(name: str) -> str:
        value = wire.get(name)
        return value if isinstance(value, str) else ""

    def number(name: str) -> float | None:
        value = wire.get(name)
        sane = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
        return float(value) if sane else None  # type: ignore[arg-type]  # `sane` says it is one

    return FileTold(
        text("id"),
        text("filename"),
        text("purpose"),
        int(number("bytes") or 0),
        number("created_at") or 0.0,
        number("expires_at"),
        text("status"),
    )
