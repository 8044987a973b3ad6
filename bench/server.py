"""A loopback Responses server that is cheap enough to measure against: one prepared HTTP chunk an event.

The prompt asks for the answer (`Spec`). `GET /prepare?PROMPT` builds it beforehand, `GET /log` tells what happened to
the last POST: when its request was read, each delta written, its last byte written (monotonic clock, in seconds).
"""

from __future__ import annotations

import json
import random
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

from bench.drawing import Drawing
from bench.text import Spec

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PROMPT = re.compile(rb'bench (?:n|draw)=[^"\\]*')
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n"
    b"apim-request-id: 00000000-0000-4000-8000-000000000001\r\nx-request-id: bench\r\n\r\n"
)
_PLACE = {"item_id": "msg_bench", "output_index": 0, "content_index": 0}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as HTTP chunks, one an event."""

    opening: tuple[bytes, ...]
    deltas: tuple[bytes, ...]
    closing: tuple[bytes, ...]


@dataclass(slots=True)
class Log:
    """What happened to the last POST, by the monotonic clock."""

    read: float = 0.0
    written: list[float] = field(default_factory=list)
    last: float = 0.0


@cache
def answer(spec: Spec) -> Answer:
    """The full event sequence of a streamed response."""
    deltas = spec.deltas()
    text = "".join(deltas)
    number = iter(range(len(deltas) + 10))
    grow = "response.output_text.delta"
    opening = (
        _event("response.created", next(number), response=_response("in_progress", [])),
        _event("response.in_progress", next(number), response=_response("in_progress", [])),
        _event("response.output_item.added", next(number), output_index=0, item=_item("in_progress", [])),
        _event("response.content_part.added", next(number), **_PLACE, part=_part("")),
    )
    grown = tuple(
        _event(grow, next(number), **_PLACE, delta=delta, logprobs=[], obfuscation=_padding(delta))
        for delta in deltas
    )
    whole = _item("completed", [_part(text)])
    closing = (
        _event("response.output_text.done", next(number), **_PLACE, text=text, logprobs=[]),
        _event("response.content_part.done", next(number), **_PLACE, part=_part(text)),
        _event("response.output_item.done", next(number), output_index=0, item=whole),
        _event("response.completed", next(number), response=_response("completed", [whole], len(deltas))),
    )
    return Answer(opening, grown, closing)


@cache
def drawn(drawing: Drawing) -> Answer:
    """The full event sequence of a response that is a picture."""
    events = [_event(number=number, **event) for number, event in enumerate(drawing.events(), 2)]
    opening = (
        _event("response.created", 0, response=_response("in_progress", [])),
        _event("response.in_progress", 1, response=_response("in_progress", [])),
    )
    whole = _response("completed", [drawing.item()], 1)
    end = _event("response.completed", len(events) + 2, response=whole)
    return Answer(opening, tuple(events), (end,))


def _event(type: str, number: int, **fields: Any) -> bytes:
    wire = json.dumps({"type": type, "sequence_number": number, **fields}, separators=(",", ":"))
    data = f"event: {type}\ndata: {wire}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(data), data)


def _padding(delta: str) -> str:
    letters = random.Random(delta)
    return "".join(letters.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789", k=16 - len(delta) % 16))


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _item(status: str, content: list[Any]) -> dict[str, Any]:
    return {"id": "msg_bench", "type": "message", "status": status, "role": "assistant", "content": content}


def _response(status: str, output: list[Any], tokens: int = 0) -> dict[str, Any]:
    done = status == "completed"
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 9 + tokens,
    }
    return {
        "id": "resp_bench",
        "object": "response",
        "created_at": 1790000000,
        "completed_at": 1790000001 if done else None,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "model": "bench",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage if done else None,
        "metadata": {},
    }


class Server:
    """Serves loopback connections, a thread each, for ever."""

    def __init__(self) -> None:
        self.log = Log()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Accept until the process ends."""
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (request := _read(connection)) is not None:
                    self._answer(connection, *request)
            except OSError:
                return

    def _answer(self, connection: socket.socket, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        if head.startswith(b"POST"):
            asked = _PROMPT.search(body)
            self._stream(connection, asked[0].decode() if asked else "")
        elif path.startswith("/prepare?"):
            _ready(unquote(path.partition("?")[2]))
            _reply(connection, {})
        else:
            log = self.log
            _reply(connection, {"read": log.read, "written": log.written, "last": log.last})

    def _stream(self, connection: socket.socket, prompt: str) -> None:
        log = self.log = Log(read=time.monotonic())
        spec, ready = Spec.read(prompt), _ready(prompt)
        connection.sendall(_HEAD)
        for chunk in ready.opening:
            connection.sendall(chunk)
        written, now, send = log.written, time.monotonic, connection.sendall
        begin = now() + spec.ttft
        step = 1 / spec.rate if spec.rate else 0.0
        for place, chunk in enumerate(ready.deltas):
            early = begin + place * step - now()
            if early > 0:
                time.sleep(early)
            # Before the write, so that waiting for a slow reader counts as that reader's lag.
            written.append(now())
            send(chunk)
        for chunk in ready.closing:
            send(chunk)
        send(b"0\r\n\r\n")
        log.last = now()


def _ready(prompt: str) -> Answer:
    """The answer that a prompt asks for, made once."""
    drawing = Drawing.read(prompt)
    return answer(Spec.read(prompt)) if drawing is None else drawn(drawing)


def _read(connection: socket.socket) -> tuple[bytes, bytes] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    stated = _LENGTH.search(head)
    length = int(stated[1]) if stated else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def _reply(connection: socket.socket, value: object) -> None:
    body = json.dumps(value).encode()
    connection.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        % (len(body), body)
    )


if __name__ == "__main__":
    server = Server()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.run()
