"""How azure-identity reaches its endpoints: the same CA file and proxy as the gateway, and none for this machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.pipeline.transport import RequestsTransport

    from azresp.azure.connection import Connection

_HERE = ("127.", "localhost", "[::1]", "169.254.")
"""Managed identity answers on loopback or at the link-local address of the machine's host; its requests carry
`X-IDENTITY-HEADER`, which no proxy may see (reliability notes, fact 5)."""


def entra_transport(connection: Connection) -> RequestsTransport:
    """The transport under every credential of the chain."""
    from azure.core.pipeline.transport import RequestsTransport

    requests = import_module("requests")
    session = requests.Session()
    session.trust_env = connection.proxy != "none"
    direct = _direct(requests.adapters.HTTPAdapter())
    for host in _HERE:
        session.mount(f"http://{host}", direct)
        session.mount(f"https://{host}", direct)
    options: dict[str, Any] = {"connection_verify": connection.ca_file} if connection.ca_file else {}
    return RequestsTransport(session=session, session_owner=False, **options)


def _direct(adapter: Any) -> Any:
    """An adapter that takes no proxy, wherever the environment points."""
    through_any = adapter.send

    def send(request: Any, **options: Any) -> Any:
        return through_any(request, **{**options, "proxies": None})

    adapter.send = send
    return adapter
