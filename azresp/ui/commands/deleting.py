"""Deleting at the service: the last response, the session, any response; what fails is remembered and tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from azresp.core.conversation import is_conversation
from azresp.core.session import asked_in
from azresp.errors import AzrespError, ServiceError, UsageError
from azresp.ui.commands.registry import Words, command
from azresp.ui.commands.service import chosen_id, ids_of, ports
from azresp.ui.counting import counted
from azresp.ui.heading import heading
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.ui.chat import Chat


def _deletable(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return ["response", "session", *ids_of(chat, before)]


@command("delete")
async def delete(chat: Chat, what: Annotated[str, Words(_deletable)] = "response") -> None:
    """Delete at the service, after asking: the last response, the whole session, or a response id."""
    if what == "session":
        await _delete_session(chat)
        return
    ident = chosen_id(chat, "" if what == "response" else what)
    if not ident.startswith("resp_"):
        raise UsageError(f"/delete takes response, session or a response id, got {what!r}")
    here = chat.library.find(ident) is not None
    known = next((one for one in chat.session.exchanges.values() if one.turn.id == ident), None)
    which = (
        f"the answer to “{heading(asked_in(chat.session, known) or known)}” ({ident})"
        if known is not None
        else ident
    )
    if not await chat.confirm(f"Delete {which} at the service?{' Its text stays here.' if here else ''}"):
        chat.terminal.dim("nothing was deleted")
        return
    gone = await delete_one(chat, ident)
    await delete_waiting(chat)
    chat.terminal.dim(f"{ident}: {gone} · {'its text stays here' if here else 'not known on this machine'}")


async def _delete_session(chat: Chat) -> None:
    made = chat.library.all_exchanges(chat.session.id)
    own = chat.library.own_exchanges(chat.session.id)
    remote = [one.turn.id for one in own if one.turn.id and one.stored and not one.deleted]
    talks = _conversations(chat)
    staying = len({one.id for one in made} - {one.id for one in own})
    question = (
        f"Delete session {chat.session.name or 'without a name'}: {counted(len(remote), 'response')}"
        + (f" and {counted(len(talks), 'conversation')}" if talks else "")
        + f" at the service, {counted(len(own), 'exchange')} here?"
        + (f" {counted(staying, 'exchange')} more: kept, other sessions build on them." if staying else "")
    )
    if not await chat.confirm(question):
        chat.terminal.dim("nothing was deleted")
        return
    if not await _delete_all(chat, [*remote, *talks]):
        return
    with chat.files.dropping() as dropped:
        count = chat.library.remove(chat.session.id)
    here = counted(count, "exchange") + (
        f" and {counted(dropped.count, 'attachment')}" if dropped.count else ""
    )
    all_of = len(remote) + len(talks)
    chat.terminal.dim(f"deleted: {all_of} of {all_of} at the service, {here} here")
    await chat.invoke("new", "")


def _conversations(chat: Chat) -> list[str]:
    """Those that the session made at this service, and nobody else talks in."""
    found = chat.library.conversations.leaving([chat.session.id])
    ours = (one for one in found if one.session == chat.session.id)
    return [one.response_id for one in ours if one.origin == chat.service.origin]


async def _delete_all(chat: Chat, idents: Sequence[str]) -> bool:
    """Whether all of them are gone; if not, it is told."""
    failed = []
    for ident in idents:
        try:
            await delete_one(chat, ident)
        except AzrespError as error:
            failed.append((ident, error.what))
    for ident, why in failed:
        chat.terminal.strong(f"{ident}: not deleted: {why}")
    if failed:
        chat.terminal.dim(
            f"{len(idents) - len(failed)} of {len(idents)} deleted at the service; the session stays here, try again; "
            "`azresp sessions prune --remote` does so too"
        )
    else:
        await delete_waiting(chat)
    return not failed


async def delete_waiting(chat: Chat) -> None:
    """What could not be deleted at this service before, now that it lets itself be talked to."""
    waiting = chat.library.deletions.waiting(chat.clock.now(), chat.service.origin)
    done = 0
    for one in waiting:
        try:
            await delete_one(chat, one.response_id)
        except AzrespError:
            break  # it is still remembered
        done += 1
    if done:
        chat.terminal.dim(f"{done} that could not be deleted before: deleted now")


async def delete_one(chat: Chat, ident: str) -> str:
    """Delete a response or conversation at the service; one that is gone already is fine.

    What fails is remembered and flies.
    """
    origin = chat.library.origin_of(ident)
    if origin and origin != chat.service.origin:
        # This endpoint would say that there is none: nothing would be deleted.
        chat.library.deletions.want(ident, origin, chat.clock.now(), "it is at another endpoint")
        raise UsageError(
            f"{ident} is at {origin}, this chat at {chat.service.origin}",
            "/move PROFILE goes there; the deletion is remembered.",
        )
    delete = chat.service.conversations.delete if is_conversation(ident) else chat.service.delete
    try:
        await chat.stoppable(patiently(lambda: delete(ident), ports(chat), safe=True))
        gone = "deleted at the service"
    except AzrespError as error:
        if not (isinstance(error, ServiceError) and error.gone):
            chat.library.deletions.want(ident, chat.service.origin, chat.clock.now(), error.what)
            raise
        gone = "was not at the service"
    chat.library.mark_deleted(ident, chat.service.origin)
    _mark(chat, ident)
    return gone


def _mark(chat: Chat, ident: str) -> None:
    def marked(one: Exchange) -> Exchange:
        return replace(one, deleted=True) if one.turn.id == ident else one

    exchanges = {key: marked(one) for key, one in chat.session.exchanges.items()}
    chat.session = replace(chat.session, exchanges=exchanges)
