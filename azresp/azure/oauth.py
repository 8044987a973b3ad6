"""Signing in to a remote MCP server by OAuth, with the mcp package: discovery, registration, PKCE, tokens."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azresp import __version__
from azresp.core.hosts import is_loopback
from azresp.core.secrets import Secret
from azresp.errors import AzrespError, NetworkError, SignInError, UsageError

if TYPE_CHECKING:
    import httpx2
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

_TIMEOUT_S = 30.0
_LARGEST_ANSWER = 1024 * 1024

Ask = Callable[[str], Awaitable[Mapping[str, str]]]
"""Shows the user a URL; gives the query that their browser came back with."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a server granted."""

    token: Secret
    expires_in_s: int | None
    memory: Secret
    """JSON that lets the next sign-in refresh the token without asking the user"""
    asked: bool
    """the user had to agree in a browser"""


def remembered(memory: Secret | None, url: str) -> dict[str, Any]:
    """What a `Granted.memory` holds for that server; empty if it is another's or unreadable."""
    try:
        found = json.loads(memory.reveal()) if memory is not None else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("url") == url else {}


async def grant(url: str, redirect_uri: str, ask: Ask, memory: Secret | None = None) -> Granted | None:
    """A token for the MCP server at `url`: refreshed from `memory` if that works, else by the user's browser.

    None: the server asks for no sign-in. Raises UsageError (the mcp package is missing), SignInError or NetworkError.
    """
    flow = _Flow(url, redirect_uri, ask, memory)
    try:
        import httpx2
    except ImportError as error:  # comes with openai
        raise UsageError(f"{error.name} is not installed", "Install azresp again.") from error
    try:
        status = await flow.run()
    except AzrespError:
        raise
    except httpx2.HTTPError as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise NetworkError(f"{_host(url)} can't be reached: {reason}", "Check the server's url.") from error
    except Exception as error:
        if not type(error).__module__.startswith(("mcp.", "pydantic")):
            raise
        reason = " ".join(str(error).split())[:300]
        raise SignInError(f"signing in to {_host(url)} failed: {reason}", _PASTE) from error
    return flow.granted(status)


_PASTE = "If the server gives tokens in another way, keep one with `azresp mcp login LABEL --token-stdin`."


class _Flow:
    """One sign-in; the mcp package's storage for it."""

    def __init__(self, url: str, redirect_uri: str, ask: Ask, memory: Secret | None) -> None:
        known = remembered(memory, url)
        self._url, self._redirect_uri, self._ask = url, redirect_uri, ask
        # A client is registered for one redirect address.
        self._known = known if known.get("redirect_uri") == redirect_uri else {}
        self._asked = False
        self._back: Mapping[str, str] = {}
        self._provider = self._made()

    async def run(self) -> int:
        """Greet the server, signing in where it wants that; the status of its answer."""
        import httpx2

        hello = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "azresp", "version": __version__},
            },
        }
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2025-06-18",
            "user-agent": f"azresp/{__version__}",
        }
        local = is_loopback(urlsplit(self._url).hostname or "")
        async with httpx2.AsyncClient(
            auth=self._provider,
            timeout=_TIMEOUT_S,
            trust_env=not local,
            follow_redirects=False,
            event_hooks={"response": [_bounded]},
        ) as client:
            response = await client.post(self._url, json=hello, headers=headers)
        return response.status_code

    def granted(self, status: int) -> Granted | None:
        """What came of it. Raises SignInError."""
        context = self._provider.context
        tokens = context.current_tokens
        if status in (401, 403) or (tokens is None and status >= 300):
            raise SignInError(f"{_host(self._url)} answered {status} to the sign-in", _PASTE, status=status)
        if tokens is None:
            return None
        memory: dict[str, Any] = {"url": self._url, "redirect_uri": self._redirect_uri}
        for key, value in (
            ("tokens", tokens),
            ("client", context.client_info),
            ("issuer", context.oauth_metadata),
            ("resource", context.protected_resource_metadata),
        ):
            if value is not None:
                memory[key] = value.model_dump(mode="json", exclude_none=True)
        if context.auth_server_url:
            memory["issuer_url"] = context.auth_server_url
        kept = Secret(json.dumps(memory, separators=(",", ":")))
        return Granted(Secret(tokens.access_token), tokens.expires_in, kept, self._asked)

    def _made(self) -> OAuthClientProvider:
        try:
            from mcp.client.auth import OAuthClientProvider
            from mcp.shared.auth import OAuthClientMetadata, OAuthMetadata, ProtectedResourceMetadata
        except ImportError as error:
            raise UsageError(
                "signing in to an MCP server needs the mcp package, which is not installed",
                "Run `pip install 'azresp[mcp]'`, or keep a token with `azresp mcp login LABEL --token-stdin`.",
            ) from error
        logging.getLogger("mcp").addHandler(
            logging.NullHandler()
        )  # else its errors go to stderr a second time
        about = OAuthClientMetadata(client_name="azresp", redirect_uris=[self._redirect_uri])  # type: ignore[list-item]  # pydantic reads text
        provider = OAuthClientProvider(self._url, about, self, self._send_out, self._came_back)
        if "tokens" in self._known:
            context = provider.context
            # Where to refresh is only known from before; and a token of unknown age is refreshed.
            if "issuer" in self._known:
                context.oauth_metadata = OAuthMetadata.model_validate(self._known["issuer"])
            if "resource" in self._known:
                context.protected_resource_metadata = ProtectedResourceMetadata.model_validate(
                    self._known["resource"]
                )
            context.auth_server_url = self._known.get("issuer_url")
            context.token_expiry_time = 1.0
        return provider

    async def get_tokens(self) -> OAuthToken | None:
        """The tokens of the last sign-in, if they can be refreshed."""
        from mcp.shared.auth import OAuthToken

        tokens = self._known.get("tokens")
        return OAuthToken.model_validate(tokens) if tokens and tokens.get("refresh_token") else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Nothing: they are kept once the whole sign-in succeeded."""

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """How azresp registered the last time."""
        from mcp.shared.auth import OAuthClientInformationFull

        client = self._known.get("client")
        return OAuthClientInformationFull.model_validate(client) if client else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Nothing, as with tokens."""

    async def _send_out(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            # The server names this address, and a browser opens whatever it is given.
            raise SignInError(f"{_host(self._url)} wants the sign-in at an address that is not https", _PASTE)
        self._asked = True
        self._back = await self._ask(url)

    async def _came_back(self) -> Any:
        from mcp.shared.auth import AuthorizationCodeResult

        if "code" not in self._back:
            told = self._back.get("error_description") or self._back.get("error") or "no code came back"
            raise SignInError(f"{_host(self._url)} did not grant access: {told[:200]}", "Try again.")
        return AuthorizationCodeResult(
            code=self._back["code"], state=self._back.get("state"), iss=self._back.get("iss")
        )


async def _bounded(response: httpx2.Response) -> None:
    """Cut an answer that is longer than any of a sign-in can be."""
    import httpx2

    from azresp.azure.http import Capped

    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = Capped(response.stream, _LARGEST_ANSWER)


def _host(url: str) -> str:
    return urlsplit(url).netloc
