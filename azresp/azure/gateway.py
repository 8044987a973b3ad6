"""The gateway: opens, looks at, cancels and deletes responses at one endpoint, through the openai SDK.

The SDK gives requests, sign-in and error classes; event streams are read here, since the SDK's reader raises on
legal streams and drops what follows an `error` event. Its own retries are off: see `azresp.engine`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

from azresp import __version__
from azresp.azure.aside import aside
from azresp.azure.connection import Connection, EntraSignIn, KeySignIn, TokenSignIn
from azresp.azure.credentials import EntraToken
from azresp.core.secrets import Redactor
from azresp.core.sse import EventReader, EventTooLarge, Wire, decode
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError, UsageError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI


E = TypeVar("E", bound=AzrespError)


BUFFERED_S, FAST_S, GULP_S = 0.0002, 0.004, 0.005
"""A chunk that came sooner was already read; one that came later is of a slow stream; how long a gulp gathers."""


class Gateway:
    """One endpoint of the Responses API."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        sign_in = connection.sign_in
        self._entra = EntraToken(sign_in if isinstance(sign_in, EntraSignIn) else EntraSignIn(), connection)
        self._redactor = Redactor()
        self._client: AsyncOpenAI | None = None

    @property
    def origin(self) -> str:
        """What response ids of this gateway belong to."""
        return self.connection.name or self.connection.base_url

    @property
    def credential(self) -> str:
        """Which credential gave the last token or key; empty before the first request."""
        sign_in = self.connection.sign_in
        return self._entra.winner if isinstance(sign_in, EntraSignIn) else sign_in.origin

    def preload(self) -> None:
        """Import the SDK and fetch an Entra ID token; for a background thread while the user types."""
        from azresp.azure.lean import load_openai

        load_openai()
        import azresp.azure.http
        import azresp.azure.refusals  # noqa: F401

        if isinstance(self.connection.sign_in, EntraSignIn):
            self._entra.preload()

    async def open(self, body: Wire, headers: Mapping[str, str] | None = None) -> AsyncIterator[list[Wire]]:
        """Create a response and yield its events in batches, as they come.

        A stream that ends without a terminal event just ends here: the fold notices. Raises ServiceError,
        SignInError or NetworkError; `NetworkError.reached` tells whether the POST may have been seen.
        """
        response = await self._send("POST", "responses", body=body, headers=headers)
        # An inner generator is not closed with the outer one: its socket would stay open until collected.
        async with aclosing(self._events(response)) as batches:
            async for batch in batches:
                yield batch

    async def look(self, response_id: str) -> Wire:
        """The response as it stands at the service."""
        return await self._json("GET", _path(response_id))

    async def input_items(
        self, response_id: str, *, limit: int = 20, order: str = "asc", after: str = ""
    ) -> Wire:
        """One page of the response's input items; `has_more` and `last_id` lead to the next."""
        query = {"limit": limit, "order": order} | ({"after": after} if after else {})
        return await self._json("GET", f"{_path(response_id)}/input_items", query=query)

    async def delete(self, response_id: str) -> Wire:
        """Delete the response at the service."""
        return await self._json("DELETE", _path(response_id))

    async def cancel(self, response_id: str) -> Wire:
        """Cancel a background response; answers with the response as it stands."""
        return await self._json("POST", f"{_path(response_id)}/cancel")

    async def models(self) -> Wire:
        """What the endpoint lists as models."""
        return await self._json("GET", "models")

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _json(self, method: str, path: str, *, query: Mapping[str, Any] | None = None) -> Wire:
        response = await self._send(method, path, query=query)
        return self._object(await self._body(response), response)

    async def _body(self, response: httpx2.Response) -> bytes:
        from azresp.azure.http import MAX_BODY_BYTES

        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > MAX_BODY_BYTES:
                    raise NetworkError(
                        f"{self.connection.host}: the answer is larger than {MAX_BODY_BYTES >> 20} MB"
                    )
                pieces.append(piece)
        except AzrespError:
            raise
        except Exception as error:
            raise self._translated(error) from error
        finally:
            await response.aclose()
        return b"".join(pieces)

    def _object(self, body: bytes, response: httpx2.Response) -> Wire:
        value = decode(body or b"{}")
        if value is None:
            raise self._not_the_api(response)
        return value

    async def _events(self, response: httpx2.Response) -> AsyncGenerator[list[Wire], None]:
        kind = response.headers.get("content-type", "").lower()
        if "json" in kind:
            # A server that ignores `stream` answers with the whole response at once.
            yield [self._clean(self._object(await self._body(response), response))]
            return
        if "event-stream" not in kind:
            await response.aclose()
            raise self._not_the_api(response)
        reader, heard = EventReader(), False
        try:
            async for chunk in _in_gulps(response.aiter_bytes()):
                if batch := reader.feed(chunk):
                    heard = True
                    yield [self._clean(wire) for wire in batch]
            if batch := reader.finish():
                heard = True
                yield [self._clean(wire) for wire in batch]
        except EventTooLarge:
            raise NetworkError(
                f"{self.connection.host}: one event is larger than any answer can be"
            ) from None
        except (GeneratorExit, asyncio.CancelledError):
            raise
        except AzrespError:
            raise
        except Exception as error:
            raise self._translated(error) from error
        finally:
            await response.aclose()
        if not heard:
            raise NetworkError(
                f"{self.connection.host} ended the stream before its first event; the outcome is unknown",
                "Try again; if it stays, is a proxy in between?",
            )

    def _clean(self, wire: Wire) -> Wire:
        """Servers echo credentials in refusals, also in those inside a stream."""
        if wire.get("type") not in ("error", "response.failed", None):
            return wire
        return cast("Wire", self._redactor_over(wire))

    def _redactor_over(self, value: object) -> object:
        match value:
            case str():
                return self._redactor.redact(value)
            case list():
                return [self._redactor_over(one) for one in value]
            case dict():
                return {key: self._redactor_over(one) for key, one in value.items()}
        return value

    def _not_the_api(self, response: httpx2.Response) -> NetworkError:
        kind = response.headers.get("content-type", "nothing stated").split(";")[0]
        error = NetworkError(
            f"{self.connection.host} answered {response.status_code} with {kind}, which is not the Responses API",
            "Is a sign-in page or proxy in between? Check `endpoint`.",
        )
        return self._redacted(error)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Wire | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """The answer to one request, its body still to be read. A 401 in Entra mode fetches a new token once."""
        try:
            return await self._send_once(method, path, body, query, headers)
        except SignInError as error:
            stale = isinstance(self.connection.sign_in, EntraSignIn) and error.status == 401
            if not stale:
                raise
            # A refused request did not reach the model, so even a POST may go again.
            self._entra.forget()
            return await self._send_once(method, path, body, query, headers)

    async def _send_once(
        self,
        method: str,
        path: str,
        body: Wire | None,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx2.Response:
        try:
            client = self._ready()
            import httpx2
            from openai import AsyncStream

            options: Any = {
                "headers": {**await self._signed(), **(headers or {})},
                "params": dict(query or {}),
            }
            if method == "DELETE":
                return cast(
                    "httpx2.Response", await client.delete(path, cast_to=httpx2.Response, options=options)
                )
            send = client.get if method == "GET" else client.post
            extra = {"body": body} if body is not None else {}
            answer = await cast("Any", send)(
                path, cast_to=httpx2.Response, options=options, stream=True, stream_cls=AsyncStream, **extra
            )
            return cast("httpx2.Response", answer)
        except AzrespError:
            raise
        except Exception as error:
            raise self._translated(error) from error

    async def _signed(self) -> dict[str, Any]:
        """The headers that sign one request; the token is asked for at each (and cached by azure-identity)."""
        from openai import omit

        match self.connection.sign_in:
            case KeySignIn(resolve):
                secret, name, scheme = await aside(resolve, "key"), "api-key", ""
            case TokenSignIn(resolve):
                secret, name, scheme = await aside(resolve, "key"), "Authorization", "Bearer "
            case EntraSignIn():
                secret, name, scheme = await self._entra.get(), "Authorization", "Bearer "
        self._redactor.add(secret)
        # The SDK insists on a bearer unless it is told, per request, that there is none.
        return {"Authorization": omit, name: scheme + secret.reveal()}

    def _ready(self) -> AsyncOpenAI:
        if self._client is None:
            from azresp.azure.lean import load_openai

            openai = load_openai()
            from azresp.azure.http import build_client

            connection = self.connection
            query = {"api-version": connection.api_version} if connection.api_version else {}
            self._client = cast(
                "AsyncOpenAI",
                openai.AsyncOpenAI(
                    base_url=connection.base_url,
                    api_key="signed per request",
                    default_query=query,
                    default_headers={
                        "User-Agent": f"azresp/{__version__}",
                        # The SDK's own environment variables are meant for another service.
                        "OpenAI-Organization": openai.omit,
                        "OpenAI-Project": openai.omit,
                        **connection.headers,
                    },
                    max_retries=0,
                    http_client=build_client(connection),
                ),
            )
        return self._client

    def _translated(self, error: Exception) -> AzrespError:
        from azresp.azure.refusals import translate

        return self._redacted(translate(error, self.connection))

    def _redacted(self, error: E) -> E:
        redact = self._redactor.redact
        error.what, error.hint = redact(error.what), redact(error.hint)
        error.args = (error.what,)
        if isinstance(error, ServiceError):
            error.code, error.param = redact(error.code), redact(error.param)
            error.request_ids = tuple((name, redact(value)) for name, value in error.request_ids)
        return error


def _path(response_id: str) -> str:
    """The path of a response; whatever an id holds stays inside its own segment."""
    if response_id.strip(". ") == "":
        raise UsageError(f"{response_id!r} is no response id", "Ids look like resp_….")
    return f"responses/{quote(response_id, safe='', errors='replace')}"


async def _in_gulps(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The chunks of a body, a fast one's in gulps.

    Each trip to the socket costs some 130 µs of CPU through httpx2, anyio and the loop. When the last chunk was waited
    for, but not long, more are about to come: a short pause lets them gather.
    """
    now = asyncio.get_running_loop().time
    while True:
        began = now()
        chunk = await anext(chunks, None)
        if chunk is None:
            return
        waited = now() - began
        yield chunk
        if BUFFERED_S < waited < FAST_S:
            await asyncio.sleep(GULP_S)
