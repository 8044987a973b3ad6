"""What is remembered of a file that went to the service: enough to use it again, or to delete it."""

from __future__ import annotations

from dataclasses import dataclass


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
    """seconds since 1970"""
    expires_at: float | None = None
    """when the service drops it; None for never"""

    def usable(self, now: float) -> bool:
        """The service still has it, and for long enough to answer a request."""
        return self.expires_at is None or self.expires_at - 60 > now
