"""The HTTP client under the SDK: no redirects, no proxy for loopback, bounded bodies, one CA setting (rule R8)."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from azresp.errors import ConfigError

if TYPE_CHECKING:
    from azresp.azure.connection import Connection

MAX_ERROR_BYTES = 1024 * 1024
MAX_PACKED_ERROR_BYTES = 8 * 1024
"""gzip grows a thousandfold at most, so what it unpacks to is bounded too."""
MAX_BODY_BYTES = 256 * 1024 * 1024
"""A whole response object may carry several pictures in base64."""


class Capped(httpx2.AsyncByteStream):
    """A body that is cut at a limit."""

    def __init__(self, inner: httpx2.AsyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._limit
        try:
            async for chunk in self._inner:
                yield chunk[:left]
                left -= len(chunk)
                if left <= 0:
                    return
        except httpx2.TransportError:
            # The status says more than a body that broke off.
            return

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedErrors(httpx2.AsyncHTTPTransport):
    """Cuts the bodies of refusals, which the SDK reads whole before anybody can look at them."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        read_whole = response.status_code >= 300 or request.method == "DELETE"
        if read_whole and isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = Capped(response.stream, _limit(response.headers))
            # The SDK decodes it by the charset stated, and some (hex, utf-7) are no charset; the API speaks UTF-8.
            response.headers["content-type"] = response.headers.get("content-type", "").partition(";")[0]
        return response


def _limit(headers: httpx2.Headers) -> int:
    packed = headers.get("content-encoding", "identity").strip().lower()
    if packed == "identity":
        return MAX_ERROR_BYTES
    if packed in ("gzip", "deflate"):
        return MAX_PACKED_ERROR_BYTES
    # Nobody asked for it, and br or zstd could unpack to anything.
    headers.pop("content-encoding", None)
    return 0


def build_client(connection: Connection) -> httpx2.AsyncClient:
    """The client for one endpoint. Raises ConfigError for a CA file or proxy that can't be used."""
    context = ssl_context(connection)
    proxy = proxy_for(connection)
    try:
        proxy_host(proxy)
        transport = _BoundedErrors(verify=context, proxy=proxy or None, trust_env=False)
    except (ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(f"proxy: {error}", "Give an http:// or https:// proxy URL, or `none`.") from error
    except ImportError as error:
        if "socksio" not in str(error):
            raise  # an installation that is broken elsewhere is no matter of the proxy
        raise ConfigError(
            "proxy: a SOCKS proxy needs the package socksio, which is not installed",
            "Install it beside azresp (`pip install socksio`), or give an http:// or https:// proxy URL, or `none`.",
        ) from error
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(
            connection.idle_timeout_s,
            connect=connection.connect_timeout_s,
            write=connection.idle_timeout_s,
            pool=None,
        ),
        follow_redirects=False,
        trust_env=False,
        headers={"accept-encoding": "identity"},
    )


def proxy_host(proxy: str) -> str:
    """Host and port of a proxy URL, without the password that may stand before them. Raises ValueError."""
    parts = urlsplit(proxy)
    try:
        port = parts.port
    except ValueError:
        # Its words would quote a password with a `#` or `/` in it, which ends the host early.
        raise ValueError("the port is no number up to 65535") from None
    return f"{parts.hostname or ''}:{port}" if port else parts.hostname or ""


def ssl_context(connection: Connection) -> ssl.SSLContext:
    """Trust: the configured CA file, else what httpx2 trusts (the system's store, SSL_CERT_FILE, SSL_CERT_DIR)."""
    if not connection.base_url.lower().startswith("https"):
        # Loading the system's certificates takes 20 ms; plain http on loopback does not need them.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not connection.ca_file:
        return _system_context()
    try:
        return ssl.create_default_context(cafile=connection.ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = "no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror or str(error)
        raise ConfigError(
            f"ca_file: can't use {connection.ca_file!r}: {reason}",
            "Give a PEM file with your company's root CA.",
        ) from error


def _system_context() -> ssl.SSLContext:
    try:
        return httpx2.create_ssl_context()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the certificates that SSL_CERT_FILE or SSL_CERT_DIR name can't be used: {error}",
            "Unset them, or give a PEM file; `ca_file` does the same for azresp alone.",
        ) from error


def proxy_for(connection: Connection) -> str:
    """The proxy URL that requests to this endpoint take; empty for none. Loopback never takes one (R8)."""
    if connection.loopback or connection.proxy == "none":
        return ""
    if connection.proxy:
        return connection.proxy
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(connection.base_url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
