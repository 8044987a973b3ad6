"""A client that knows nothing: http.client over a real socket."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from azresp.emulator import Emulator


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: dict[str, str]
    body: bytes
    broken: bool = False
    """Whether the connection ended before the body did."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(events_of(self.body))

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def text(self) -> str:
        return "".join(e["delta"] for e in self.events if e["type"] == "response.output_text.delta")


def events_of(body: bytes) -> Iterator[dict[str, Any]]:
    """Whole frames; the framing itself is checked."""
    for frame in filter(None, body.decode().strip("\n").split("\n\n")):
        name, data = frame.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        yield event


def call(
    emulator: Emulator,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    *,
    credential: dict[str, str] | None = None,
) -> Answer:
    """One request on its own connection; `path` is below /openai/v1 unless it begins with /openai or /_."""
    target = path if path.startswith(("/openai", "/_", "//")) else f"/openai/v1{path}"
    connection = http.client.HTTPConnection(emulator.root_url.removeprefix("http://"), timeout=20)
    payload = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    sent = {"content-type": "application/json", **({"api-key": "test"} if credential is None else credential)}
    try:
        connection.request(method, target.replace("//", "/", 1), payload, sent | (headers or {}))
        response = connection.getresponse()
        try:
            return Answer(response.status, _lower(response), response.read())
        except http.client.IncompleteRead as cut:
            return Answer(response.status, _lower(response), cut.partial, broken=True)
        except ConnectionResetError:
            return Answer(response.status, _lower(response), b"", broken=True)
    finally:
        connection.close()


def create(emulator: Emulator, said: Any = "hi", *, fault: str | None = None, **body: Any) -> Answer:
    """POST /responses for gpt-4o unless another model is named."""
    headers = {"x-emulator-fault": fault} if fault else {}
    return call(emulator, "POST", "/responses", {"model": "gpt-4o", "input": said} | body, headers)


def _lower(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}
