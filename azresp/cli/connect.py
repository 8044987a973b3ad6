"""From settings to a gateway: the endpoint and its sign-in, or the embedded emulator."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from azresp.azure.connection import Connection, EntraSignIn, KeySignIn, SignIn, TokenSignIn
from azresp.azure.gateway import Gateway
from azresp.cli.manners import settle
from azresp.cli.options import emulates
from azresp.config.credential import resolve, resolve_lent
from azresp.config.endpoint import read_endpoint
from azresp.config.profile import Profile
from azresp.core.secrets import Secret
from azresp.errors import LocalError, UsageError

if TYPE_CHECKING:
    from azresp.emulator import Emulator

EMULATED_DEPLOYMENT = "gpt-5-mini"


def _sign_in_of(profile: Profile) -> SignIn:
    """How the profile signs in; a key or token is looked up when the first request needs it."""
    key = profile.key
    origin = "the key" if isinstance(key, Secret) else str(key)
    match profile.auth:
        case "key" if key is not None:
            return KeySignIn(lambda: resolve(key), origin)
        case "token" if key is not None:
            return TokenSignIn(lambda: resolve(key), origin)
        case _:
            return EntraSignIn(profile.scope, profile.tenant or "", profile.client_id or "")


def connection_of(profile: Profile, *, model: bool = True) -> Connection:
    """The connection that a complete profile describes. Raises ConfigError if something is missing.

    `model`: requests ask one, so a deployment is needed.
    """
    profile.require(model=model)
    return Connection(
        base_url=profile.base_url,
        sign_in=_sign_in_of(profile),
        api_version=profile.query.get("api-version", ""),
        connect_timeout_s=profile.connect_timeout_s,
        idle_timeout_s=profile.idle_timeout_s,
        proxy=profile.proxy or "",
        ca_file=str(profile.ca_file or ""),
        resolve=resolve_lent,
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """A gateway, the profile it belongs to, and what to stop at the end."""

    gateway: Gateway
    profile: Profile
    emulated: bool
    stop: Callable[[], None]


def reach(profile: Profile, emulator: str, *, model: bool = True) -> Reached:
    """The gateway to the configured endpoint, or to the embedded emulator.

    `emulator`: `never`, `auto` (only where no endpoint is configured) or `always`.
    """
    settle(profile)
    if emulates(emulator, profile):
        return _emulated(profile)
    return Reached(Gateway(connection_of(profile, model=model)), profile, False, lambda: None)


def _emulated(profile: Profile) -> Reached:
    served = _start_emulator(store=True)
    profile = replace(
        profile,
        endpoint=read_endpoint(served.base_url),
        deployment=profile.deployment or EMULATED_DEPLOYMENT,
        image_deployment=profile.image_deployment or "gpt-image-1",
        reasoning_summary=profile.reasoning_summary or "auto",  # so that the demo shows some thinking
        auth="key",
        key=Secret("emulator"),
        api_version="v1",
    )
    connection = replace(connection_of(profile), name="emulator")
    return Reached(Gateway(connection), profile, True, served.close)


def _start_emulator(*, store: bool = False, **settings: Any) -> Emulator:
    """The embedded emulator, serving on a free loopback port. Raises UsageError if its extra is missing."""
    try:
        from azresp.emulator import Emulator, Settings
    except ImportError as error:
        raise UsageError(
            f"the emulator needs {error.name or 'a package'}, which is not installed",
            "Run `pip install 'azresp[emulator]'`.",
        ) from error
    if store:
        settings["store_path"] = emulator_file("service.db")
    try:
        emulator = Emulator(Settings(**settings))
    except sqlite3.Error as error:
        raise LocalError(
            f"{settings.get('store_path')}: {error}", "Remove it: it only holds what the emulator stored."
        ) from error
    emulator.start()
    return emulator


def emulator_file(name: str) -> Any:
    """A file beside the store for the emulator's own data."""
    import os

    from azresp.store.folder import make_private
    from azresp.store.schema import store_path

    path = store_path(os.environ).parent / "emulator" / name
    try:
        make_private(path.parent)
    except OSError:
        return None
    return path
