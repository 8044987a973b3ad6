"""Entra ID tokens: credentials that hang, fail in odd ways, or go through the wrong door."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.azure import credentials
from azresp.azure.connection import EntraSignIn
from azresp.azure.credentials import EntraToken, explain
from azresp.azure.entra_transport import entra_transport
from azresp.azure.gateway import Gateway
from azresp.core.sse import Wire
from azresp.errors import SignInError
from tests.azure.calls import call, connected, events
from tests.azure.certificates import Authority
from tests.replay import ReplayServer, answer, stream

DONE: Wire = {
    "type": "response.completed",
    "sequence_number": 0,
    "response": {"id": "resp_1", "status": "completed"},
}
ENTRA = EntraSignIn()


class FakeCredential:
    """Stands where DefaultAzureCredential stands."""

    def __init__(self, give: Callable[[int], str], log: list[dict[str, Any]]) -> None:
        self._give = give
        self._log = log

    def get_token(self, *scopes: str, **options: Any) -> Any:
        from azure.core.credentials import AccessToken

        self._log.append({"scopes": scopes} | options)
        return AccessToken(self._give(len(self._log)), int(time.time()) + 3600)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], str]], list[dict[str, Any]]]:
    """Makes azure-identity give what a function gives; returns the log of asks."""
    import azure.identity

    def install(give: Callable[[int], str]) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = []
        monkeypatch.setattr(
            azure.identity, "DefaultAzureCredential", lambda **options: FakeCredential(give, log)
        )
        return log

    return install


Given = Callable[[Callable[[int], str]], list[dict[str, Any]]]


def _raising(error: BaseException) -> Callable[[int], str]:
    def give(n: int) -> str:
        raise error

    return give


def _refusal() -> SignInError:
    with pytest.raises(SignInError) as caught:
        asyncio.run(EntraToken(ENTRA, connected("https://x.example.com/")).get())
    return caught.value


def test_the_token_goes_with_the_request_and_is_asked_for_once(given: Given) -> None:
    log = given(lambda n: f"token-{n}")

    async def twice(gateway: Gateway) -> None:
        await events(gateway)
        await events(gateway)

    with ReplayServer(stream(DONE)) as server:
        call(connected(server.base_url, EntraSignIn(tenant="my-tenant")), twice)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer token-1"] * 2
    assert log[0]["scopes"] == ("https://ai.azure.com/.default",)
    assert log[0]["tenant_id"] == "my-tenant"


def test_a_refused_token_is_renewed_once(given: Given) -> None:
    given(lambda n: f"token-{n}")
    refused = answer({"error": {"code": "401", "message": "expired"}}, 401)
    with ReplayServer([refused, stream(DONE)]) as server:
        assert call(connected(server.base_url, ENTRA), events) == [DONE]
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    with ReplayServer(refused) as server, pytest.raises(SignInError) as caught:
        call(connected(server.base_url, ENTRA), events)
    assert len(server.requests) == 2
    assert "scope" in caught.value.hint


def test_a_missing_role_is_not_a_stale_token(given: Given) -> None:
    given(lambda n: f"token-{n}")
    refused = answer({"error": {"code": "403", "message": "Public access is disabled"}}, 403)
    with ReplayServer(refused) as server, pytest.raises(SignInError):
        call(connected(server.base_url, ENTRA), events)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (json.JSONDecodeError("Expecting value", "<html>", 0), "Expecting value"),
        (ValueError(""), "ValueError"),
        (TimeoutError("the metadata endpoint"), "metadata endpoint"),
        (RecursionError("deep\nmore lines"), "deep"),
    ],
)
def test_whatever_a_credential_raises_is_a_sentence(given: Given, error: Exception, says: str) -> None:
    given(_raising(error))
    refusal = _refusal()
    assert says in refusal.what
    assert "\n" not in refusal.what
    assert refusal.hint


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AADSTS70043", "az login"),
        ("AADSTS700082", "az login"),
        ("AADSTS700016", "client_id"),
        ("AADSTS7000215", "AZURE_CLIENT_SECRET"),
        ("AADSTS90002", "tenant"),
        ("AADSTS53003", "administrator"),
    ],
)
def test_what_entra_says_leads_to_what_to_do(code: str, hint: str) -> None:
    assert hint in explain(ValueError(f"EnvironmentCredential: Authentication failed: {code}: words")).hint


def test_a_chain_that_found_nothing_tells_what_was_tried_and_a_reason_where_one_was_set_up() -> None:
    chain = (
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\n"
        "Attempted credentials:\n"
        "\tEnvironmentCredential: EnvironmentCredential authentication unavailable. Environment variables …\n"
        "\tAzureCliCredential: Azure CLI not found on path\n"
        "To mitigate this issue, please refer to …"
    )
    nobody = explain(ValueError(chain))
    assert nobody.what.endswith("(tried Environment, AzureCli)")
    assert "Install the Azure CLI" in nobody.hint
    expired = explain(
        ValueError(chain.replace("Azure CLI not found on path", f"ERROR: {'AADSTS70043 ' * 40}"))
    )
    assert "AzureCli: AADSTS70043" in expired.what
    assert expired.what.endswith("…; not set up: Environment")
    away = "Authentication failed: HTTPSConnectionPool(host='login.example', port=443): Max retries"
    lost = explain(ValueError(chain.replace("Azure CLI not found on path", away)))
    assert "AzureCli: login.example can't be reached" in lost.what
    assert "proxy" in lost.hint
    assert "mitigate" not in nobody.what + expired.what + lost.what


@pytest.fixture
def hanging(given: Given) -> Iterator[tuple[threading.Event, list[dict[str, Any]]]]:
    """The first ask hangs until the test is over; later ones answer."""
    over, begun = threading.Event(), threading.Event()

    def give(n: int) -> str:
        if n == 1:
            begun.set()
            over.wait(30)
        return f"token-{n}"

    log = given(give)
    yield begun, log
    over.set()


def test_a_hanging_credential_can_be_interrupted_and_the_next_request_does_not_queue_behind_it(
    hanging: tuple[threading.Event, list[dict[str, Any]]],
) -> None:
    begun, _ = hanging

    async def run() -> str:
        token = EntraToken(ENTRA, connected("https://x.example.com/"))
        task = asyncio.create_task(token.get())
        assert await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        token.forget()
        return (await token.get()).reveal()

    assert asyncio.run(run()) == "token-2"


def test_a_credential_that_never_answers_is_given_up(
    hanging: tuple[threading.Event, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "TOKEN_TIMEOUT_S", 0.1)
    refusal = _refusal()
    assert "no Entra ID token after" in refusal.what
    assert "AZURE_TOKEN_CREDENTIALS" in refusal.hint


def test_a_thread_that_ends_after_its_loop_says_nothing(given: Given) -> None:
    over = threading.Event()

    def give(n: int) -> str:
        over.wait(10)
        return "late"

    given(give)

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(EntraToken(ENTRA, connected("https://x.example.com/")).get(), 0.05)

    asyncio.run(run())
    over.set()
    for thread in threading.enumerate():
        if thread.name == "entra-token":
            thread.join(10)


def test_preloading_swallows_failures_and_the_first_request_tells_them(given: Given) -> None:
    given(_raising(ValueError("nothing here")))
    gateway = Gateway(connected("https://x.example.com/", ENTRA))
    gateway.preload()
    assert gateway.credential == ""


# Azure's own code from here on: real credentials against loopback endpoints.


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No credential and no proxy in the environment."""
    for name in list(os.environ):
        if name.upper().startswith(
            ("AZURE_", "IDENTITY_", "MSI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
        ):
            monkeypatch.delenv(name)
    return monkeypatch


TOKEN = {"access_token": "managed-token", "expires_on": "4102444800", "resource": "x", "token_type": "Bearer"}


@pytest.mark.parametrize("configured", [False, True])
def test_managed_identity_on_this_machine_is_asked_past_any_proxy(
    alone: pytest.MonkeyPatch, configured: bool
) -> None:
    with ReplayServer(answer(TOKEN)) as endpoint, ReplayServer(answer(TOKEN)) as proxy:
        alone.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        alone.setenv("IDENTITY_ENDPOINT", f"{endpoint.root}/msi/token")
        alone.setenv("IDENTITY_HEADER", "canary-identity-header")
        alone.setenv("HTTP_PROXY", proxy.root)
        connection = connected("https://x.example.com/", proxy=proxy.root if configured else "")
        token = EntraToken(ENTRA, connection)
        assert asyncio.run(token.get()).reveal() == "managed-token"
    assert token.winner == "ManagedIdentityCredential"
    assert endpoint.requests[0].headers["x-identity-header"] == "canary-identity-header"
    assert proxy.connections == 0


def test_garbage_from_an_identity_endpoint_is_a_sentence(alone: pytest.MonkeyPatch) -> None:
    with ReplayServer(answer("garbage")) as endpoint:
        alone.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
        alone.setenv("IDENTITY_ENDPOINT", f"{endpoint.root}/msi/token")
        alone.setenv("IDENTITY_HEADER", "canary-identity-header")
        refusal = _refusal()
    assert "canary" not in refusal.what
    assert refusal.what.startswith("no Entra ID token: ")


def test_one_ca_file_serves_the_api_and_the_identity(alone: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from azure.core.rest import HttpRequest

    authority = Authority.made(tmp_path)
    shutil.copy(authority.ca_file, tmp_path / "other.pem")
    with ReplayServer(answer({"ok": True}), tls=authority.server()) as server:
        request = HttpRequest("GET", f"{server.root}/tenant/.well-known/openid-configuration")
        trusting = entra_transport(connected("https://x.example.com/", ca_file=authority.ca_file))
        assert json.loads(trusting.send(request).body()) == {"ok": True}
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            entra_transport(connected("https://x.example.com/")).send(request)
    with ReplayServer(stream(DONE), tls=authority.server()) as server:
        assert call(connected(server.base_url, ca_file=authority.ca_file), events) == [DONE]


@pytest.mark.parametrize(("proxy", "through"), [("", True), ("none", False)])
def test_other_identity_hosts_take_the_proxy_of_the_environment_unless_told_not_to(
    alone: pytest.MonkeyPatch, proxy: str, through: bool
) -> None:
    from azure.core.exceptions import AzureError
    from azure.core.rest import HttpRequest

    with ReplayServer(answer({})) as recorder:
        alone.setenv("HTTP_PROXY", recorder.root)
        transport = entra_transport(connected("https://x.example.com/", proxy=proxy))
        request = HttpRequest("GET", "http://login.no-such-host.invalid/x")
        if through:
            transport.send(request)
        else:
            with pytest.raises(AzureError):
                transport.send(request)
    assert len(recorder.requests) == int(through)
