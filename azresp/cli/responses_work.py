"""What `azresp responses` does: one request per id, each result a line, the others done even if one fails."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from azresp.cli.confirm import asked, somebody
from azresp.cli.connect import Reached, reach
from azresp.cli.kept import store_file
from azresp.cli.options import emulator_choice
from azresp.cli.patience import patient, ports, until_done
from azresp.cli.report import note, tell
from azresp.cli.streams import Output
from azresp.config.load import load
from azresp.core.conversation import is_conversation
from azresp.core.sse import Wire
from azresp.errors import (
    AzrespError,
    Exit,
    NetworkError,
    PipeClosed,
    ServiceError,
    SignInError,
    UsageError,
)

if TYPE_CHECKING:
    from azresp.azure.gateway import Gateway
    from azresp.store.store import Store

Work = Callable[["Gateway", str], Awaitable[Wire]]


def get_all(ids: list[str], flags: Mapping[str, object], emulator: str) -> int:
    """Print each response; give the exit status."""

    async def work(gateway: Gateway, ident: str) -> Wire:
        return await patient(gateway, lambda: gateway.look(ident))

    return _each(ids, flags, emulator, work)


def items_of_all(ids: list[str], flags: Mapping[str, object], emulator: str, limit: int | None) -> int:
    """Print the input items of each response, `limit` of them at most; give the exit status."""

    async def work(gateway: Gateway, ident: str) -> Wire:
        return await _items(gateway, ident, limit)

    return _each(ids, flags, emulator, work)


def delete_all(ids: list[str], flags: Mapping[str, object], emulator: str, *, yes: bool) -> int:
    """Delete each response at the service and mark what is kept of it here; give the exit status."""
    what = ids[0] if len(ids) == 1 else f"{len(ids)} responses"
    if not yes and somebody() and not asked(f"Delete {what} at the service?"):
        note("nothing was deleted")
        return Exit.OK
    reached = _reach(flags, emulator)
    store = _kept(reached)
    try:
        return until_done(_delete_all(ids, reached, store))
    finally:
        reached.stop()
        if store is not None:
            store.close()


async def _delete_all(ids: list[str], reached: Reached, store: Store | None) -> int:
    """Also what could not be deleted before, where the service lets itself be talked to."""
    left = dict.fromkeys(ids)

    async def work(gateway: Gateway, ident: str) -> Wire:
        origin = _origin(store, ident) if store is not None else ""
        if store is not None and origin and origin != gateway.origin:
            # This endpoint would say that there is none: nothing would be deleted.
            store.deletions.want(ident, origin, time.time(), "it is at another endpoint")
            raise UsageError(
                f"{ident} is at {origin}, not at {gateway.origin}: not deleted, remembered",
                "--profile NAME goes there.",
            )
        if not await delete_one(gateway, ident):
            note(f"{ident}: was not at the service (any more)")
        del left[ident]
        if store is not None:
            _mark(store, ident, gateway.origin)
        return {"id": ident, "object": "response", "deleted": True}

    status = await _all(ids, reached, work)
    if store is None:
        return status
    if status in (Exit.NETWORK, Exit.SIGN_IN):
        _want(store, left, reached.gateway.origin)
        return status
    from azresp.cli.deletions import Deleter

    deleter = Deleter(reached, store)
    await deleter.retry()
    return status or deleter.status


async def delete_one(gateway: Gateway, ident: str) -> bool:
    """Delete a response or conversation at the service; False if it was not there, which is fine too."""
    delete = gateway.conversations.delete if is_conversation(ident) else gateway.delete
    try:
        await patient(gateway, lambda: delete(ident))
    except ServiceError as error:
        if not error.gone:
            raise
        return False
    return True


def _each(ids: list[str], flags: Mapping[str, object], emulator: str, work: Work) -> int:
    reached = _reach(flags, emulator)
    try:
        return until_done(_all(ids, reached, work))
    finally:
        reached.stop()


def _reach(flags: Mapping[str, object], emulator: str) -> Reached:
    loaded = load(flags)
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    return reach(loaded.profile, emulator_choice(emulator), model=False)


async def _all(ids: list[str], reached: Reached, work: Work) -> int:
    output, status = Output(), Exit.OK
    for at, ident in enumerate(ids):
        try:
            found = await work(reached.gateway, ident)
        except (SignInError, NetworkError) as error:
            # The other ids would meet the same.
            tell(error)
            if left := len(ids) - at - 1:
                note(f"azresp: {left} more not tried")
            return error.exit
        except PipeClosed:
            raise
        except AzrespError as error:
            tell(error if ident in error.what else _named(error, ident))
            status = Exit.API
            continue
        output.write_json(found, in_lines=len(ids) > 1)
    return status


def _named(error: AzrespError, ident: str) -> AzrespError:
    error.what = f"{ident}: {error.what}"
    return error


async def _items(gateway: Gateway, ident: str, limit: int | None) -> Wire:
    from azresp.ui.pages import input_item_pages

    found: list[Wire] = []
    more = False
    seen: set[object] = set()
    async for page in input_item_pages(gateway, ident, ports(gateway)):
        last = page[-1].get("id") if page else None
        if last in seen:  # a server that gives the same page for ever
            break
        seen.add(last)
        found += page
        if limit is not None and len(found) >= limit:
            more = len(found) > limit
            break
    return {"object": "list", "response_id": ident, "data": found[:limit], "has_more": more}


def _kept(reached: Reached) -> Store | None:
    """The store that knows the service's responses; none is made for it."""
    from azresp.store.store import Store

    path = store_file(emulated=reached.emulated)
    try:
        return Store(path) if path.exists() else None
    except AzrespError as error:
        note(f"warning: not marked as deleted on this machine: {error.what}")
        return None


def _origin(store: Store, ident: str) -> str:
    try:
        return store.origin_of(ident)
    except AzrespError:
        return ""  # that nothing can be looked up here keeps nobody from deleting there


def _want(store: Store, ids: Iterable[str], origin: str) -> None:
    """Remember what could not be deleted, for the next time."""
    try:
        for ident in ids:
            store.deletions.want(ident, origin, time.time(), "the service could not be reached")
    except AzrespError as error:
        note(f"warning: not remembered on this machine: {error.what}")
        return
    note("remembered: the next deletion there tries again")


def _mark(store: Store, ident: str, origin: str) -> None:
    try:
        store.mark_deleted(ident, origin)
    except AzrespError as error:
        note(f"warning: not marked as deleted on this machine: {error.what}")
