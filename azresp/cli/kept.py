"""Which store a command works on: the user's own, or the one of conversations with the embedded emulator."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from azresp.cli.report import note
from azresp.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from azresp.core.session import Session
    from azresp.store.store import Store

ALL = -1
"""As a limit: all there are."""


def store_file(*, emulated: bool) -> Path:
    """The store's file, whether it exists or not."""
    from azresp.store.schema import store_path

    own = store_path(os.environ)
    return own.parent / "emulator" / "store.db" if emulated else own


def open_kept(emulator: str, flags: Mapping[str, object] | None = None) -> Store:
    """The store that `--emulator` chooses; `auto` takes the emulator's only where no endpoint is configured.

    Raises LocalError if it can't be used: what works on kept sessions can't do without.
    """
    from azresp.store.store import Store

    emulated = is_emulated(emulator, flags)
    if emulated and emulator == "auto" and store_file(emulated=False).exists():
        note(
            "no endpoint is configured: these are the talks with the emulator (--emulator never shows your own)"
        )
    return Store(store_file(emulated=emulated))


def is_emulated(emulator: str, flags: Mapping[str, object] | None = None) -> bool:
    """Whether the emulator's store is meant. A configuration that can't be read does not matter here."""
    from azresp.config.load import load

    if emulator != "auto":
        return emulator == "always"
    try:
        unset = load(flags).profile.endpoint is None
    except ConfigError:
        return False
    return unset and store_file(emulated=True).exists()


def session_named(store: Store, name: str) -> Session:
    """The session of that name or id. UsageError: there is none, with the nearest name."""
    session = None if name.startswith("resp_") else store.find(name)
    if session is not None:
        return session
    from difflib import get_close_matches

    names = [one.name for one in store.listed(ALL)]
    near = get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise UsageError(f"there is no session {name!r}", f"{hint}`azresp sessions list` shows them.")
