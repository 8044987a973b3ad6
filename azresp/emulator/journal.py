"""What the emulator was asked: every request, with credentials replaced by a short hash."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

_SECRET = frozenset(
    {"api-key", "authorization", "proxy-authorization", "cookie", "ocp-apim-subscription-key"}
)
_KEPT = 2000


@dataclass(slots=True)
class Seen:
    """One request, as it came; `status` is filled in when it is answered."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int | None = None
    id: str = ""
    """apim-request-id of the answer."""


class Journal:
    """The latest requests and a count of all, by `METHOD /path`; safe to read from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._count: Counter[str] = Counter()

    def add(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)
            self._count[f"{seen.method} {seen.path}"] += 1

    @property
    def requests(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    @property
    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._count)

    def count(self, method: str, path: str = "") -> int:
        """Requests of this method whose path ends so."""
        wanted = [key.split(" ", 1) for key in self.counts]
        return sum(self.counts[f"{verb} {at}"] for verb, at in wanted if verb == method and at.endswith(path))

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()
            self._count.clear()


def redacted(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Header names in lower case; credentials as `Bearer sha256:1a2b3c4d`, so that equal ones can be told."""
    return {name.lower(): _redact(value) if name.lower() in _SECRET else value for name, value in headers}


def _redact(value: str) -> str:
    scheme, space, secret = value.rpartition(" ")
    return f"{scheme}{space}sha256:{hashlib.sha256(secret.encode()).hexdigest()[:8]}"


def without_secrets(body: Any) -> Any:
    """A request's body with the credentials of its MCP servers hashed."""
    tools = body.get("tools") if isinstance(body, dict) else None
    if not isinstance(tools, list):
        return body
    return body | {"tools": [_hidden(tool) for tool in tools]}


def _hidden(tool: Any) -> Any:
    if not isinstance(tool, dict) or tool.get("type") != "mcp":
        return tool
    hidden = dict(tool)
    if isinstance(tool.get("authorization"), str):
        hidden["authorization"] = _redact(tool["authorization"])
    if isinstance(tool.get("headers"), dict):
        hidden["headers"] = {name: _redact(str(value)) for name, value in tool["headers"].items()}
    return hidden
