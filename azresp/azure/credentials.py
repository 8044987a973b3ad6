"""Entra ID tokens: fetched in a thread of their own, so that a hanging credential never hangs the program."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from azresp.azure.aside import TookTooLong, aside
from azresp.core.secrets import Secret
from azresp.errors import SignInError

if TYPE_CHECKING:
    from azresp.azure.connection import Connection, EntraSignIn

TOKEN_TIMEOUT_S = 60.0
"""DefaultAzureCredential asks up to nine sources in turn, some through helper programs of 10 s each."""


class EntraToken:
    """A bearer token, cached and refreshed by azure-identity; `get` may be awaited for every request."""

    def __init__(self, sign_in: EntraSignIn, connection: Connection) -> None:
        self._sign_in = sign_in
        self._connection = connection
        self._provider: Callable[[], str] | None = None
        self._credential: Any = None
        self._lock = threading.Lock()

    async def get(self) -> Secret:
        """A token that is good now. Raises SignInError after TOKEN_TIMEOUT_S or when no credential works."""
        try:
            return Secret(await aside(self._fetch, "entra-token", TOKEN_TIMEOUT_S))
        except TookTooLong:
            self._abandon()
            raise SignInError(
                f"no Entra ID token after {TOKEN_TIMEOUT_S:.0f} s",
                "Set AZURE_TOKEN_CREDENTIALS to the one credential that you use, e.g. AzureCliCredential.",
            ) from None
        except asyncio.CancelledError:
            self._abandon()
            raise
        except Exception as error:  # azure-identity lets JSONDecodeError and others through
            raise explain(error) from error

    def preload(self) -> None:
        """Import azure-identity and fetch a token ahead of time; failures show at the first request."""
        try:
            self._fetch()
        except Exception:
            return

    def forget(self) -> None:
        """Drop the cached token: the service said that it is not good any more."""
        # Without the lock: a thread that hangs in a credential may hold it.
        self._provider = None

    def _abandon(self) -> None:
        """Leave a hanging credential to its thread; the next request starts afresh and does not queue behind it."""
        self._lock, self._provider = threading.Lock(), None

    @property
    def winner(self) -> str:
        """Name of the credential in the chain that gave the token; empty before the first."""
        won = getattr(self._credential, "_successful_credential", None)
        return type(won).__name__ if won is not None else ""

    def _fetch(self) -> str:
        with self._lock:
            provider = self._provider or self._build()
            self._provider = provider
            return provider()

    def _build(self) -> Callable[[], str]:
        from azure.identity import DefaultAzureCredential, get_bearer_token_provider

        # The chain logs each credential that does not work, a page of text; `explain` tells the same in a line.
        logging.getLogger("azure").setLevel(logging.CRITICAL)
        from azresp.azure.entra_transport import entra_transport

        options: dict[str, Any] = {"transport": entra_transport(self._connection)}
        if self._connection.proxy and self._connection.proxy != "none":
            options["proxies"] = {"http": self._connection.proxy, "https": self._connection.proxy}
        if self._sign_in.client_id:
            options["managed_identity_client_id"] = self._sign_in.client_id
            options["workload_identity_client_id"] = self._sign_in.client_id
        self._credential = DefaultAzureCredential(**options)
        source = (
            _Tenanted(self._credential, self._sign_in.tenant) if self._sign_in.tenant else self._credential
        )
        return get_bearer_token_provider(source, self._sign_in.scope)


class _Tenanted:
    """Asks a credential for tokens of one tenant."""

    def __init__(self, inner: Any, tenant: str) -> None:
        self._inner = inner
        self._tenant = tenant

    def get_token(self, *scopes: str, **options: Any) -> Any:
        return self._inner.get_token(*scopes, **{**options, "tenant_id": self._tenant})


_AADSTS = re.compile(r"AADSTS(\d+)")
_HINTS = {
    "50076": "The tenant asks for a second factor: run `az login` again.",
    "50173": "The sign-in was revoked: run `az login` again.",
    "53003": "Conditional access blocks this sign-in: ask your administrator.",
    "65001": "The application has no consent in this tenant: ask your administrator.",
    "70043": "The sign-in expired: run `az login` again.",
    "700016": "The client id is unknown in this tenant: check `client_id` and `tenant`.",
    "700082": "The sign-in expired: run `az login` again.",
    "7000215": "The client secret is wrong: check AZURE_CLIENT_SECRET.",
    "90002": "The tenant does not exist: check `tenant`.",
}


def explain(error: Exception) -> SignInError:
    """A credential's failure as one sentence and a next step."""
    text = str(error)
    told, idle = _attempts(text)
    if told:
        reasons = "; ".join([*told, f"not set up: {', '.join(idle)}"] if idle else told)
    elif idle:
        reasons = f"no credential is set up on this machine (tried {', '.join(idle)})"
    else:
        first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
        reasons = first[:300]
    return SignInError(f"no Entra ID token: {reasons}", _next_step(text))


def _next_step(text: str) -> str:
    code = _AADSTS.search(text)
    if code and (known := _HINTS.get(code.group(1))):
        return known
    if "AZURE_TOKEN_CREDENTIALS" in text and "Invalid value" in text:
        return "Correct AZURE_TOKEN_CREDENTIALS, or unset it."
    if host := _UNREACHED.search(text):
        return f"Check the way to {host[1]}: network, proxy (HTTPS_PROXY) and `ca_file`; `azresp doctor` shows them."
    if "Please run 'az login'" in text:
        return "Run `az login`, then ask again."
    how = "Install the Azure CLI and run" if "Azure CLI not found on path" in text else "Run"
    return (
        f"{how} `az login` (or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET), "
        "or sign in with a key: `azresp init`."
    )


_ATTEMPT = re.compile(r"^\s*(\w+Credential): (.+?)\s*$", re.MULTILINE)
_UNREACHED = re.compile(r"HTTPS?ConnectionPool\(host='([^']+)'")
_IDLE = ("unavailable", "package", "not found on path", "is not installed", "could not be found")
"""Words of credentials that nobody set up here."""


def _attempts(text: str) -> tuple[list[str], list[str]]:
    """What the chain's report says: a reason for each credential that was set up, the others by name."""
    told, idle = [], []
    for name, reason in _ATTEMPT.findall(text):
        short = name.removesuffix("Credential")
        said = reason.split(". ")[0].removeprefix(f"{name} ").removeprefix("ERROR: ").rstrip(".")
        if any(sign in said for sign in _IDLE):
            idle.append(short)
        elif host := _UNREACHED.search(said):
            told.append(f"{short}: {host[1]} can't be reached")
        else:
            told.append(f"{short}: {said if len(said) <= 160 else said[:159] + '…'}")
    return told, idle


def credential_filter() -> str:
    """The value of AZURE_TOKEN_CREDENTIALS, which narrows the chain."""
    return os.environ.get("AZURE_TOKEN_CREDENTIALS", "")
