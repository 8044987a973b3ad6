"""Times that people type: `7d` before now, or a day."""

from __future__ import annotations

import re
from datetime import date, datetime

from azresp.errors import UsageError

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def since_when(text: str, now: float) -> float:
    """Seconds since the epoch: so long before now (`7d`), or where a day (`2026-11-01`) begins here."""
    if found := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip()):
        return max(now - int(found[1]) * _UNITS[found[2]], 0.0)
    try:
        return datetime.combine(date.fromisoformat(text.strip()), datetime.min.time()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{text!r} is no time", "Give one like 12h, 7d, 4w, or a day like 2026-11-01."
        ) from None
