"""Compacting a chat's conversation: by the service where it can, else by a summary turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azresp.core.compaction import SUMMARIZE, compact_body, compaction, summary_items
from azresp.core.events import dicts
from azresp.core.pictures import unforged
from azresp.core.session import message
from azresp.errors import AzrespError, ServiceError
from azresp.ports import Outcome
from azresp.ui.agreeing import say_on
from azresp.ui.commands.conversation import leave
from azresp.ui.commands.service import ports
from azresp.waiting import patiently

if TYPE_CHECKING:
    from azresp.core.session import Exchange, Session
    from azresp.core.sse import Wire
    from azresp.ui.chat import Chat


async def compact(chat: Chat) -> Exchange | None:
    """Let the conversation go on from a compaction of it; None: there is none, and the user was told why."""
    found = None if chat.service.origin in chat.cant_compact else await _by_service(chat)
    items, usage = found or (await _by_summary(chat), None)
    if not items:
        return None
    made = compaction(
        chat.session,
        chat.clock.ident(),
        items,
        usage=usage,
        now=chat.clock.now(),
        deployment=str(chat.tuner.value("deployment") or ""),
        origin=chat.service.origin,
    )
    chat.session = chat.session.with_exchange(made)
    chat.library.add(chat.session, [made])
    chat.move_head(made.id)
    chat.last = made
    return made


async def _by_service(chat: Chat) -> tuple[list[Wire], Any] | None:
    """What the service gives for the conversation, and what it counted; None where it has no compaction."""
    try:
        try:
            told = await _asked(chat, in_full=False)
        except ServiceError as error:
            if error.code != "previous_response_not_found":
                raise
            told = await _asked(chat, in_full=True)
    except ServiceError as error:
        if not _is_missing(error):
            raise
        chat.cant_compact.add(chat.service.origin)
        chat.terminal.dim("this service has no compaction: asking for a summary instead")
        return None
    items = list(dicts(told.get("output")))
    if not items:
        raise ServiceError("the service's compaction holds nothing", "The conversation is as it was.")
    # A picture in a kept message becomes a reference, as in answers.
    (cut,) = await chat.gallery.turn(chat.session).cut([{"data": [unforged(item) for item in items]}])
    return list(cut["data"]), told.get("usage")


async def _asked(chat: Chat, *, in_full: bool) -> Wire:
    body = compact_body(chat.session, chat.tuner.request(), chat.service.origin, in_full=in_full)
    filled = await chat.gallery.turn(chat.session).fill(body)
    chat.terminal.dim("compacting … · Ctrl-C stops")
    return await chat.stoppable(patiently(lambda: chat.service.compact(filled), ports(chat), safe=False))


def _is_missing(error: ServiceError) -> bool:
    """The endpoint, or this model, has no compaction."""
    if error.status in (405, 501):
        return True
    if error.status == 404:
        return error.code.lower() not in ("deploymentnotfound", "model_not_found", "response_not_found")
    what = f"{error.code} {error.what}".lower()
    return error.status == 400 and any(
        word in what for word in ("not supported", "unsupported", "invalid url")
    )


async def _by_summary(chat: Chat) -> list[Wire]:
    """The summary that the model gives, as items; its turn stays in the tree, beside the conversation."""
    leave(chat, "the service's conversation holds what was said: this branch goes on without it")
    head = chat.session.head
    settings = {key: value for key, value in chat.tuner.request().items() if key != "background"}

    async def hear(session: Session, said: tuple[Wire, ...], in_full: bool) -> Outcome:
        from azresp.ui.hearing import hear

        return await hear(chat, session, said, in_full=in_full, settings=settings)

    outcome = await say_on(chat, hear, chat.session, (message(SUMMARIZE),))
    chat.session = outcome.session
    if chat.session.head != head:
        chat.move_head(head)
    turn = outcome.exchange.turn
    if outcome.error is not None:
        raise outcome.error
    if outcome.stopped or turn.status != "completed" or not turn.text.strip():
        raise AzrespError("there is no whole summary", "The conversation is as it was.")
    return summary_items(turn.text)
