"""Opening the store for a command."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.cli.connect import emulator_file
from azresp.errors import AzrespError, LocalError

if TYPE_CHECKING:
    from azresp.store.store import Store


def open_store(*, emulated: bool, warn: Callable[[str], None]) -> Store:
    """The store, or one in memory where the file can't be used, with a warning."""
    from azresp.store.schema import store_path
    from azresp.store.store import Store

    try:
        return Store(emulator_file("store.db") if emulated else store_path(os.environ))
    except (LocalError, RuntimeError) as error:
        what = error.what if isinstance(error, AzrespError) else str(error)
        warn(f"warning: {what}; this session is not kept")
        return Store(None)


def tell_trouble(store: Store, warn: Callable[[str], None]) -> None:
    """Say what could not be kept."""
    if trouble := store.trouble or store.records.trouble:
        warn(f"warning: not kept on this machine: {trouble}")
