"""Faults on request: what can go wrong on the way to a service, told in one header or queued over a control route.

Header `x-emulator-fault`, or the body of `POST /_emulator/faults`: JSON, or compact `key=value;key=value`. Keys are the
fields of `Fault`. Examples: `status=429;retry_after=2`, `after=5;then=reset`, `after=9;then=fail`, `latency_s=3`,
`after=4;then=stall`, `read_after_write_s=8`, `keepalive=3`, `redirect=https://elsewhere.example/`, `html=true`.
"""

from __future__ import annotations

import json
import threading
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_type_hints

THEN = ("close", "end", "cut", "reset", "hangup", "stall", "fail", "fail-openai")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request."""

    method: str | None = None
    """Queued faults: only requests of this method; None any."""
    path: str | None = None
    """Queued faults: only requests whose path contains this; None any."""
    times: int = 1
    """Queued faults: how many requests it hits."""
    latency_s: float = 0.0
    """Wait before anything is answered."""
    status: int | None = None
    """Answer with this status and the service's own body for it."""
    code: str | None = None
    message: str | None = None
    """With `status` or `then=fail`: another code or message than the usual one."""
    retry_after: str | None = None
    retry_after_ms: str | None = None
    """With `status`: these headers, as given."""
    html: bool = False
    """Answer 200 (or `status`) with a web page, as a captive portal does."""
    redirect: str | None = None
    """Answer 307 (or `status`) to this location."""
    after: int = 0
    """Events that still arrive before `then`. An answer that is no stream breaks whole, or half-way for cut and end."""
    then: str | None = None
    """close: connection ends in mid-body; end: the body ends well but early; cut: in the middle of an event, then
    close; reset: TCP reset; hangup: closed before any answer; stall: silence for `stall_s`; fail: response.failed,
    then error (Azure's order); fail-openai: error, then response.failed."""
    stall_s: float | None = None
    """Length of the silence; None for ever."""
    finish: bool = False
    """The service still finishes and stores an answer whose connection broke."""
    keepalive: int = 0
    """keepalive events sent after response.in_progress."""
    read_after_write_s: float | None = None
    """This streamed response stays unknown for so long after its end."""

    @property
    def silence_s(self) -> float:
        """How long a stall lasts; for ever is a year."""
        return 3.2e7 if self.stall_s is None else self.stall_s


class Faults:
    """Queued faults, first come first served; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._queue.append(fault)

    def pending(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._queue]

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault meant for such a request; it is used up `times` times."""
        with self._lock:
            for index, fault in enumerate(self._queue):
                if fault.method not in (None, method) or (fault.path or "") not in path:
                    continue
                if fault.times > 1:
                    self._queue[index] = replace(fault, times=fault.times - 1)
                else:
                    del self._queue[index]
                return fault
        return None


def parse_fault(text: str) -> Fault:
    """JSON object or `k=v;k=v`; ValueError says what is wrong."""
    text = text.strip()
    if text.startswith("{"):
        given = json.loads(text)
    else:
        pairs = [pair.partition("=") for pair in text.split(";") if pair.strip()]
        given = {key.strip(): value.strip() for key, _, value in pairs}
    return fault_from(given)


def fault_from(given: Mapping[str, Any]) -> Fault:
    """Checks names and types; strings are read as numbers and flags where the field wants them."""
    known = get_type_hints(Fault)
    unknown = [name for name in given if name not in known]
    if unknown:
        names = ", ".join(field.name for field in fields(Fault))
        raise ValueError(f"unknown fault {unknown[0]!r}; known: {names}")
    fault = Fault(**{name: _coerce(name, value, known[name]) for name, value in given.items()})
    if fault.then not in (None, *THEN):
        raise ValueError(f"then: must be one of {', '.join(THEN)}, got {fault.then!r}")
    return fault


def _coerce(name: str, value: Any, hint: Any) -> Any:
    options = hint.__args__ if isinstance(hint, types.UnionType) else (hint,)
    if value is None:
        if type(None) not in options:
            raise ValueError(f"{name}: must not be null")
        return None
    wanted = options[0]
    if wanted is bool:
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise ValueError(f"{name}: must be true or false, got {value!r}")
        return str(value).lower() in ("true", "1")
    try:
        return wanted(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be {wanted.__name__}, got {value!r}") from None
