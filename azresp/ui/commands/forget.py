"""The command that removes a message everywhere it was kept, and says what can't be removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from azresp.core.asks import answered
from azresp.core.conversation import conversation_at, conversation_of
from azresp.core.forgetting import message_of
from azresp.core.omissions import omit
from azresp.core.seals import seals_in
from azresp.errors import AzrespError, UsageError
from azresp.ui.commands.conversation import leave
from azresp.ui.commands.registry import Words, command
from azresp.ui.counting import counted
from azresp.ui.heading import heading

if TYPE_CHECKING:
    from azresp.core.session import Exchange
    from azresp.ui.chat import Chat


def _ids(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [one.turn.id for one in reversed(chat.session.path()) if one.turn.id]


@command("forget")
async def forget(chat: Chat, response_id: Annotated[str, Words(_ids)] = "") -> None:
    """Remove a message and its answer, by default the last, everywhere it was kept; asks before."""
    known = _known(chat)
    doomed = message_of(_named(chat, response_id, known), known)
    if any(one.running for one in doomed):
        raise UsageError("its answer still runs as a job", "/cancel ends it.")
    after = chat.library.following(one.id for one in doomed)
    later = [one for one in after if _at_service(one)]
    there = [one for one in doomed if _at_service(one)]
    question = f"Forget {heading(doomed[0]) or 'this message'!r}: {counted(len(doomed), 'exchange')} here"
    if not await chat.confirm(f"{question}, {counted(len(there), 'response')} at the service?"):
        chat.terminal.dim("nothing was forgotten")
        return
    if later and await chat.confirm(
        f"{counted(len(later), 'later response')} at the service had it as context. Delete there too? "
        "Either way the conversation goes on in full, without it."
    ):
        there, later = [*there, *later], []
    left = await _delete(chat, there)
    _forget_here(chat, doomed, after)
    talks = list(dict.fromkeys(ident for one in doomed if (ident := conversation_of(one))))
    if conversation_at(chat.session, chat.service.origin) in talks:
        leave(chat, "the service's conversation holds it: this session goes on without that one")
    _tell_rest(chat, doomed, later, left)
    for ident in talks:
        chat.terminal.dim(
            f"not removed: what {ident} at the service holds of it · /conversation delete {ident}"
        )
    if after:
        chat.terminal.dim("not removed: whatever later messages quote of it")


def _known(chat: Chat) -> dict[str, Exchange]:
    """The exchanges of this session's tree, parents first."""
    made = chat.library.all_exchanges(chat.session.id)
    last = [chat.last] if chat.last is not None else []
    return {one.id: one for one in (*chat.session.path(), *made, *last)}


def _named(chat: Chat, response_id: str, known: dict[str, Exchange]) -> Exchange:
    if response_id:
        found = next((one for one in known.values() if one.turn.id == response_id), None)
        if found is None:
            raise UsageError(
                f"{response_id} is none of this conversation", "/history shows it, /show the last id."
            )
        return found
    last = chat.last or chat.session.last
    if last is None:
        raise UsageError("there is no message yet", "Say something first.")
    return last


def _at_service(one: Exchange) -> bool:
    return bool(one.turn.id) and one.stored and not one.deleted


async def _delete(chat: Chat, there: Sequence[Exchange]) -> int:
    """Delete at the service; tells how many could not be, which are remembered."""
    from azresp.ui.commands.deleting import delete_one, delete_waiting

    left = 0
    for one in there:
        try:
            await delete_one(chat, one.turn.id)
        except AzrespError as error:
            chat.terminal.strong(f"{one.turn.id}: not deleted: {error.what}")
            left += 1
    if len(there) > left:
        chat.terminal.dim(f"deleted {counted(len(there) - left, 'response')} at the service")
        await delete_waiting(chat)
    return left


def _forget_here(chat: Chat, doomed: Sequence[Exchange], after: Sequence[Exchange]) -> None:
    from azresp.ui.album import drawn_in

    with chat.files.dropping() as dropped:
        chat.library.forget(one.id for one in doomed)
        # Responses of the service may hold the message.
        chat.library.unchain(one.id for one in after if _at_service(one))
    used = chat.library.kept_files()
    drawn = {kept.sha256: kept for one in doomed for kept in drawn_in(one) if kept.sha256 not in used}
    pictures = sum(chat.gallery.forget(kept) for kept in drawn.values())
    typed = [chat.editor.forget_line(text) for text in {one.question for one in doomed if one.question}]
    gone = [
        counted(len(doomed), "exchange"),
        counted(dropped.count, "attachment") if dropped.count else "",
        counted(pictures, "picture") if pictures else "",
        "its line in the history" if any(typed) else "",
    ]
    chat.terminal.dim(f"removed here: {', '.join(part for part in gone if part)}")
    _go_on(chat, doomed, after)


def _go_on(chat: Chat, doomed: Sequence[Exchange], after: Sequence[Exchange]) -> None:
    """Take the session up again as it is now; a name that was made of the message gives way."""
    session = chat.library.load(chat.session.id)
    if session is None:  # it was never written
        session = replace(chat.session, head=None, exchanges={})
    ours = [chat.library.free_name(one.question).rstrip("-0123456789") for one in doomed if one.question]
    if session.name.rstrip("-0123456789") in ours:
        session = replace(session, name=chat.library.free_name("session"))
        chat.library.save(session, "name")
        chat.terminal.dim(
            f"its name was made of the message: it is {session.name} now, /rename gives another"
        )
    if after and session.head is not None and seals_in(session.path()):
        # So may what it compacted by itself, and nobody can look inside.
        session = omit(session, "compaction", session.head)
        chat.library.save(session)
    chat.session, chat.last = session, session.last


def _tell_rest(chat: Chat, doomed: Sequence[Exchange], later: Sequence[Exchange], left: int) -> None:
    """What could not be removed."""
    rest = []
    if left:
        rest.append(f"{counted(left, 'response')} at the service: remembered, the next deletion tries again")
    if later:
        rest.append(
            f"{counted(len(later), 'later response')} at the service that have it as context, for up to 30 days"
        )
    if any(answered(item) for one in doomed for item in one.said):
        rest.append("the audit log's lines about its calls")
    if any("file_id" in part for one in doomed for item in one.said for part in _parts(item)):
        rest.append("files that were uploaded for it: /files gc")
    for line in rest:
        chat.terminal.dim(f"not removed: {line}")


def _parts(item: dict[str, object]) -> list[dict[str, object]]:
    content = item.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
