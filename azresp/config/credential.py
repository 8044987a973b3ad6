"""Resolving secret references: at request time only, from the environment or the system's keyring."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from azresp.core.secrets import Secret, SecretRef
from azresp.errors import SignInError

SERVICE = "azresp"
"""The service name that keys are kept under in the keyring."""

_PLAINTEXT = 'or keep it in an environment variable and name it as "env:NAME"'


def resolve(
    ref: SecretRef | Secret, env: Mapping[str, str] | None = None, *, timeout_s: float = 30.0
) -> Secret:
    """Fetch the secret that a reference names. SignInError: what is missing and what to do.

    `timeout_s` bounds the keyring, which may hang or wait for somebody to unlock it.
    """
    if isinstance(ref, Secret):
        return ref
    value, hint = _looked_up(ref, env, timeout_s)
    if ref.kind == "env":
        hint = f"Run `export {ref.name}=…` in this shell, or sign in another way (`azresp init`)."
    if not value:
        raise SignInError(f"there is no key in {ref}", hint)
    if not re.fullmatch(r"[!-~]+", value):
        raise SignInError(
            f"what {ref} holds is no key: it has blanks, controls or non-ASCII characters", hint
        )
    return Secret(value)


def resolve_lent(ref: SecretRef, env: Mapping[str, str] | None = None, *, timeout_s: float = 30.0) -> Secret:
    """Fetch a secret that is lent to an MCP server: the value of a header, which may have blanks. SignInError."""
    value, hint = _looked_up(ref, env, timeout_s)
    if ref.name.startswith("mcp-"):
        hint = f"`azresp mcp login {ref.name.removeprefix('mcp-')}` keeps one there."
    if not value:
        raise SignInError(f"there is nothing in {ref}", hint)
    if not re.fullmatch(r"[ -~]+", value):
        raise SignInError(
            f"what {ref} holds can't stand in a header: it has controls or non-ASCII characters", hint
        )
    return Secret(value)


def _looked_up(ref: SecretRef, env: Mapping[str, str] | None, timeout_s: float) -> tuple[str, str]:
    """The value, empty where there is none, and what to do then."""
    if ref.kind == "env":
        found = (os.environ if env is None else env).get(ref.name, "")
        return found.strip(), f"Run `export {ref.name}=…` in this shell, or turn the server off."
    return (
        _from_keyring(ref.name, timeout_s).strip(),
        f"Keep it there with `keyring set {SERVICE} {ref.name}`, {_PLAINTEXT}.",
    )


def _from_keyring(name: str, timeout_s: float) -> str:
    """Ask the keyring in a thread that is left behind if it hangs."""
    from threading import Thread

    answer: list[Any] = []
    asker = Thread(target=lambda: answer.append(_ask(name)), name="keyring", daemon=True)
    asker.start()
    asker.join(timeout_s)
    if not answer:
        raise SignInError(
            f"the keyring did not answer within {timeout_s:g} s for keyring:{name}",
            f"Unlock it and try again, {_PLAINTEXT}.",
        )
    if isinstance(answer[0], SignInError):
        raise answer[0]
    return str(answer[0] or "")


def _ask(name: str) -> str | SignInError | None:
    try:
        import keyring
    except ImportError:
        return SignInError(
            f"keyring:{name} needs the keyring package, which is not installed",
            f"Install it with `pip install 'azresp[keyring]'`, {_PLAINTEXT}.",
        )
    try:
        return str(keyring.get_password(SERVICE, name) or "")
    except Exception as bad:  # backends raise what they like: D-Bus, Win32 and Keychain errors
        reason = " ".join(str(bad).split()) or type(bad).__name__
        return SignInError(
            f"the keyring can't be read for keyring:{name}: {reason[:200]}",
            f"Unlock it or set up a backend (`keyring diagnose`), {_PLAINTEXT}.",
        )
