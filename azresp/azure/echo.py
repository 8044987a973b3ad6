"""Echoes: what a server sends back of the secrets that were lent to it, also cut into pieces."""

from __future__ import annotations

from typing import cast

from azresp.core.secrets import Redactor
from azresp.core.sse import Wire


class Echo:
    """Redacts every event of one answer.

    The end of a delta that may begin a secret waits for the next delta of its text. What still waits at the end is in
    the final text.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._waiting: dict[tuple[object, ...], str] = {}

    def clean(self, wire: Wire) -> Wire:
        """The event without secrets."""
        delta = wire.get("delta")
        if not isinstance(delta, str):
            return cast("Wire", self._redactor.redact_json(wire))
        text = tuple(wire.get(key) for key in ("type", "output_index", "content_index", "summary_index"))
        key = tuple(one if isinstance(one, str | int) else None for one in text)
        whole = self._redactor.redact(self._waiting.pop(key, "") + delta)
        if held := self._redactor.held(whole):
            whole, self._waiting[key] = whole[:-held], whole[-held:]
        rest = self._redactor.redact_json({name: one for name, one in wire.items() if name != "delta"})
        return {**cast("Wire", rest), "delta": whole}
