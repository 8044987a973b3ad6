"""The service's refusals and the network's failures, told in Azure's terms with a next step."""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import openai

from azresp.azure.connection import Connection, EntraSignIn
from azresp.azure.http import proxy_for, proxy_host
from azresp.core.events import fault_of
from azresp.core.obstacles import forbids_storing
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError

_ID_HEADERS = ("apim-request-id", "x-request-id")


class _Body(NamedTuple):
    code: str
    message: str
    param: str


def translate(error: Exception, connection: Connection) -> AzrespError:
    """One of our errors for what the SDK or the HTTP client raised."""
    match error:
        case AzrespError():
            return error
        case openai.APIStatusError():
            return from_status(error.response, error.response.text, connection)
        case openai.APITimeoutError() | openai.APIConnectionError():
            return _from_transport(error.__cause__ or error, connection)
        case httpx2.HTTPError() | ssl.SSLError() | OSError():
            return _from_transport(error, connection)
        case _:
            return NetworkError(
                f"{connection.host}: {type(error).__name__}: {str(error)[:300]}",
                "Run again with --debug and report this: it should have been a clear sentence.",
            )


def from_status(response: httpx2.Response, text: str, connection: Connection) -> AzrespError:
    """The error for an answer with status 300 or above; `text` is its body."""
    status = response.status_code
    if 300 <= status < 400:
        target = _target(response.headers.get("location", ""), connection)
        return NetworkError(
            f"{connection.host} redirects to {target or 'another address'} (HTTP {status}); azresp does not follow",
            "Set `endpoint` to the final address if you trust it: a redirect would resend prompt and secrets.",
        )
    body = _read_body(text, response.headers.get("content-type", ""))
    kind: type[ServiceError] = SignInError if status in (401, 403) else ServiceError
    message = body.message or f"HTTP {status}" + (
        f" {response.reason_phrase}" if response.reason_phrase else ""
    )
    return kind(
        message,
        _NO_STORE if forbids_storing(message) else _hint(status, body, connection),
        status=status,
        code=body.code,
        param=body.param,
        request_ids=tuple((name, response.headers[name]) for name in _ID_HEADERS if name in response.headers),
        retry_after_s=_retry_after(response.headers),
        should_retry={"true": True, "false": False}.get(response.headers.get("x-should-retry", "")),
    )


def _target(location: str, connection: Connection) -> str:
    try:
        return httpx2.URL(connection.base_url).join(location).host
    except (httpx2.InvalidURL, ValueError):
        return ""


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait as told by `retry-after-ms`, else `retry-after` (seconds or a date); None if not told well."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            told = float(value) / unit
        except ValueError:
            told = _until(value) if name == "retry-after" else -1.0
        # -1 and 0 are seen on this API; NaN compares false.
        if 0 < told < float("inf"):
            return told
    return None


def _until(value: str) -> float:
    import time
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError, OSError):
        return -1.0


def _read_body(text: str, content_type: str) -> _Body:
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        page = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        if page or "html" in content_type:
            return _Body("", "a web page instead of an answer" + (f": {page[1].strip()}" if page else ""), "")
        return _Body("", text.strip()[:500], "")
    if not isinstance(body, dict):
        return _Body("", text.strip()[:500], "")
    fault = fault_of(body)
    code = str(body.get("statusCode") or "") if not fault.code else fault.code
    return _Body(code, fault.message[:2000], fault.param)


def _hint(status: int, body: _Body, connection: Connection) -> str:
    message = body.message.lower()
    match status:
        case 401 | 403:
            return _sign_in_hint(status, body, connection)
        case 404:
            return _not_found_hint(body, connection)
        case 400 if "api version" in message or "api-version" in message:
            return "Leave `api_version` out for v1, or set `preview` or 2025-03-01-preview and later."
        case 400 if body.code == "content_filter":
            return "Azure's content filter blocked the prompt: reword it."
        case 400 if "x-ms-oai-image-generation-deployment" in message:
            return "Set `image_deployment` to an image model's deployment of the same resource."
        case 400 if body.code == "previous_response_not_found":
            return "The service does not have this conversation's last response (any more)."
        case 400 if body.code == "context_length_exceeded":
            return "Start a new session, /fork further back, or set `truncation` to auto."
        case 400 if body.code == "model_not_found":
            return _DEPLOYMENT_HINT
        case 400 if body.message.startswith("Unsupported parameter"):
            return f"Unset `{body.param or 'it'}`: this deployment's model does not take it."
        case 429:
            return "Wait, or raise the deployment's quota (tokens per minute) in the Azure portal."
        case 431:
            return "Too many request headers: at most 10 of your own."
        case 413:
            return "The service takes at most 512 MB in one file, and less for some purposes."
        case 400 if "value for the purpose" in message:
            return (
                "Azure takes assistants (documents, data), vision (pictures), batch, fine-tune and evals; "
                "user_data is not supported: use assistants."
            )
        case 400 if "not allowed to download" in message:
            return "The service gives back only what it made and files for batch, fine-tune and evals."
        case 424:
            return "A server that the model should use did not answer; check its URL and credentials."
        case _ if status >= 500 and connection.loopback:
            return "A fault at the server on this machine: try again; its own log may tell more."
        case _ if status >= 500:
            return "A fault at the service: try again; if it stays, report the request id to Azure support."
    return ""


_NO_STORE = "Nothing is kept there: use --no-store (`/set store off`), or store = false in config.toml."
_DEPLOYMENT_HINT = (
    "`deployment` must be the name of a deployment of this resource, not of a model. "
    "A new deployment takes up to 5 minutes."
)


def _not_found_hint(body: _Body, connection: Connection) -> str:
    if body.code == "DeploymentNotFound":
        return _DEPLOYMENT_HINT
    if "response with id" in body.message.lower():
        return "It was deleted, not stored, older than 30 days, or belongs to another endpoint."
    if "container" in body.message.lower():
        return "A container lives an hour, and 20 minutes after its last use: have the code run again."
    if "no such file" in body.message.lower():
        return "It was deleted, has expired, or belongs to another endpoint: `azresp files list` shows what is there."
    if body.code == "404":
        return f"The path does not exist below {connection.base_url}: check `endpoint` and `api_version`."
    return ""


def _sign_in_hint(status: int, body: _Body, connection: Connection) -> str:
    if (
        body.code == "PermissionDenied"
        or "does not have access" in body.message
        or "lacks the required" in body.message
    ):
        return (
            "Give this identity the role `Cognitive Services OpenAI User` on the resource; "
            "it takes some minutes to work."
        )
    if isinstance(connection.sign_in, EntraSignIn):
        return (
            f"The token is for {connection.sign_in.scope}. Check the tenant, or try "
            "scope = https://cognitiveservices.azure.com/.default."
        )
    if status == 403:
        return "The resource's network rules or its state forbid it: check networking in the Azure portal."
    return "Check the key and that it belongs to this endpoint. `azresp doctor` shows where both come from."


def _from_transport(error: BaseException, connection: Connection) -> NetworkError:
    """The error for what went wrong below HTTP."""
    host = _next_hop(connection)
    reached = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError)
    match error:
        case httpx2.ConnectTimeout():
            return NetworkError(
                f"{host}: no connection within {connection.connect_timeout_s:g} s",
                "Check the network, VPN or proxy; `connect_timeout_s` sets the limit.",
                reached=False,
            )
        case httpx2.TimeoutException():
            return NetworkError(
                f"{host}: silent for {connection.idle_timeout_s:g} s; the outcome is unknown",
                "`idle_timeout_s` sets the limit.",
            )
        case httpx2.ProxyError():
            return NetworkError(
                f"the proxy refused: {error}", "Check `proxy`, HTTPS_PROXY and NO_PROXY.", reached=False
            )
    return _from_cause(error, connection, reached)


def _next_hop(connection: Connection) -> str:
    """What is connected to: with a proxy in between, its name is the one that can be wrong."""
    proxy = proxy_for(connection)
    return f"the proxy {proxy_host(proxy)}, asked for {connection.host}" if proxy else connection.host


def _from_cause(error: BaseException, connection: Connection, reached: bool) -> NetworkError:
    text, host = _deepest(error), _next_hop(connection)
    if not reached and ("CERTIFICATE" in text or _is_tls(error)):
        # Only of a connection being made: TLS that breaks later may break an answer that was begun.
        return NetworkError(
            f"{host}: TLS failed: {_tls_reason(text)}",
            "Behind a company proxy set `ca_file` to the company's root CA (PEM).",
            reached=False,
        )
    if not reached and any(
        sign in text
        for sign in ("Name or service", "getaddrinfo", "nodename", "name resolution", "No address")
    ):
        return NetworkError(
            f"{host}: no such host", "Check the endpoint's name, your network and DNS.", reached=False
        )
    if not reached:
        return NetworkError(
            f"{host}: {_plain_connect(error, text)}",
            "Is the address right and the server up? See `azresp doctor`.",
            reached=False,
        )
    # How it broke (a reset, an early end) changes nothing for the reader: the cause has it, for --debug.
    return NetworkError(f"{host}: the connection broke", "")


def _plain_connect(error: BaseException, text: str) -> str:
    if "All connection attempts failed" in text:
        return "connection refused"
    for at in _chain(error):
        if isinstance(at, OSError) and at.errno:
            return os.strerror(at.errno).lower()
    return f"no connection: {text}"


def _tls_reason(text: str) -> str:
    found = re.search(r"certificate verify failed: ([^(]+)", text)
    return (found[1].strip() if found else text)[:200]


def _is_tls(error: BaseException) -> bool:
    return any(isinstance(at, ssl.SSLError) for at in _chain(error))


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
