"""The gateway: opens, looks at, cancels and deletes responses at one endpoint, through the openai SDK.

The SDK gives requests, sign-in and error classes; answers are read in `answer`. Its own retries are off: see
`azresp.engine`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from azresp import __version__
from azresp.azure.answer import Answer
from azresp.azure.aside import aside
from azresp.azure.connection import Connection, EntraSignIn, KeySignIn, TokenSignIn
from azresp.azure.conversations import Conversations
from azresp.azure.credentials import EntraToken
from azresp.azure.files import Files
from azresp.azure.lent import filled, lent_in
from azresp.azure.segment import segment
from azresp.core.secrets import Redactor
from azresp.core.sse import Wire
from azresp.errors import AzrespError, ServiceError, SignInError

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Gateway:
    """One endpoint of the Responses API."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        sign_in = connection.sign_in
        self._entra = EntraToken(sign_in if isinstance(sign_in, EntraSignIn) else EntraSignIn(), connection)
        self._redactor = Redactor()
        self._client: AsyncOpenAI | None = None
        self._lends = False
        self.files = Files(self._send)
        self.conversations = Conversations(self._send)

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

        The body may hold references to secrets in headers and authorization of MCP servers; from the first one on,
        everything that this gateway hears is redacted.
        """
        answer = await self._send("POST", "responses", body=await self._filled(body), headers=headers)
        # An inner generator is not closed with the outer one: its socket would stay open until collected.
        async with aclosing(answer.events()) as batches:
            async for batch in batches:
                yield batch
                del batch  # whoever got it decides how long it lives: it may hold a picture

    async def resume(self, response_id: str, after: int) -> AsyncIterator[list[Wire]]:
        """The events of a background response behind number `after` (-1: all), then those to come, in batches.

        Not the SDK's `responses.stream(starting_after=…)`: that one does not send the number. A response that is not
        streamed (any more) raises ServiceError with status 400.
        """
        query = {"stream": "true"} | ({"starting_after": after} if after >= 0 else {})
        answer = await self._send("GET", _path(response_id), query=query)
        async with aclosing(answer.events()) as batches:
            async for batch in batches:
                yield batch
                del batch

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

    async def sign_in(self) -> None:
        """Look the key up, or fetch a token, before anything needs it. Raises SignInError."""
        await self._signed()

    async def models(self) -> Wire:
        """What the endpoint lists as models."""
        return await self._json("GET", "models")

    async def count(self, body: Wire) -> Wire:
        """How many tokens the service counts for this input; an endpoint that can't raises ServiceError."""
        answer = await self._send("POST", "responses/input_tokens", body=await self._filled(body))
        return await answer.whole()

    async def compact(self, body: Wire) -> Wire:
        """The items that stand for a conversation from now on; an endpoint that can't raises ServiceError."""
        answer = await self._send("POST", "responses/compact", body=await self._filled(body))
        return await answer.whole()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _filled(self, body: Wire) -> Wire:
        """The body with the secrets that it refers to."""
        lent = lent_in(body)
        if not lent:
            return body
        self._lends = True
        return await filled(body, lent, self.connection.resolve, self._redactor)

    async def _json(self, method: str, path: str, *, query: Mapping[str, Any] | None = None) -> Wire:
        answer = await self._send(method, path, query=query)
        return await answer.whole()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Wire | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer to one request, its body still to be read. A 401 in Entra mode fetches a new token once."""
        try:
            return await self._send_once(method, path, body, query, headers, files)
        except SignInError as error:
            stale = isinstance(self.connection.sign_in, EntraSignIn) and error.status == 401
            if not stale:
                raise
            # A refused request did not reach the model, so even a POST may go again.
            self._entra.forget()
            return await self._send_once(method, path, body, query, headers, files)

    async def _send_once(
        self,
        method: str,
        path: str,
        body: Wire | None,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        files: Mapping[str, Any] | None,
    ) -> Answer:
        try:
            client = self._ready()
            import httpx2
            from openai import AsyncStream

            options: Any = {
                "headers": {**await self._signed(), **(headers or {})},
                "params": dict(query or {}),
            }
            streamed: Any = {"stream": True, "stream_cls": AsyncStream}
            match method:
                case "GET":
                    send: Any = partial(client.get, **streamed)
                case "POST":
                    send = partial(client.post, body=body, files=files, **streamed)
                case _:
                    send = client.delete
            response = await send(path, cast_to=httpx2.Response, options=options)
            return Answer(
                response, self.connection.host, self._redactor, self._translated, echoes=self._lends
            )
        except AzrespError:
            raise
        except Exception as error:
            raise self._translated(error, str((body or {}).get("model") or "")) from error

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

    def _translated(self, error: Exception, model: str = "") -> AzrespError:
        from azresp.azure.refusals import translate

        ours = translate(error, self.connection, model)
        redact = self._redactor.redact
        self._redactor.redact_chain(error)  # --debug prints it, and so would whoever logs it
        self._redactor.redact_chain(ours)
        ours.what, ours.hint = redact(ours.what), redact(ours.hint)
        if isinstance(ours, ServiceError):
            ours.code, ours.param = redact(ours.code), redact(ours.param)
            ours.request_ids = tuple((name, redact(value)) for name, value in ours.request_ids)
        return ours


def _path(response_id: str) -> str:
    return f"responses/{segment(response_id, 'response', 'Ids look like resp_….')}"
