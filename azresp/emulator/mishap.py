"""Faults that are an answer of their own: error statuses, web pages, redirects."""

from __future__ import annotations

from typing import Any

from .faults import Fault
from .wire import Body, gateway_headers, service_headers

_PAGE = b"<!DOCTYPE html><html><head><title>Sign in to continue</title></head><body><h1>Sign in</h1></body></html>"

_USUAL: dict[int, tuple[str, str]] = {
    401: (
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
        "for an active subscription and use a correct regional API endpoint for your resource.",
    ),
    403: ("403", "Access denied due to Virtual Network/Firewall rules."),
    404: ("404", "Resource not found"),
    429: ("RateLimitReached", "Rate limit is exceeded. Please retry after the time given in the headers."),
    500: ("InternalServerError", "The server had an error while processing your request. Sorry about that!"),
    503: (
        "ServiceUnavailable",
        "The service is temporarily unable to process your request. Please try again later.",
    ),
}


def refuse_or_mislead(fault: Fault) -> Body | None:
    """The answer that stands in for the real one, if the fault is of that kind."""
    if fault.html:
        return Body(fault.status or 200, _PAGE, {"content-type": "text/html; charset=utf-8"})
    if fault.redirect is not None:
        return Body(fault.status or 307, b"", {"location": fault.redirect, "content-type": ""})
    if fault.status is None:
        return None
    code, message = _USUAL.get(fault.status, (str(fault.status), f"Fault on request: {fault.status}."))
    error: dict[str, Any] = {"code": fault.code or code, "message": fault.message or message}
    headers = gateway_headers() if fault.status in (401, 403, 404) else service_headers()
    if fault.status == 429:
        error["details"] = []
    if fault.retry_after is not None:
        headers["retry-after"] = fault.retry_after
    if fault.retry_after_ms is not None:
        headers["retry-after-ms"] = fault.retry_after_ms
    return Body(fault.status, {"error": error}, headers, fault.then)
