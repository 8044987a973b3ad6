"""The way to the service, step by step: name, connection, TLS, and one harmless request."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azresp.azure.connection import Connection, EntraSignIn
from azresp.cli.checks.finding import Finding, Mark, failure
from azresp.errors import AzrespError, Exit, NetworkError, ServiceError, SignInError

if TYPE_CHECKING:
    from azresp.azure.gateway import Gateway

LIMIT_S = 10.0
"""All steps together."""

Tell = Callable[[Finding], None]


async def network(connection: Connection, tell: Tell) -> None:
    """Try the way to the endpoint; each step is told as it ends, the first failure is the last."""
    from azresp.azure.gateway import Gateway

    step = "connection"
    try:
        async with asyncio.timeout(LIMIT_S):
            await _connect(connection, tell)
            async with _closing(Gateway(connection)) as gateway:
                step = "sign-in"
                await gateway.sign_in()
                if isinstance(connection.sign_in, EntraSignIn):
                    text = f"{gateway.credential or 'a credential'} gave the token"
                    tell(Finding("network", "sign-in", Mark.OK, text))
                step = "request"
                await _request(gateway, tell)
    except TimeoutError:
        tell(failure("network", step, _late(step)))
    except SignInError as error:
        tell(failure("network", "sign-in", error))
    except ServiceError as error:
        busy = error.status == 429 or error.status >= 500
        found = failure("network", step, error)
        told = replace(found, text=f"HTTP {error.status}: {error.what}")
        tell(replace(told, mark=Mark.WARN, exit=Exit.OK) if busy else told)
    except AzrespError as error:
        tell(failure("network", step, error))


@asynccontextmanager
async def _closing(gateway: Gateway) -> AsyncIterator[Gateway]:
    try:
        yield gateway
    finally:
        await gateway.close()


def _late(step: str) -> AzrespError:
    """What it means that the time is over in this step."""
    if step == "sign-in":
        return SignInError(
            f"no key or token within {LIMIT_S:.0f} s",
            "With Entra ID set AZURE_TOKEN_CREDENTIALS to the one credential that you use, e.g. AzureCliCredential.",
        )
    return NetworkError(f"no answer within {LIMIT_S:.0f} s", "Check the network, VPN or proxy.")


async def _connect(connection: Connection, tell: Tell) -> None:
    from azresp.azure.http import proxy_for, ssl_context

    proxy = proxy_for(connection)
    url = urlsplit(proxy or connection.base_url)
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    who = f"the proxy {host}" if proxy else host
    started = time.monotonic()
    addresses = await _look_up(connection, host, port)
    text = f"{who} is {', '.join(addresses[:3])}{' …' if len(addresses) > 3 else ''}{_since(started)}"
    tell(Finding("network", "name", Mark.OK, text))
    started = time.monotonic()
    secure = ssl_context(connection) if url.scheme == "https" and not proxy else None
    version = await _open(connection, host, port, secure)
    tell(Finding("network", "connection", Mark.OK, f"{who} port {port}{version}{_since(started)}"))


async def _look_up(connection: Connection, host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        from azresp.azure.outages import not_connected

        raise not_connected(error, connection) from error
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def _open(connection: Connection, host: str, port: int, secure: ssl.SSLContext | None) -> str:
    try:
        async with asyncio.timeout(connection.connect_timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=secure)
    except OSError as error:
        from azresp.azure.outages import not_connected

        raise not_connected(error, connection) from error
    tls = writer.get_extra_info("ssl_object")
    version = f", {tls.version()}" if tls is not None else ""
    writer.close()
    return version


async def _request(gateway: Gateway, tell: Tell) -> None:
    started = time.monotonic()
    listed = await gateway.models()
    if not isinstance(gateway.connection.sign_in, EntraSignIn):
        tell(Finding("network", "sign-in", Mark.OK, f"{gateway.credential} is accepted"))
    models = listed.get("data")
    count = f": {len(models)} models listed" if isinstance(models, list) else ""
    text = f"GET models answered{count}{_since(started)}; `azresp run hi` tries the deployment"
    tell(Finding("network", "request", Mark.OK, text))


def _since(started: float) -> str:
    return f", {(time.monotonic() - started) * 1000:.0f} ms"
