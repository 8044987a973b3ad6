"""One answer of the service, its body still to be read: whole, or as a stream of events.

Event streams are read here, since the SDK's reader raises on legal streams and drops what follows an `error` event.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, cast

from azresp.azure.echo import Echo
from azresp.azure.gulps import in_gulps
from azresp.core.secrets import Redactor
from azresp.core.sse import EventReader, EventTooLarge, Wire, decode
from azresp.errors import AzrespError, NetworkError

if TYPE_CHECKING:
    import httpx2


class Answer:
    """An answer with a status below 300. Read it once, either way; raises NetworkError and closes it.

    `translated` gives one of our errors for what the HTTP client raised; `echoes` redacts every event, not only
    refusals.
    """

    def __init__(
        self,
        response: httpx2.Response,
        host: str,
        redactor: Redactor,
        translated: Callable[[Exception], AzrespError],
        *,
        echoes: bool = False,
    ) -> None:
        self._response = response
        self._host = host
        self._redactor = redactor
        self._translated = translated
        self._echo = Echo(redactor) if echoes else None

    async def whole(self) -> Wire:
        """The JSON object that the body is; empty for an empty body."""
        value = decode(await self._body() or b"{}")
        if value is None:
            raise self._not_the_api()
        return value if self._echo is None else self._echo.clean(value)

    async def events(self) -> AsyncGenerator[list[Wire], None]:
        """The body's events in batches, as they come; a whole response in place of a stream is one event."""
        kind = self._response.headers.get("content-type", "").lower()
        if "json" in kind:
            # A server that ignores `stream` answers with the whole response at once.
            yield [self._clean(await self.whole())]
            return
        if "event-stream" not in kind:
            await self._response.aclose()
            raise self._not_the_api()
        reader, heard = EventReader(), False
        async with self._reading(), aclosing(in_gulps(self._response.aiter_bytes())) as gulps:
            async for chunk in gulps:
                if batch := reader.feed(chunk):
                    heard = True
                    yield [self._clean(wire) for wire in batch]
                    # A picture in it would be held until the next event has come.
                    del batch
            if batch := reader.finish():
                heard = True
                yield [self._clean(wire) for wire in batch]
        if not heard:
            raise NetworkError(
                f"{self._host} ended the stream before its first event; the outcome is unknown",
                "Try again; if it stays, is a proxy in between?",
            )

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body's bytes, as they come: a file."""
        async with self._reading():
            async for piece in self._response.aiter_bytes():
                yield piece

    async def _body(self) -> bytes:
        from azresp.azure.http import MAX_BODY_BYTES

        pieces: list[bytes] = []
        size = 0
        async with self._reading():
            async for piece in self._response.aiter_bytes():
                size += len(piece)
                if size > MAX_BODY_BYTES:
                    raise NetworkError(f"{self._host}: the answer is larger than {MAX_BODY_BYTES >> 20} MB")
                pieces.append(piece)
        return b"".join(pieces)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[None]:
        try:
            yield
        except EventTooLarge:
            raise NetworkError(f"{self._host}: one event is larger than any answer can be") from None
        except AzrespError:
            raise
        except Exception as error:
            raise self._translated(error) from error
        finally:
            await self._response.aclose()

    def _clean(self, wire: Wire) -> Wire:
        """Servers echo credentials in refusals, also in those inside a stream; those lent to a tool anywhere."""
        if self._echo is not None:
            return self._echo.clean(wire)
        if wire.get("type") not in ("error", "response.failed", None):
            return wire
        return cast("Wire", self._redactor.redact_json(wire))

    def _not_the_api(self) -> NetworkError:
        kind = self._response.headers.get("content-type", "nothing stated").split(";")[0]
        return NetworkError(
            f"{self._host} answered {self._response.status_code} with {self._redactor.redact(kind)}, "
            "which is not the Responses API",
            "Is a sign-in page or proxy in between? Check `endpoint`.",
        )
