"""What goes wrong below HTTP: names, connections, proxies, TLS and time, each with the next step that fits it."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator

import httpx2

from azresp.azure.connection import Connection
from azresp.azure.http import proxy_for, proxy_host
from azresp.errors import NetworkError


def from_transport(error: BaseException, connection: Connection) -> NetworkError:
    """The error for what the HTTP client raised."""
    match error:
        case httpx2.ConnectTimeout() | httpx2.ConnectError():
            return not_connected(error, connection)
        case httpx2.TimeoutException():
            return NetworkError(
                f"{_asked(connection)}: silent for {connection.idle_timeout_s:g} s; the outcome is unknown",
                "Ask again if you want: the service may be answering, and bill it. `idle_timeout_s` sets the limit.",
            )
        case httpx2.ProxyError():
            return _proxy_refused(str(error), connection)
    # How it broke (a reset, an early end) changes nothing for the reader: the cause has it, for --debug.
    return NetworkError(f"{_asked(connection)}: the connection broke", "")


def not_connected(error: BaseException, connection: Connection) -> NetworkError:
    """The error for a connection that could not be made: nothing was sent."""
    text, who = _deepest(error), _asked(connection)
    if isinstance(error, httpx2.ConnectTimeout | TimeoutError):
        return NetworkError(
            f"{who}: no connection within {connection.connect_timeout_s:g} s",
            "Check the network, VPN or proxy; `connect_timeout_s` sets the limit.",
            reached=False,
        )
    # Only of a connection being made: TLS that breaks later may break an answer that was begun.
    if "CERTIFICATE" in text or any(isinstance(at, ssl.SSLError) for at in _chain(error)):
        lasting = "CERTIFICATE" in text
        return NetworkError(
            f"{who}: TLS failed: {_tls_reason(text)}",
            _tls_remedy(text, connection),
            reached=False,
            lasting=lasting,
        )
    if any(sign in text for sign in _NO_NAME):
        known = "no such host" if "name resolution" not in text else "its name can't be looked up just now"
        return NetworkError(f"{who}: {known}", _name_remedy(connection), reached=False)
    return NetworkError(f"{who}: {_plain_reason(error, text)}", _connect_remedy(connection), reached=False)


_NO_NAME = ("Name or service", "getaddrinfo", "nodename", "name resolution", "No address")


def _asked(connection: Connection) -> str:
    """Who is connected to: with a proxy in between, its name is the one that can be wrong."""
    proxy = proxy_for(connection)
    return f"the proxy {proxy_host(proxy)}, asked for {connection.host}" if proxy else connection.host


def _proxy_source(connection: Connection) -> str:
    """Where the proxy's address comes from; empty without a proxy."""
    if not proxy_for(connection):
        return ""
    return "`proxy`" if connection.proxy else "HTTPS_PROXY"


def _name_remedy(connection: Connection) -> str:
    if source := _proxy_source(connection):
        return f"Check the proxy's name in {source}, your network and DNS."
    return (
        "Check the endpoint's name, your network and DNS; behind a company proxy set `proxy` or HTTPS_PROXY."
    )


def _connect_remedy(connection: Connection) -> str:
    if source := _proxy_source(connection):
        return f"Is the proxy in {source} right, and does it run? `proxy = none` or NO_PROXY goes past it."
    if connection.loopback:
        return "Nothing answers there: start the server (`azresp emulator`?), or correct `endpoint`."
    return "Check the network, VPN or firewall; behind a company proxy set `proxy` or HTTPS_PROXY."


def _proxy_refused(text: str, connection: Connection) -> NetworkError:
    source = _proxy_source(connection)
    match text[:3]:
        case "407":
            remedy = (
                f"It wants a sign-in: check user and password in {source} (http://USER:PASSWORD@HOST:PORT). "
                "NTLM and Negotiate need a helper in between, such as px or cntlm."
            )
        case "403":
            remedy = (
                f"Have {connection.host} allowed there, or go past the proxy with NO_PROXY or `proxy = none`."
            )
        case _:
            remedy = f"Check {source} and NO_PROXY; `proxy = none` goes past the proxy."
    return NetworkError(
        f"{_asked(connection)}: it refused: {text}", remedy, reached=False, lasting=text.startswith("4")
    )


def _tls_remedy(text: str, connection: Connection) -> str:
    if "expired" in text or "not yet valid" in text:
        return (
            "Is this machine's clock right? If it is, whoever runs that server has to renew its certificate."
        )
    if "mismatch" in text:
        return "Somebody else answers there: check `endpoint`, DNS and the proxy."
    if "WRONG_VERSION" in text or "wrong version" in text:
        return "It speaks no TLS there: is it an http:// address, or another port?"
    if connection.ca_file:
        return f"No authority in {connection.ca_file} (`ca_file`) signed it: it must hold your company's root CA (PEM)."
    return "Behind a company proxy set `ca_file` to the company's root CA (PEM)."


def _tls_reason(text: str) -> str:
    found = re.search(r"certificate verify failed: ([^(]+)", text)
    return (found[1].strip().rstrip(".") if found else text)[:200]


def _plain_reason(error: BaseException, text: str) -> str:
    if "All connection attempts failed" in text:
        return "connection refused"
    for at in _chain(error):
        if isinstance(at, OSError) and at.errno:
            return os.strerror(at.errno).lower()
    return f"no connection: {text}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, outermost first."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _deepest(error: BaseException) -> str:
    """The most telling text in a chain of exceptions."""
    texts = [str(at) for at in _chain(error)]
    return next((text for text in reversed(texts) if text and "All connection" not in text), texts[0])
