"""Signing in to an MCP server: the whole way against a real one, and every way it can fail."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from azresp.cli.mcp_login import keep_token, login
from azresp.core.secrets import Secret, SecretRef
from azresp.core.tools import McpServer
from azresp.errors import NetworkError, SignInError, UsageError
from tests.cli.guarded_server import Provider, guarded
from tests.replay import ReplayServer, Reply, Request, answer


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types there
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


class Browser:
    """Follows redirects as a browser does, without a person before it."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.pages: list[str] = []

    def __call__(self, url: str) -> None:
        self.opened.append(url)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as page:
            self.pages.append(page.read().decode())


def signed_in(url: str, browser: Browser, told: list[str] | None = None) -> SecretRef:
    """Sign in to a server labelled `docs`."""
    said = told if told is not None else []
    return asyncio.run(login(McpServer("docs", url), open_browser=browser, tell=said.append, patience_s=20))


def test_the_browser_grants_a_token_that_the_server_takes_and_the_keyring_keeps(ring: Ring) -> None:
    provider, browser, told = Provider(), Browser(), list[str]()
    with guarded(provider) as url:
        assert signed_in(url, browser, told) == SecretRef("keyring", "mcp-docs")
    assert [*provider.access] == [ring.kept["mcp-docs"]]
    assert provider.access[ring.kept["mcp-docs"]].resource == url
    asked = parse_qs(urlsplit(browser.opened[0]).query)
    assert (asked["code_challenge_method"], asked["resource"]) == (["S256"], [url])
    assert urlsplit(asked["redirect_uri"][0]).hostname == "127.0.0.1"
    assert "You are signed in" in browser.pages[0]
    assert told[0] == f"Sign in to docs in your browser: {browser.opened[0]}"
    assert told[1] == (
        "Signed in: kept as keyring:mcp-docs, good for 60 min; then run `azresp mcp login docs` again"
    )
    assert "canary" not in "".join(told)
    assert set(ring.kept) == {"mcp-docs", "mcp-docs/oauth"}


def test_signing_in_again_refreshes_without_the_browser(ring: Ring) -> None:
    provider, browser, told = Provider(), Browser(), list[str]()
    with guarded(provider) as url:
        signed_in(url, browser)
        first = ring.kept["mcp-docs"]
        signed_in(url, browser, told)
        signed_in(url, browser)
    assert (provider.grants, len(provider.clients), len(browser.opened)) == (
        ["code", "refresh", "refresh"],
        1,
        1,
    )
    assert told[0].startswith("Refreshed the token")
    assert ring.kept["mcp-docs"] != first
    assert ring.kept["mcp-docs"] in provider.access


def test_a_token_that_can_not_be_refreshed_any_more_is_asked_for_again(ring: Ring) -> None:
    provider, browser = Provider(), Browser()
    with guarded(provider) as url:
        signed_in(url, browser)
        provider.refresh.clear()
        provider.access.clear()
        signed_in(url, browser)
    assert provider.grants == ["code", "code"]
    assert ring.kept["mcp-docs"] in provider.access


def test_what_is_remembered_of_one_server_goes_to_no_other(ring: Ring) -> None:
    first, second, browser = Provider(), Provider(), Browser()
    with guarded(first) as url:
        signed_in(url, browser)
    with guarded(second) as url:
        signed_in(url, browser)
    assert (first.grants, second.grants) == (["code"], ["code"])
    assert json.loads(ring.kept["mcp-docs/oauth"])["url"] == url


def test_a_memory_that_is_damaged_counts_as_none(ring: Ring) -> None:
    provider, browser = Provider(), Browser()
    ring.kept["mcp-docs/oauth"] = "{not json"
    with guarded(provider) as url:
        signed_in(url, browser)
    assert provider.grants == ["code"]


def test_a_taken_port_means_registering_anew(ring: Ring) -> None:
    provider, browser = Provider(), Browser()
    with guarded(provider) as url:
        signed_in(url, browser)
        port = urlsplit(json.loads(ring.kept["mcp-docs/oauth"])["redirect_uri"]).port
        with socket.create_server(("127.0.0.1", port or 0)):
            signed_in(url, browser)
    assert (provider.grants, len(provider.clients)) == (["code", "code"], 2)


def test_a_refusal_is_told_and_nothing_is_kept(ring: Ring) -> None:
    provider, browser = Provider(), Browser()
    provider.refuses = True
    with guarded(provider) as url, pytest.raises(SignInError, match="did not grant access: not you"):
        signed_in(url, browser)
    assert "was refused" in browser.pages[0]
    assert ring.kept == {}


def test_a_page_that_guesses_at_the_address_gets_nothing_and_stops_nothing(ring: Ring) -> None:
    class Guessed(Browser):
        def __call__(self, url: str) -> None:
            back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
            for guess in (
                f"{back}?code=evil&state=guess",
                f"{back}?code=evil",
                back.replace("callback", "x"),
            ):
                with suppress(HTTPError):
                    super().__call__(guess)
            super().__call__(url)

    provider, browser = Provider(), Guessed()
    with guarded(provider) as url:
        signed_in(url, browser)
    assert len(browser.pages) == 1
    assert provider.grants == ["code"]


def test_a_browser_that_never_comes_back_ends_in_a_sentence(ring: Ring) -> None:
    with (
        guarded(Provider()) as url,
        pytest.raises(SignInError, match=r"nobody signed in to docs within 0.2 s"),
    ):
        asyncio.run(
            login(McpServer("docs", url), open_browser=lambda _: None, tell=lambda _: None, patience_s=0.2)
        )
    assert ring.kept == {}


def test_a_server_without_a_sign_in_is_told(ring: Ring) -> None:
    with guarded(None) as url, pytest.raises(UsageError, match="asks for no sign-in"):
        signed_in(url, Browser())


def test_a_server_that_sends_the_browser_elsewhere_is_not_followed(ring: Ring) -> None:
    def script(request: Request, number: int) -> Reply:
        root = f"http://{request.headers['host']}"
        if "protected-resource" in request.path:
            return answer({"resource": f"{root}/mcp", "authorization_servers": [root]})
        if "well-known" in request.path:
            return answer(
                {
                    "issuer": root,
                    "authorization_endpoint": "http://evil.example/authorize",
                    "token_endpoint": f"{root}/token",
                    "registration_endpoint": f"{root}/register",
                    "response_types_supported": ["code"],
                }
            )
        if request.path == "/register":
            return answer({"client_id": "c", "redirect_uris": ["http://127.0.0.1:1/callback"]}, 201)
        return answer({}, 401)

    browser = Browser()
    with ReplayServer(script) as server, pytest.raises(SignInError, match="address that is not https"):
        signed_in(f"{server.root}/mcp", browser)
    assert browser.opened == []
    assert ring.kept == {}


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_server_that_only_refuses_is_told(ring: Ring, status: int) -> None:
    with ReplayServer(answer({"error": "no"}, status)) as server, pytest.raises(SignInError) as caught:
        signed_in(f"{server.root}/mcp", Browser())
    assert "--token-stdin" in caught.value.hint


def test_a_server_that_is_not_there_is_a_matter_of_the_network(ring: Ring) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NetworkError, match="can't be reached"):
        signed_in(f"http://127.0.0.1:{port}/mcp", Browser())


def test_without_a_keyring_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    before, browser = keyring.get_keyring(), Browser()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(UsageError, match="no keyring") as caught:
            signed_in("http://127.0.0.1:1/mcp", browser)
        with pytest.raises(UsageError, match="no keyring"):
            keep_token("docs", Secret("canary"))
    finally:
        keyring.set_keyring(before)
    assert 'authorization = "env:DOCS_TOKEN"' in caught.value.hint
    assert browser.opened == []


def test_a_pasted_token_is_kept_as_it_is_without_its_scheme(ring: Ring) -> None:
    assert keep_token("docs", Secret(" Bearer canary-1\n")) == SecretRef("keyring", "mcp-docs")
    assert ring.kept == {"mcp-docs": "canary-1"}
    for wrong in ("", "two words", "ümlaut"):
        with pytest.raises(UsageError, match="no token") as caught:
            keep_token("docs", Secret(wrong))
        assert not wrong or wrong not in caught.value.what


def test_a_connector_has_its_token_from_elsewhere(ring: Ring) -> None:
    server = McpServer("drop", connector_id="connector_dropbox")
    with pytest.raises(UsageError, match="connector of the service"):
        asyncio.run(login(server, open_browser=Browser(), tell=lambda _: None))
