"""The way to the service, step by step: name, connection, TLS, and one harmless request."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from azresp.azure.connection import Connection, EntraSignIn
from azresp.cli.checks.finding import Finding, Mark, failure
from azresp.errors import AzrespError, Exit, NetworkError, ServiceError, SignInError

LIMIT_S = 10.0
"""All steps together."""

Tell = Callable[[Finding], None]


async def network(connection: Connection, tell: Tell) -> None:
    """Try the way to the endpoint; each step is told as it ends, the first failure is the last."""
    step = "request"
    try:
        async with asyncio.timeout(LIMIT_S):
            step = "connection"
            await _connect(connection, tell)
            step = "request"
            await _request(connection, tell)
    except TimeoutError:
        error = NetworkError(f"no answer within {LIMIT_S:.0f} s", "Check the network, VPN or proxy.")
        tell(failure("network", step, error))
    except SignInError as error:
        tell(failure("network", "sign-in", error))
    except ServiceError as error:
        busy = error.status == 429 or error.status >= 500
        found = failure("network", step, error)
        told = replace(found, text=f"HTTP {error.status}: {error.what}")
        tell(replace(told, mark=Mark.WARN, exit=Exit.OK) if busy else told)
    except AzrespError as error:
        tell(failure("network", step, error))


async def _connect(connection: Connection, tell: Tell) -> None:
    from azresp.azure.http import proxy_for, ssl_context

    proxy = proxy_for(connection)
    url = urlsplit(proxy or connection.base_url)
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    who = f"the proxy {host}" if proxy else host
    started = time.monotonic()
    addresses = await _look_up(host, port)
    text = f"{who} is {', '.join(addresses[:3])}{' …' if len(addresses) > 3 else ''}{_since(started)}"
    tell(Finding("network", "name", Mark.OK, text))
    started = time.monotonic()
    secure = ssl_context(connection) if url.scheme == "https" and not proxy else None
    version = await _open(connection, host, port, secure)
    tell(Finding("network", "connection", Mark.OK, f"{who} port {port}{version}{_since(started)}"))


async def _look_up(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NetworkError(
            f"{host}: no such host ({error.strerror})", "Check the endpoint's name, your network and DNS."
        ) from error
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def _open(connection: Connection, host: str, port: int, secure: ssl.SSLContext | None) -> str:
    try:
        async with asyncio.timeout(connection.connect_timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=secure)
    except TimeoutError:
        raise NetworkError(
            f"{host} port {port}: no connection within {connection.connect_timeout_s:g} s",
            "Check the network, VPN or proxy; `connect_timeout_s` sets the limit.",
        ) from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        raise NetworkError(
            f"{host} port {port}: TLS failed: {reason}",
            "Behind a company proxy set `ca_file` to the company's root CA (PEM).",
        ) from error
    except OSError as error:
        # asyncio's own text names the address only.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise NetworkError(
            f"{host} port {port}: {reason}", "Is the address right and the server up?"
        ) from error
    tls = writer.get_extra_info("ssl_object")
    version = f", {tls.version()}" if tls is not None else ""
    writer.close()
    return version


async def _request(connection: Connection, tell: Tell) -> None:
    from azresp.azure.gateway import Gateway

    gateway = Gateway(connection)
    started = time.monotonic()
    try:
        listed = await gateway.models()
    finally:
        await gateway.close()
    if isinstance(connection.sign_in, EntraSignIn):
        text = f"{gateway.credential or 'a credential'} gave the token"
        tell(Finding("network", "sign-in", Mark.OK, text))
    else:
        tell(Finding("network", "sign-in", Mark.OK, f"{gateway.credential} is accepted"))
    models = listed.get("data")
    count = f": {len(models)} models listed" if isinstance(models, list) else ""
    text = f"GET models answered{count}{_since(started)}; `azresp run hi` tries the deployment"
    tell(Finding("network", "request", Mark.OK, text))


def _since(started: float) -> str:
    return f", {(time.monotonic() - started) * 1000:.0f} ms"
