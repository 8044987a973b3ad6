"""A brain that forwards to any OpenAI-compatible chat-completions endpoint, so that a local model can sit behind us."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import h11

from .brain import BrainError, Offer, Piece, Prompt
from .chat_answer import ChatAnswer
from .chat_form import chat_tools, messages, names_of

_READ = 65_536
_LONGEST_LINE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Sends the conversation on and streams what comes back."""

    base_url: str
    """Like `http://127.0.0.1:11434/v1`; `/chat/completions` is added."""
    model: str | None = None
    """None forwards the deployment's name."""
    key: str | None = None
    """Sent as a bearer."""
    timeout_s: float = 300.0
    """Longest silence before the answer counts as failed."""

    async def answer(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        try:
            names = names_of(prompt.offers)
            answer = ChatAnswer(names)
            async with contextlib.aclosing(self._lines(self._request(prompt, names))) as lines:
                async for line in lines:
                    for piece in answer.hear(line):
                        yield piece
            for piece in answer.end():
                yield piece
        except (OSError, TimeoutError, h11.RemoteProtocolError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise BrainError(f"The model behind the emulator did not answer: {reason}") from error

    def _request(self, prompt: Prompt, names: Mapping[str, Offer]) -> dict[str, Any]:
        asked = prompt.request
        body: dict[str, Any] = {
            "model": self.model or prompt.deployment,
            "messages": list(messages(prompt)),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        for name in ("temperature", "top_p"):
            if asked.get(name) is not None:
                body[name] = asked[name]
        if asked.get("max_output_tokens") is not None:
            body["max_tokens"] = asked["max_output_tokens"]
        if effort := (asked.get("reasoning") or {}).get("effort"):
            body["reasoning_effort"] = effort
        format_ = (asked.get("text") or {}).get("format") or {}
        if format_.get("type") == "json_schema":
            schema = {name: format_[name] for name in ("name", "schema", "strict") if name in format_}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif format_.get("type") == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body | chat_tools(prompt, names)

    async def _lines(self, body: Mapping[str, Any]) -> AsyncGenerator[bytes]:
        """The lines of the answer's body; BrainError where the status is not 200."""
        url = urlsplit(self.base_url.rstrip("/") + "/chat/completions")
        secure = ssl.create_default_context() if url.scheme == "https" else None
        port = url.port or (443 if secure else 80)
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(url.hostname, port, ssl=secure), self.timeout_s
        )
        connection = h11.Connection(h11.CLIENT)
        try:
            payload = json.dumps(body).encode()
            target = url.path + (f"?{url.query}" if url.query else "")
            request = h11.Request(
                method="POST", target=target, headers=self._headers(url.netloc, len(payload))
            )
            for event in (request, h11.Data(data=payload), h11.EndOfMessage()):
                writer.write(connection.send(event) or b"")
            await writer.drain()
            async for line in self._body(connection, reader):
                yield line
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _headers(self, host: str, length: int) -> list[tuple[str, str]]:
        headers = [
            ("host", host.rpartition("@")[2]),
            ("content-type", "application/json"),
            ("accept", "text/event-stream"),
            ("content-length", str(length)),
            ("connection", "close"),
        ]
        return [*headers, ("authorization", f"Bearer {self.key}")] if self.key else headers

    async def _body(self, connection: h11.Connection, reader: asyncio.StreamReader) -> AsyncGenerator[bytes]:
        status, buffer = 0, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await asyncio.wait_for(reader.read(_READ), self.timeout_s))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                buffer += event.data
                if status == 200:
                    *lines, buffer = buffer.split(b"\n")
                    for line in lines:
                        yield line
                if len(buffer) > _LONGEST_LINE:
                    raise BrainError("The model behind the emulator sent a line that is too long.")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                break
        if status != 200:
            said = buffer[:500].decode("utf-8", "replace")
            raise BrainError(f"The model behind the emulator answered HTTP {status}: {said}")
        yield buffer
