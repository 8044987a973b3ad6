"""Signing in to a remote MCP server: the token goes into the keyring, its reference into the configuration.

The service, not this machine, presents the token; nothing refreshes it when a request is sent. `login` again does.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from azresp.azure.aside import aside
from azresp.cli.callback import listening
from azresp.cli.keyring import has_keyring, keep
from azresp.config.credential import resolve_lent
from azresp.core.secrets import Secret, SecretRef
from azresp.core.tools import McpServer
from azresp.errors import SignInError, UsageError

PATIENCE_S = 300.0
"""How long the browser may take."""


def _token_ref(label: str) -> SecretRef:
    """Where the token of a server is kept."""
    return SecretRef("keyring", f"mcp-{label}")


async def login(
    server: McpServer,
    *,
    open_browser: Callable[[str], None],
    tell: Callable[[str], object],
    patience_s: float = PATIENCE_S,
) -> SecretRef:
    """Sign in by OAuth and keep the token; gives the reference for the server's `authorization`.

    A token of before is refreshed without the browser where the server allows that. `open_browser` may do nothing: the
    URL is told too. Raises UsageError (no URL, no keyring, no mcp package, nothing to sign in to), SignInError,
    NetworkError, LocalError.
    """
    from azresp.azure.oauth import grant, remembered

    if not server.url:
        raise UsageError(
            f"{server.label} is a connector of the service: its token comes from the connector's own provider",
            f"Keep one with `azresp mcp login {server.label} --token-stdin`.",
        )
    await aside(lambda: _require_keyring(server.label), "keyring")
    memory = await aside(lambda: _memory(server.label), "keyring")
    before = urlsplit(str(remembered(memory, server.url).get("redirect_uri", "")))

    async with listening(before.port or 0) as callback:

        async def ask(url: str) -> Mapping[str, str]:
            callback.expect(parse_qs(urlsplit(url).query).get("state", [""])[0])
            tell(f"Sign in to {server.label} in your browser: {url}")
            with suppress(OSError):  # the URL was told
                await aside(lambda: open_browser(url), "browser")
            try:
                async with asyncio.timeout(patience_s):
                    return await callback.query()
            except TimeoutError:
                raise SignInError(
                    f"nobody signed in to {server.label} within {patience_s:g} s", "Try again."
                ) from None

        granted = await grant(server.url, callback.redirect_uri, ask, memory)
    if granted is None:
        raise UsageError(f"{server.label} at {server.url} asks for no sign-in", "It works without a token.")
    await aside(lambda: keep(_memory_name(server.label), granted.memory), "keyring")
    ref = await aside(lambda: keep_token(server.label, granted.token), "keyring")
    how = "Signed in" if granted.asked else "Refreshed the token"
    tell(f"{how}: kept as {ref}{_lasting(granted.expires_in_s, server.label)}")
    return ref


def system_browser(url: str) -> None:
    """Open the desktop's browser, where there is a desktop: one in this terminal would take the screen."""
    import webbrowser

    if (
        os.name == "nt"
        or sys.platform == "darwin"
        or os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
    ):
        with suppress(webbrowser.Error):
            webbrowser.open(url)


def keep_token(label: str, token: Secret) -> SecretRef:
    """Keep a token that the user has from elsewhere. Raises UsageError for what is none, or without a keyring."""
    value = token.reveal().strip().removeprefix("Bearer ").strip()
    if not value or not all("!" <= char <= "~" for char in value):
        raise UsageError(
            "that is no token: it is empty or has blanks, controls or non-ASCII characters", "Paste it again."
        )
    _require_keyring(label)
    ref = _token_ref(label)
    keep(ref.name, Secret(value))
    return ref


def _require_keyring(label: str) -> None:
    if not has_keyring():
        name = "".join(char if char.isalnum() else "_" for char in label).upper()
        raise UsageError(
            "there is no keyring to keep the token in",
            "Run `pip install 'azresp[keyring]'` and set up a backend (`keyring diagnose`), or put a token into an "
            f'environment variable and write authorization = "env:{name}_TOKEN".',
        )


def _memory_name(label: str) -> str:
    return f"mcp-{label}/oauth"  # no label has a slash


def _memory(label: str) -> Secret | None:
    try:
        return resolve_lent(SecretRef("keyring", _memory_name(label)))
    except SignInError:
        return None


def _lasting(seconds: int | None, label: str) -> str:
    if seconds is None:
        return ""
    minutes = max(seconds // 60, 1)
    return f", good for {minutes} min; then run `azresp mcp login {label}` again"
