"""The baseline stream cut at every byte, in every way a connection ends: what was heard is shown, kept and marked (S1).

All layers but the socket are the real ones: the HTTP client, the gateway, the engine, the store, the screen, the exit
status. `make torture` cuts at every byte; a usual run at some.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from azresp.azure.connection import Connection, KeySignIn
from azresp.azure.gateway import Gateway
from azresp.cli.conclusion import conclude
from azresp.cli.connect import Reached
from azresp.cli.gallery import Gallery
from azresp.cli.hearer import Hearer
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.cli.toolset import Fixed, build_toolset
from azresp.cli.unattended import Unattended
from azresp.config.load import load
from azresp.config.profile import Profile
from azresp.core.secrets import Secret
from azresp.core.session import Exchange, Session, message
from azresp.core.turn import INTERRUPTED, Turn
from azresp.errors import Exit
from azresp.store.store import Store
from tests.core.streams import fold_wires, wires_of
from tests.examples import chance
from tests.replay import STREAM_HEADERS

CUTS = int(os.environ.get("AZRESP_CUTS", "90"))
"""How many cuts are tried; 0: every byte in every way."""
ENDS = ("close", "reset", "short")


class Body(httpx2.AsyncByteStream):
    """Some bytes of a body, in pieces, and its end."""

    def __init__(self, content: bytes, end: str, piece: int) -> None:
        self._pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._end == "reset":
            raise httpx2.ReadError("[Errno 104] Connection reset by peer")
        if self._end == "short":
            raise httpx2.RemoteProtocolError("peer closed connection without sending complete message body")


@dataclass
class Wire:
    """In the place of the network: answers each request with the same body."""

    body: Body = field(default_factory=lambda: Body(b"", "close", 1))
    posts: int = 0

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange."""
        self.posts += request.method == "POST"
        return httpx2.Response(200, headers=STREAM_HEADERS, stream=self.body, request=request)


@dataclass
class Front:
    """`azresp run hi` from the gateway to the exit status, in this process."""

    wire: Wire
    profile: Profile
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)

    def run(self, content: bytes, end: str, piece: int) -> tuple[int, Exchange]:
        """The exit status and what is kept."""
        self.wire.body, self.wire.posts = Body(content, end, piece), 0
        self.out, self.err = io.StringIO(), io.StringIO()
        with redirect_stdout(self.out), redirect_stderr(self.err):
            return self._run()

    def _run(self) -> tuple[int, Exchange]:
        gateway = Gateway(Connection("http://127.0.0.1:9/openai/v1/", KeySignIn(lambda: Secret("canary"))))
        store = Store(None)
        try:
            session = Session("s", "talk")
            reached = Reached(gateway, self.profile, False, lambda: None)
            tools = build_toolset(
                load({}, {}), store.records, (), none=True, session=session, values=Fixed(self.profile)
            )
            hearer = Hearer(
                *(reached, store, Output(), "text", tools, Gallery(Path("/nowhere"), None)),
                *(Unattended(print), None),
            )
            outcome, _ = hearer.say(session, (message("hi"),))
            status = conclude(hearer, outcome, note)
            (kept,) = store.all_exchanges("s")
            assert (store.trouble, outcome.session.head) == ("", kept.id if kept.turn.finished else None)
            return status, kept
        finally:
            store.close()


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    wire = Wire()
    profile = load(
        {"endpoint": "http://127.0.0.1:9", "deployment": "gpt"}, {"AZRESP_CONFIG": os.devnull}
    ).profile

    async def handle(transport: object, request: httpx2.Request) -> httpx2.Response:
        return await wire.handle(request)

    monkeypatch.setattr("azresp.cli.hearer.until_done", asyncio.run)  # the program's own loop is never closed
    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", handle)
    yield Front(wire, profile)


def test_a_stream_cut_at_any_byte_is_shown_kept_and_marked(shared: Path, front: Front) -> None:
    whole = (shared / "hostile" / "sse" / "E01-baseline.sse").read_bytes()
    for at, end, piece in _cuts(len(whole)):
        status, kept = front.run(whole[:at], end, piece)
        case = (at, end, piece, front.err.getvalue())
        heard = _heard(whole[:at], end)
        turn = kept.turn
        assert front.wire.posts == 1, case
        assert turn.text == heard.text, case
        assert front.out.getvalue().rstrip("\n") == turn.text, case
        if heard.over:
            assert (status, turn.status) == (Exit.OK, "completed"), case
            continue
        assert turn.status == INTERRUPTED, case
        # Before the first word it is a matter of the network.
        right = (Exit.UNFINISHED,) if turn.text else (Exit.UNFINISHED, Exit.NETWORK)
        assert status in right, case


def _heard(content: bytes, end: str) -> Turn:
    """What whoever reads these bytes knows; an event without its blank line counts if the body ended well."""
    wires = wires_of(content) if end == "close" else wires_of(content.rpartition(b"\n\n")[0] + b"\n\n")
    return fold_wires(wires)


def _cuts(length: int) -> list[tuple[int, str, int]]:
    every = [(at, end, 1 << 16 if at % 2 else 97) for at in range(length + 1) for end in ENDS]
    return chance().sample(every, CUTS) if CUTS else every
