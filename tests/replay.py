"""A loopback server that plays recorded or hostile answers, byte for byte, over real sockets.

Runs in threads of its own, so that clients in this process, on its event loop, and in subprocesses can all use it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

EVENTS = -1
"""As `Reply.piece`: one event a chunk."""
WHOLE = 0
"""As `Reply.piece`: the body in one chunk."""
STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8"}
JSON_HEADERS = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    method: str
    target: str
    """path and query as on the request line"""
    headers: Mapping[str, str]
    """names in lower case"""
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its head, its body, how the body is cut into chunks, and how it ends."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: dict(STREAM_HEADERS))
    framing: str = "chunked"
    """chunked, or length: with a Content-Length"""
    length_add: int = 0
    """added to the Content-Length: a promise that is not kept"""
    piece: int = WHOLE
    """bytes per chunk, or EVENTS, or WHOLE"""
    end: str = "close"
    """How the answer ends: close (properly), cut (without its last chunk), reset (TCP), badchunk, stall (nothing more
    comes), garbage (below TLS); or instead of an answer: drop (closed at once), silence (nothing ever comes)."""

    def pieces(self) -> Iterator[bytes]:
        """The chunks of the body."""
        if self.piece == EVENTS:
            yield from (block for block in re.split(rb"(?<=\n\n)", self.body) if block)
        elif self.piece == WHOLE:
            if self.body:
                yield self.body
        else:
            for start in range(0, len(self.body), self.piece):
                yield self.body[start : start + self.piece]


def stream(*wires: Mapping[str, Any], **options: Any) -> Reply:
    """A stream of events."""
    blocks = (f"event: {wire.get('type', 'message')}\ndata: {json.dumps(wire)}\n\n" for wire in wires)
    return Reply("".join(blocks).encode(), **options)


def answer(value: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps(value).encode(), status, JSON_HEADERS | named, framing="length")


def recorded(folder: Path, **options: Any) -> Reply:
    """The answer of a folder of ../shared/recordings."""
    case = json.loads((folder / "case.json").read_bytes())
    headers = {name.lower(): text for name, text in (case.get("response_headers") or {}).items()}
    for name in ("content-length", "content-encoding", "transfer-encoding", "connection"):
        headers.pop(name, None)
    if case["response_file"].endswith(".sse"):
        headers.setdefault("content-type", STREAM_HEADERS["content-type"])
    elif case["response_file"].endswith(".json"):
        headers.setdefault("content-type", "application/json")
    return Reply((folder / case["response_file"]).read_bytes(), case["status"], headers, **options)


def hostile(shared: Path, ident: str) -> list[Reply]:
    """The answers of a case of ../shared/hostile/sse: its own, then the one for later requests (the baseline)."""
    cases = {
        case["id"]: case for case in json.loads((shared / "hostile/sse/index.json").read_bytes())["cases"]
    }
    first = cases[ident]
    return [_hostile(shared, first), _hostile(shared, cases[first["http"].get("then", "E01")])]


def _hostile(shared: Path, case: Mapping[str, Any]) -> Reply:
    body = (shared / "hostile" / "sse" / case["file"]).read_bytes()
    for mark, repeat in (case.get("repeat") or {}).items():
        body = body.replace(mark.encode(), repeat["unit"].encode() * repeat["n"])
    http = case["http"]
    return Reply(
        body,
        http["status"],
        http["headers"],
        framing=http.get("framing", "chunked"),
        length_add=http.get("length_add", 0),
        piece=http.get("chunk", WHOLE),
        end=http.get("end", "close"),
    )


Script = Callable[[Request, int], Reply]
"""The reply to a request, and the how-many-th it is on this server (from 0)."""


def in_turn(replies: Sequence[Reply]) -> Script:
    """One reply after the other; the last one again and again."""
    return lambda request, n: replies[min(n, len(replies) - 1)]


def conversation(folders: Sequence[Path], **options: Any) -> Script:
    """The exchanges of a recorded conversation: the n-th request of a method and kind of path gets the n-th answer."""
    waiting: dict[tuple[str, str], list[Reply]] = defaultdict(list)
    for folder in folders:
        case = json.loads((folder / "case.json").read_bytes())
        waiting[case["method"], _kind(case["path"])].append(recorded(folder, **options))

    def script(request: Request, n: int) -> Reply:
        replies = waiting.get((request.method, _kind(request.path)))
        return replies.pop(0) if replies else answer({"error": {"message": "nothing recorded"}}, 418)

    return script


def _kind(path: str) -> str:
    """A path without what stands before `/responses`, and without ids."""
    _, found, rest = path.partition("/responses")
    return re.sub(r"/resp_[^/?]+", "/ID", found + rest) if found else path


class ReplayServer:
    """Serves a script on 127.0.0.1 (or as https, with `tls`) until its `with` block ends."""

    def __init__(
        self,
        script: Script | Sequence[Reply] | Reply,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        if isinstance(script, Reply):
            script = [script]
        self._script = script if callable(script) else in_turn(script)
        self._tls = tls
        self._listener = socket.create_server((host, 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[Request] = []
        """as they came in"""
        self.connections = 0
        self.asked = threading.Event()
        """set as soon as a request came in"""
        self.left = threading.Event()
        """set as soon as a client closed its connection"""

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What a client takes for the v1 endpoint."""
        return f"{self.root}/openai/v1/"

    def posts(self) -> int:
        """How many POST requests came in."""
        return sum(request.method == "POST" for request in self.requests)

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone does not wake the thread that waits in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _spawn(self, work: Callable[..., None], *values: Any) -> None:
        thread = threading.Thread(target=work, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(connection)
            self._spawn(self._serve, connection)

    def _serve(self, raw: socket.socket) -> None:
        connection = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True)
                with self._lock:
                    self._open.add(connection)
            self._talk(connection)
        except (OSError, ValueError):
            pass  # the client went away, or speaks something else, as some tests make it
        finally:
            self.left.set()
            with self._lock:
                self._open -= {raw, connection}
            connection.close()
            raw.close()

    def _talk(self, connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        with reader:
            while (request := _read_request(reader)) is not None:
                with self._lock:
                    number = len(self.requests)
                    self.requests.append(request)
                    reply = self._script(request, number)
                self.asked.set()
                if not _play(connection, reply, reader):
                    return


def _read_request(reader: Any) -> Request | None:
    line = reader.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := reader.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        pieces = []
        while size := int(reader.readline(), 16):
            pieces.append(reader.read(size))
            reader.readline()
        reader.readline()
        body = b"".join(pieces)
    else:
        body = reader.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


def _play(connection: socket.socket, reply: Reply, reader: Any) -> bool:
    """Write one answer; tells whether the connection goes on."""
    if reply.end == "drop":
        return False
    if reply.end == "silence":
        reader.read(1)  # until the client leaves
        return False
    chunked = reply.framing == "chunked"
    length = {} if chunked else {"content-length": str(len(reply.body) + reply.length_add)}
    headers = {**reply.headers, **({"transfer-encoding": "chunked"} if chunked else length)}
    head = f"HTTP/1.1 {reply.status} Replayed\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in headers.items()
    )
    connection.sendall(head.encode("latin-1", "replace") + b"\r\n")
    frames = (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece for piece in reply.pieces())
    if reply.piece == EVENTS:
        for frame in frames:
            connection.sendall(frame)
    else:
        connection.sendall(b"".join(frames))
    return _end(connection, reply, reader)


def _end(connection: socket.socket, reply: Reply, reader: Any) -> bool:
    match reply.end:
        case "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        case "stall":
            reader.read(1)  # until the client leaves
            return False
        case "badchunk":
            connection.sendall(b"zz\r\nthis is no chunk\r\n")
            return False
        case "garbage":
            with socket.socket(fileno=os.dup(connection.fileno())) as below:
                below.sendall(b"this is no TLS record " * 9)
            reader.read(1)
            return False
        case "cut":
            return False
    if reply.framing == "chunked":
        connection.sendall(b"0\r\n\r\n")
    return reply.length_add == 0


def cut(reply: Reply, at: int) -> Reply:
    """The same answer, whose connection closes after `at` bytes of the body."""
    return replace(reply, body=reply.body[:at], end="cut")
