"""Where the service is and how to sign in: everything that the gateway needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from azresp.core.hosts import is_loopback
from azresp.core.secrets import Secret, SecretRef

DEFAULT_SCOPE = "https://ai.azure.com/.default"


@dataclass(frozen=True, slots=True)
class KeySignIn:
    """Sign-in with an API key, looked up when the first request needs it."""

    resolve: Callable[[], Secret]
    origin: str = ""
    """where the key comes from, e.g. `env:AZRESP_API_KEY`; never the key"""


@dataclass(frozen=True, slots=True)
class TokenSignIn:
    """Sign-in with a ready Entra ID token (`AZURE_OPENAI_AD_TOKEN`)."""

    resolve: Callable[[], Secret]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class EntraSignIn:
    """Sign-in with Entra ID through azure-identity's DefaultAzureCredential."""

    scope: str = DEFAULT_SCOPE
    tenant: str = ""
    client_id: str = ""


SignIn = KeySignIn | TokenSignIn | EntraSignIn


@dataclass(frozen=True, slots=True)
class Connection:
    """One endpoint and how it is reached."""

    base_url: str
    """ends in a slash; `responses` follows it"""
    sign_in: SignIn
    api_version: str = ""
    """the `api-version` query parameter; empty for v1 GA"""
    connect_timeout_s: float = 5.0
    idle_timeout_s: float = 60.0
    """longest silence between two pieces of an answer"""
    proxy: str = ""
    """URL, `none`, or empty for the environment's"""
    ca_file: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    """what response ids belong to, where the base URL does not tell (an emulator on a random port)"""
    resolve: Callable[[SecretRef], Secret] | None = None
    """looks up what a request lends to an MCP server"""

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.base_url).netloc

    @property
    def loopback(self) -> bool:
        """This machine talks to itself: no proxy, plain http allowed."""
        return is_loopback(urlsplit(self.base_url).hostname or "")
