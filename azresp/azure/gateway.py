"""The gateway: opens, looks at, cancels and deletes responses at one endpoint, through the openai SDK.

The SDK gives requests, sign-in and error classes; event streams are read here, since the SDK's reader raises on
legal streams and drops what follows an `error` event. Its own retries are off: see `azresp.engine`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from azresp import __version__
from azresp.azure.connection import Connection, EntraSignIn, KeySignIn, TokenSignIn
from azresp.azure.credentials import EntraToken
from azresp.core.secrets import Redactor
from azresp.core.sse import EventReader, EventTooLarge, Wire
from azresp.errors import AzrespError, NetworkError, SignInError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI


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
        async for batch in self._events(response):
            yield batch

    async def look(self, response_id: str) -> Wire:
        """The response as it stands at the service."""
        return await self._json("GET", f"responses/{quote(response_id, safe='')}")

    async def input_items(
        self, response_id: str, *, limit: int = 20, order: str = "asc", after: str = ""
    ) -> Wire:
        """One page of the response's input items; `has_more` and `last_id` lead to the next."""
        query = {"limit": limit, "order": order} | ({"after": after} if after else {})
        return await self._json("GET", f"responses/{quote(response_id, safe='')}/input_items", query=query)

    async def delete(self, response_id: str) -> Wire:
        """Delete the response at the service."""
        return await self._json("DELETE", f"responses/{quote(response_id, safe='')}")

    async def cancel(self, response_id: str) -> Wire:
        """Cancel a background response; answers with the response as it stands."""
        return await self._json("POST", f"responses/{quote(response_id, safe='')}/cancel")

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
        except Exception as error:
            raise self._translated(error) from error
        finally:
            await response.aclose()
        return self._object(b"".join(pieces), response)

    def _object(self, body: bytes, response: httpx2.Response) -> Wire:
        try:
            value = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        raise self._not_the_api(response)

    async def _events(self, response: httpx2.Response) -> AsyncIterator[list[Wire]]:
        kind = response.headers.get("content-type", "")
        if "json" in kind:
            # A server that ignores `stream` answers with the whole response at once.
            yield [self._object(await self._read(response), response)]
            return
        if "event-stream" not in kind:
            await response.aclose()
            raise self._not_the_api(response)
        reader = EventReader()
        try:
            async for chunk in response.aiter_bytes():
                if batch := reader.feed(chunk):
                    yield batch
            if batch := reader.finish():
                yield batch
        except EventTooLarge:
            raise NetworkError(
                f"{self.connection.host}: one event is larger than any answer can be"
            ) from None
        except (GeneratorExit, asyncio.CancelledError):
            raise
        except Exception as error:
            raise self._translated(error) from error
        finally:
            await response.aclose()

    async def _read(self, response: httpx2.Response) -> bytes:
        try:
            return await response.aread()
        except Exception as error:
            raise self._translated(error) from error

    def _not_the_api(self, response: httpx2.Response) -> NetworkError:
        kind = response.headers.get("content-type", "nothing stated").split(";")[0]
        return NetworkError(
            f"{self.connection.host} answered {response.status_code} with {kind}, which is not the Responses API",
            "Is a sign-in page or proxy in between? Check `endpoint`.",
        )

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
        client = self._ready()
        import httpx2
        from openai import AsyncStream

        options: Any = {"headers": {**await self._signed(), **(headers or {})}, "params": dict(query or {})}
        try:
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
        except Exception as error:
            raise self._translated(error) from error

    async def _signed(self) -> dict[str, Any]:
        """The headers that sign one request; the token is asked for at each (and cached by azure-identity)."""
        from openai import omit

        match self.connection.sign_in:
            case KeySignIn(resolve):
                secret, name, scheme = resolve(), "api-key", ""
            case TokenSignIn(resolve):
                secret, name, scheme = resolve(), "Authorization", "Bearer "
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
                        **connection.headers,
                    },
                    max_retries=0,
                    http_client=build_client(connection),
                ),
            )
        return self._client

    def _translated(self, error: Exception) -> AzrespError:
        from azresp.azure.refusals import translate

        ours = translate(error, self.connection)
        # Servers echo credentials in refusals.
        ours.what, ours.hint = self._redactor.redact(ours.what), self._redactor.redact(ours.hint)
        return ours
