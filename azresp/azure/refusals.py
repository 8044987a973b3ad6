"""The service's refusals, told in Azure's terms; what to do about them is in `remedies`, the network in `outages`."""

from __future__ import annotations

import json
import re
import ssl
from typing import Any

import httpx2
import openai

from azresp.azure.connection import Connection
from azresp.azure.outages import from_transport
from azresp.azure.remedies import Refusal, remedy
from azresp.core.events import fault_of
from azresp.errors import AzrespError, NetworkError, ServiceError, SignInError

_ID_HEADERS = ("apim-request-id", "x-request-id")


def translate(error: Exception, connection: Connection, model: str = "") -> AzrespError:
    """One of our errors for what the SDK or the HTTP client raised; `model` is the deployment that was asked."""
    match error:
        case AzrespError():
            return error
        case openai.APIStatusError():
            return from_status(error.response, error.response.text, connection, model)
        case openai.APITimeoutError() | openai.APIConnectionError():
            return from_transport(error.__cause__ or error, connection)
        case httpx2.HTTPError() | ssl.SSLError() | OSError():
            return from_transport(error, connection)
        case _:
            return NetworkError(
                f"{connection.host}: {type(error).__name__}: {str(error)[:300]}",
                "Run again with --debug and report this: it should have been a clear sentence.",
            )


def from_status(response: httpx2.Response, text: str, connection: Connection, model: str = "") -> AzrespError:
    """The error for an answer with status 300 or above; `text` is its body."""
    status = response.status_code
    if 300 <= status < 400:
        return _redirect(response, connection)
    refused = _read_body(text, response.headers.get("content-type", ""))._replace(status=status, model=model)
    kind: type[ServiceError] = SignInError if status in (401, 403) else ServiceError
    message = refused.message or f"HTTP {status}" + (
        f" {response.reason_phrase}" if response.reason_phrase else ""
    )
    return kind(
        message,
        remedy(refused, connection),
        status=status,
        code=refused.code,
        param=refused.param,
        request_ids=tuple((name, response.headers[name]) for name in _ID_HEADERS if name in response.headers),
        retry_after_s=_retry_after(response.headers),
        should_retry={"true": True, "false": False}.get(response.headers.get("x-should-retry", "")),
    )


def _redirect(response: httpx2.Response, connection: Connection) -> NetworkError:
    target = _target(response.headers.get("location", ""), connection)
    what = f"{connection.host} redirects to {target or 'another address'} (HTTP {response.status_code})"
    if target.endswith(".azure.com") or connection.loopback:
        step = (
            "Set `endpoint` to the final address if you trust it: a redirect would resend prompt and secrets."
        )
    else:
        step = "A sign-in page of the network, or a proxy, is in between: open a browser there, or check `endpoint`."
    return NetworkError(f"{what}; azresp does not follow", step)


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


def _read_body(text: str, content_type: str) -> Refusal:
    """What a body tells, whatever it is."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        page = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        if page or "html" in content_type:
            return Refusal("", "a web page instead of an answer" + (f": {page[1].strip()}" if page else ""))
        return Refusal("", text.strip()[:500])
    if not isinstance(body, dict):
        return Refusal("", text.strip()[:500])
    fault = fault_of(body)
    code = str(body.get("statusCode") or "") if not fault.code else fault.code
    return Refusal(code, fault.message[:2000], fault.param, _filtered(body))


def _filtered(body: dict[str, Any]) -> str:
    """What the content filter found, by category: `violence: medium, jailbreak`."""
    found: Any = body
    for key in ("error", "innererror", "content_filter_result"):
        found = found.get(key) if isinstance(found, dict) else None
    told = []
    for name, result in found.items() if isinstance(found, dict) else ():
        if isinstance(result, dict) and result.get("filtered") is True:
            severity = result.get("severity")
            told.append(f"{name}: {severity}" if isinstance(severity, str) else name)
    return ", ".join(told)[:200]
