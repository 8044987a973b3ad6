"""The way out: proxy and certificate authorities, for the API's HTTP stack and for that of the sign-in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from azresp.azure.connection import Connection, EntraSignIn
from azresp.cli.checks.finding import Finding, Mark, failure, without_user
from azresp.errors import AzrespError, Exit

_PROXY_NAMES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")


def proxy(connection: Connection, env: Mapping[str, str] = os.environ) -> Finding:
    """The proxy that requests would take."""
    from azresp.azure.http import proxy_for

    used = proxy_for(connection)
    told = next((name for name in _PROXY_NAMES if env.get(name)), "")
    if used:
        origin = "the setting `proxy`" if connection.proxy else told or "the system"
        return Finding("network", "proxy", Mark.OK, f"{without_user(used)} ({origin})")
    if connection.loopback:
        aside = f"; {told} is left aside" if told else ""
        return Finding("network", "proxy", Mark.OK, f"none: this machine is never asked through one{aside}")
    if connection.proxy == "none":
        return Finding("network", "proxy", Mark.OK, "none (the setting `proxy`)")
    aside = f": NO_PROXY exempts {connection.host} from {told}" if told else ""
    return Finding("network", "proxy", Mark.OK, f"none{aside}")


def authorities(connection: Connection, env: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whom the two HTTP stacks trust, and whether they agree."""
    if not connection.base_url.startswith("https"):
        yield Finding("network", "CA", Mark.OK, "not needed: plain http on this machine")
        return
    ours, theirs = _api_source(connection, env), _sign_in_source(connection, env)
    yield _usable(connection, ours)
    if not isinstance(connection.sign_in, EntraSignIn):
        return
    own = bool(env.get("SSL_CERT_FILE") or env.get("SSL_CERT_DIR"))
    other = bool(env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE"))
    if not connection.ca_file and own != other:
        text = f"{theirs}; the API's stack trusts {ours}"
        todo = "They read different variables. Set `ca_file`: it counts for both."
        yield Finding("network", "CA sign-in", Mark.WARN, text, todo)
        return
    path = connection.ca_file or env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE") or ""
    if path and not Path(path).exists():
        yield Finding("network", "CA sign-in", Mark.FAIL, f"{theirs}: no such file", "", Exit.USAGE)
        return
    yield Finding("network", "CA sign-in", Mark.OK, theirs)


def _usable(connection: Connection, source: str) -> Finding:
    from azresp.azure.http import ssl_context

    try:
        ssl_context(connection)
    except AzrespError as error:
        return failure("network", "CA", error)
    return Finding("network", "CA", Mark.OK, source)


def _api_source(connection: Connection, env: Mapping[str, str]) -> str:
    return _source(connection, env, ("SSL_CERT_FILE", "SSL_CERT_DIR"), "the system's store")


def _sign_in_source(connection: Connection, env: Mapping[str, str]) -> str:
    return _source(connection, env, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "the certifi package's store")


def _source(connection: Connection, env: Mapping[str, str], names: tuple[str, ...], otherwise: str) -> str:
    if connection.ca_file:
        return f"{connection.ca_file} (the setting `ca_file`)"
    return next((f"{env[name]} ({name})" for name in names if env.get(name)), otherwise)
