"""Refusals and outages lead to the step that fits: by sign-in, by who is in between, by what the filter found."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any

import httpx2
import pytest

from azresp.azure.connection import Connection, EntraSignIn, KeySignIn, SignIn, TokenSignIn
from azresp.azure.outages import from_transport, not_connected
from azresp.azure.refusals import from_status
from azresp.core.remedies import shared_remedy
from azresp.core.retry import next_wait
from azresp.core.secrets import Secret
from azresp.errors import AzrespError, NetworkError

URL = "https://contoso.openai.azure.com/openai/v1/"
KEY = KeySignIn(lambda: Secret("k"), "env:MY_KEY")
ENTRA = EntraSignIn()
OLD = EntraSignIn("https://cognitiveservices.azure.com/.default")
TOKEN = TokenSignIn(lambda: Secret("t"), "env:MY_TOKEN")


def _refused(status: int, code: str | None, message: str, sign_in: SignIn = KEY, **more: Any) -> AzrespError:
    body = json.dumps({"error": {"code": code, "message": message} | more})
    return from_status(httpx2.Response(status), body, Connection(URL, sign_in), "gpt-9")


@pytest.mark.parametrize(
    ("status", "code", "message", "sign_in", "step"),
    [
        (401, "401", "Access denied due to invalid subscription key", KEY, "env:MY_KEY"),
        (401, None, "Unauthorized. audience is incorrect", ENTRA, "scope = https://cognitiveservices.azure"),
        (401, None, "Unauthorized. audience is incorrect", OLD, "scope = https://ai.azure.com/.default"),
        (401, None, "Unauthorized. audience is incorrect", TOKEN, "--resource https://ai.azure.com"),
        (401, "PermissionDenied", "lacks the required data action", ENTRA, "Cognitive Services OpenAI User"),
        (403, "AuthenticationTypeDisabled", "Key based authentication is disabled", KEY, "--auth entra"),
        (403, "403", "Access denied due to Virtual Network/Firewall rules.", ENTRA, "Networking"),
        (403, "403", "The resource is suspended.", ENTRA, "its state"),
        (404, "DeploymentNotFound", "does not exist", KEY, "gpt-9 is no deployment"),
        (404, "404", "Resource not found", KEY, "region"),
        (
            400,
            "OperationNotSupported",
            "does not work with the specified model",
            KEY,
            "deployment gpt-9 has no",
        ),
        (
            400,
            None,
            "must be provided through header: x-ms-oai-image-generation-deployment",
            KEY,
            "--image-depl",
        ),
    ],
)
def test_a_refusal_names_what_to_change(
    status: int, code: str | None, message: str, sign_in: SignIn, step: str
) -> None:
    assert step in _refused(status, code, message, sign_in).hint


def test_what_the_content_filter_found_is_named() -> None:
    found = {
        "hate": {"filtered": False, "severity": "safe"},
        "violence": {"filtered": True, "severity": "medium"},
    }
    found |= {"jailbreak": {"filtered": True, "detected": True}}
    error = _refused(400, "content_filter", "filtered", innererror={"content_filter_result": found})
    assert "(violence: medium, jailbreak)" in error.hint
    assert "other words" in _refused(400, "content_filter", "filtered", innererror=["odd"]).hint


def test_a_stream_that_fails_leads_to_the_same_steps_as_a_refusal() -> None:
    unlisted = "Error retrieving tool list from MCP server: 'docs'. Http status code: 424 (Failed Dependency)"
    step = shared_remedy("http_error", unlisted)
    assert "/mcp off docs" in step
    assert _refused(424, None, unlisted).hint == step
    assert "other words" in shared_remedy("content_policy_violation", "no")
    assert shared_remedy("server_error", "boom") == ""


def _outage(error: Exception, **options: Any) -> NetworkError:
    options = {"proxy": "none"} | options
    return from_transport(error, Connection(URL, KEY, **options))


def _caused(cause: Exception) -> httpx2.ConnectError:
    error = httpx2.ConnectError(str(cause))
    error.__cause__ = cause
    return error


PROXY = {"proxy": "http://joe:canary@proxy.corp:3128"}


@pytest.mark.parametrize(
    ("error", "options", "says", "step", "lasting"),
    [
        (httpx2.ProxyError("407 Proxy Authentication Required"), PROXY, "proxy.corp:3128", "NTLM", True),
        (httpx2.ProxyError("403 Forbidden"), PROXY, "403", "Have contoso.openai.azure.com allowed", True),
        (httpx2.ProxyError("502 Bad Gateway"), PROXY, "502", "NO_PROXY", False),
        (_caused(ConnectionRefusedError(111, "x")), PROXY, "connection refused", "does it run", False),
        (
            _caused(ConnectionRefusedError(111, "x")),
            {},
            "connection refused",
            "behind a company proxy",
            False,
        ),
        (
            _caused(socket.gaierror(-2, "Name or service not known")),
            PROXY,
            "no such host",
            "proxy's name",
            False,
        ),
        (
            _caused(socket.gaierror(-2, "Name or service not known")),
            {},
            "no such host",
            "endpoint's name",
            False,
        ),
        (
            _caused(socket.gaierror(-3, "Temporary failure in name resolution")),
            {},
            "looked up just now",
            "DNS",
            False,
        ),
        (_caused(ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong")), {}, "TLS failed", "http://", False),
        (_caused(ssl.SSLError("CERTIFICATE: certificate has expired")), {}, "expired", "clock", True),
        (_caused(ssl.SSLError("CERTIFICATE: self-signed")), {}, "TLS", "root CA", True),
        (
            _caused(ssl.SSLError("CERTIFICATE: self-signed")),
            {"ca_file": "/x/ca"},
            "TLS",
            "No authority in /x/ca",
            True,
        ),
        (_caused(ssl.SSLError("CERTIFICATE: Hostname mismatch")), {}, "mismatch", "Somebody else", True),
        (httpx2.ReadTimeout(""), {}, "silent for 60 s", "bill it", False),
    ],
)
def test_an_outage_names_who_failed_and_the_step_that_fits(
    error: Exception, options: dict[str, Any], says: str, step: str, lasting: bool
) -> None:
    told = _outage(error, **options)
    assert says in told.what
    assert step in told.hint
    assert told.lasting is lasting
    assert "canary" not in told.what + told.hint
    assert (next_wait(told, 1, safe=True, settling=False, spread=0) is None) is lasting


def test_the_doctor_tells_the_same_of_a_socket_as_a_request_would() -> None:
    refused = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)")
    told = not_connected(refused, Connection("http://127.0.0.1:9/openai/v1/", KEY))
    assert told.what == "127.0.0.1:9: connection refused"
    assert "azresp emulator" in told.hint


@pytest.mark.parametrize(
    ("location", "step"),
    [("https://login.example/portal", "open a browser"), ("https://b.openai.azure.com/", "final address")],
)
def test_a_redirect_to_a_sign_in_page_is_no_address_to_set(location: str, step: str) -> None:
    assert (
        step
        in from_status(httpx2.Response(302, headers={"location": location}), "", Connection(URL, KEY)).hint
    )
