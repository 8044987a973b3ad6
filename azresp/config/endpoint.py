"""Endpoints: from whatever people paste to the one address that requests and credentials go to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from azresp.core.hosts import is_loopback
from azresp.errors import ConfigError

SUFFIXES = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
"""Hosts that serve the API (contract, section 1). Credentials go nowhere else but to this machine."""

OLDEST = "2025-03-01-preview"
"""First dated api-version that knows the Responses API; older ones answer 400 (Aider-AI/aider#4029)."""

_PORTAL = re.compile(r"(https?://)?(portal|ai|oai)\.azure\.com(/|$)", re.IGNORECASE)

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_KEY = r"[A-Za-z0-9]{32,}"
"""Keys have 32 or 84 letters and digits: not shown, whatever they were meant as."""
_SEGMENT = r"[A-Za-z0-9._~-]+"
_OPERATIONS = {"responses", "chat", "completions", "embeddings", "models", "images", "files", "deployments"}
_HINT = (
    f"Paste the resource's address (portal: Keys and Endpoint): https://NAME{SUFFIXES[0]}, or NAME with "
    f"{' or '.join(SUFFIXES[1:])}, or one of this machine. Key or token are sent nowhere else."
)


class EndpointError(ConfigError):
    """What was pasted is no endpoint; `reason` is the sentence without the setting's name before it.

    `meant` is the address that was probably meant; empty where nothing tells.
    """

    def __init__(self, reason: str, hint: str, meant: str = "") -> None:
        super().__init__(f"endpoint: {reason}", f"Did you mean {meant} ?" if meant else hint)
        self.reason = reason
        self.meant = meant


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A resource's address, and what else a pasted URL told."""

    root: str
    """Up to and with `/openai/`; scheme and host in lower case, no query."""
    api_version: str | None = None
    """`preview`, `v1` or a dated version that stood in the URL's query."""
    deployment: str | None = None
    """The deployment that stood in the URL's path."""
    ignored: str | None = None
    """An api-version in the URL that can't serve responses there, and so was left out."""

    def base_url(self, api_version: str) -> str:
        """Give the base URL for an api-version: dated ones use the older route without `v1/`."""
        return self.root if is_dated(api_version) else f"{self.root}v1/"

    @property
    def loopback(self) -> bool:
        """Say whether this is the machine itself (http allowed, never through a proxy)."""
        return is_loopback(urlsplit(self.root).hostname or "")

    def __str__(self) -> str:
        """Give the URL that reads back as this endpoint, but for the deployment."""
        query = f"?api-version={self.api_version}" if self.api_version else ""
        return self.base_url(self.api_version or "v1") + ("responses" if query else "") + query


def is_dated(api_version: str) -> bool:
    """Say whether an api-version is `YYYY-MM-DD` or `YYYY-MM-DD-preview`."""
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?", api_version) is not None


def serves_responses(api_version: str) -> bool:
    """Say whether an api-version knows the Responses API."""
    return api_version in ("v1", "preview") or (is_dated(api_version) and api_version[:10] >= OLDEST[:10])


def read_endpoint(pasted: str) -> Endpoint:
    """Read an endpoint in any form that people paste. EndpointError: why not, and what to paste instead."""
    text = pasted.strip().strip("'\"`<>").strip()
    if re.fullmatch(_KEY, text):
        raise EndpointError("must be an address; what was given looks like a key", _HINT)
    if _PORTAL.match(text):
        # What is open in the browser often names the resource.
        found = re.search(
            rf"/accounts/({_LABEL})", text.replace("%2F", "/").replace("%2f", "/"), re.IGNORECASE
        )
        raise _refusal("must be the resource's address, not the portal's", text, found[1] if found else "")
    if not text or len(text) > 2000 or re.search(r"[^\x21-\x7e]|[\\%]", text):
        raise _refusal("must be a plain https address of at most 2,000 ASCII characters", text)
    try:
        parts = urlsplit(_with_scheme(text))
        origin = _origin(parts, text)
        return _route(origin, parts, text)
    except ValueError:
        raise _refusal("must be an https address", text) from None


def _with_scheme(text: str) -> str:
    if "://" in text:
        return text
    bare = urlsplit(f"//{text}")
    return f"{'http' if is_loopback(bare.hostname or '') else 'https'}://{text}"


def _origin(parts: SplitResult, text: str) -> str:
    """Give `scheme://host[:port]` of an address that may be sent a credential."""
    host, port = parts.hostname or "", parts.port
    if "@" in parts.netloc:
        raise _refusal("must not hold a user name or password", text)
    if "#" in text:
        raise _refusal("must not hold a fragment (#…)", text)
    if is_loopback(host):
        if parts.scheme not in ("http", "https"):
            raise _refusal("must begin with http:// or https://", text)
        shown = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")
    if not _is_azure(host):
        name = host if text.lower() == host and re.fullmatch(_LABEL, host) else ""
        raise _refusal("must be on a host of the Azure OpenAI service", text, name)
    if parts.scheme != "https":
        raise EndpointError(
            f"must begin with https:// (http only for this machine), got {_shown(text)!r}",
            _HINT,
            f"https://{host}",
        )
    if port not in (None, 443):
        raise _refusal("must not name a port other than 443", text)
    return f"https://{host}"


def _is_azure(host: str) -> bool:
    for suffix in SUFFIXES:
        name = host.removesuffix(suffix)
        if name != host:
            return re.fullmatch(_LABEL, name) is not None and not name.startswith("xn--")
    return False


def _route(origin: str, parts: SplitResult, text: str) -> Endpoint:
    segments = [segment for segment in parts.path.split("/") if segment]
    if [segment.lower() for segment in segments[:2]] == ["api", "projects"]:
        raise EndpointError(
            f"must be the Azure OpenAI endpoint, got a Foundry project's: {_shown(text)!r}",
            _HINT,
            f"{origin}/openai/v1/",
        )
    if any(not re.fullmatch(_SEGMENT, segment) or segment in (".", "..") for segment in segments):
        raise _refusal("must have a plain path", text)
    prefix, rest = _split(segments, text)
    root = "/".join((origin, *prefix, "openai")) + "/"
    deployment = rest[1] if rest[:1] == ["deployments"] and len(rest) > 1 else None
    version = _version(parts.query, text)
    if version is None:
        return Endpoint(root, None, deployment)
    fits = serves_responses(version) and not (rest[:1] == ["v1"] and is_dated(version))
    return Endpoint(root, version, deployment) if fits else Endpoint(root, None, deployment, ignored=version)


def _split(segments: list[str], text: str) -> tuple[list[str], list[str]]:
    """Split a path at the first `openai` that is followed by what the API has there."""
    if not segments:
        return [], []
    for at, segment in enumerate(segments):
        rest = segments[at + 1 :]
        # A deployment may be called openai; what stands behind its name is no root.
        if segment == "openai" and "deployments" not in segments[:at] and _is_known(rest):
            return segments[:at], rest
    raise _refusal("must be a resource's root or have a path that ends in /openai/v1/", text)


def _is_known(rest: list[str]) -> bool:
    match rest:
        case [] | ["v1"]:
            return True
        case ["deployments", _, *operation]:
            return operation in ([], ["chat", "completions"], *([name] for name in sorted(_OPERATIONS)))
        case ["v1", operation, *more] | [operation, *more]:
            return operation in _OPERATIONS - {"deployments"} and "openai" not in more
        case _:
            return False


def _version(query: str, text: str) -> str | None:
    version = None
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() != "api-version":
            raise _refusal("must have no query but api-version", text)
        version = value.lower()
    if version and version not in ("v1", "preview") and not is_dated(version):
        raise _refusal("must have an api-version of v1, preview or YYYY-MM-DD[-preview]", text)
    return version or None


def _refusal(rule: str, text: str, name: str = "") -> EndpointError:
    """The error for an address that breaks a rule; `name` is the resource's, where it is known."""
    meant = f"https://{name.lower()}{SUFFIXES[0]}" if name else ""
    return EndpointError(f"{rule}, got {_shown(text)!r}", _HINT, meant)


def _shown(text: str) -> str:
    """Give what may be shown of a refused address: no user-info, query or fragment, where secrets stand."""
    cut = re.split(r"[?#]", text, maxsplit=1)[0]
    return re.sub(r"^([a-zA-Z+.-]*://)?[^/]*@", lambda found: f"{found[1] or ''}***@", cut)[:200]
