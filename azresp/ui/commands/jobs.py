"""Commands about background jobs: start one, list, come back, cancel, go on from an answer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

from azresp.core.asks import asks, open_asks
from azresp.core.conversation import talking_in
from azresp.core.session import message
from azresp.engine import cancel as cancel_response
from azresp.errors import UsageError
from azresp.ui.commands.registry import Rest, Words, command
from azresp.ui.commands.service import ports
from azresp.ui.commands.sessions import age, show_exchange
from azresp.ui.heading import heading
from azresp.ui.jobs import how
from azresp.ui.moving import switch

if TYPE_CHECKING:
    from azresp.ui.chat import Chat
    from azresp.ui.ports import Job


def _numbers(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [str(job.number) for job in reversed(chat.jobs.listed())]


def _running(chat: Chat, before: tuple[str, ...]) -> list[str]:
    return [str(job.number) for job in reversed(chat.jobs.listed()) if job.exchange.running]


def _found(chat: Chat, word: str) -> Job:
    jobs = chat.jobs.listed()
    found = [job for job in jobs if word in (str(job.number), job.exchange.turn.id)]
    if not found:
        raise UsageError(f"there is no job {word!r}", "/jobs lists them, /bg starts one.")
    return found[0]


def _demand_here(chat: Chat, job: Job) -> None:
    if job.exchange.origin != chat.service.origin:
        raise UsageError(
            f"job {job.number} is at {job.exchange.origin}, this chat at {chat.service.origin}",
            "Start azresp with its profile or endpoint.",
        )


@command("bg")
async def bg(chat: Chat, prompt: Annotated[str, Rest()]) -> None:
    """Ask in the background, on a branch of its own; the prompt is free at once."""
    from azresp.insisting import insist
    from azresp.ui.agreeing import Chatting
    from azresp.ui.hearing import launch

    if open_asks(chat.session):
        raise UsageError("the last answer waits for yours", "/answer first.")
    waiting, said = chat.attached, (message(prompt, parts=await chat.take_attached(prompt)),)
    if not await chat.gate.passes(chat, chat.session, said):
        chat.attached = waiting
        return
    # A conversation at the service has no branches: it stays with the chat.
    session = talking_in(chat.session, "", "")
    session = replace(session, id=chat.clock.ident(), name=chat.library.free_name(prompt))
    hear = partial(launch, chat)
    outcome = await insist(hear, session, said, Chatting(chat))
    if outcome.error is not None:
        chat.show_error(outcome.error)
    if outcome.stopped and not outcome.exchange.running:
        chat.terminal.dim("stopped · it may run all the same, but its id is not known")
    chat.jobs.look()
    if (job := chat.jobs.of(outcome.exchange.id)) is not None and outcome.exchange.running:
        chat.terminal.dim(
            f"job {job.number} runs at the service · /jobs lists, /attach {job.number} shows, "
            f"/cancel {job.number} ends it"
        )


@command("jobs")
async def jobs(chat: Chat, which: Annotated[str, Words(lambda chat, before: ["all"])] = "") -> None:
    """List background jobs; all: also those that ended over a day ago."""
    if which not in ("", "all"):
        raise UsageError(f"/jobs takes all or nothing, got {which!r}")
    now = chat.clock.now()
    rows = [
        (
            f"{job.number}",
            f"{how(job.exchange)} · {age(now - job.exchange.asked_at)} · {job.exchange.deployment} · "
            f"{heading(job.exchange)}",
        )
        for job in chat.jobs.listed()
        if which or job.exchange.running or now - job.exchange.asked_at < 86_400
    ]
    if not rows:
        chat.terminal.dim("no background jobs · /bg PROMPT starts one")
    chat.terminal.pairs(rows)


@command("attach")
async def attach(chat: Chat, job: Annotated[str, Words(_numbers)]) -> None:
    """Show what a job said so far and what it says now. Ctrl-C leaves it, and it runs on."""
    from azresp.ui.hearing import come_back

    found = _found(chat, job)
    session = chat.jobs.session(found)
    if not found.exchange.running:
        chat.library.jobs.tell(found.exchange.id)
        show_exchange(chat, found.exchange)
    else:
        _demand_here(chat, found)
        chat.terminal.said(found.exchange.question)
        chat.jobs.hold(found.exchange.id)
        try:
            outcome = await come_back(chat, session, found.exchange)
            if not outcome.exchange.running:
                chat.library.jobs.tell(outcome.exchange.id)
            if outcome.session.id == chat.session.id:
                chat.session, chat.last = outcome.session, outcome.exchange
        finally:
            chat.jobs.release(found.exchange.id)
        if outcome.error is not None:
            chat.show_error(outcome.error)
        found = found._replace(exchange=outcome.exchange)
        chat.terminal.gap()
        chat.terminal.dim(f"job {found.number} {how(found.exchange)}")
    if asks(found.exchange.turn):
        chat.terminal.dim(f"it waits for you: /take {found.number} puts its questions to you")
    elif found.exchange.turn.finished and chat.session.head != found.exchange.id:
        chat.terminal.dim(f"/take {found.number} goes on from it")


@command("cancel")
async def cancel(chat: Chat, job: Annotated[str, Words(_running)]) -> None:
    """Cancel a job at the service; one that is over only tells how it ended."""
    found = _found(chat, job)
    exchange = found.exchange
    if exchange.running:
        _demand_here(chat, found)
        session = chat.jobs.session(found)
        outcome = await chat.stoppable(cancel_response(ports(chat), session, exchange))
        exchange = outcome.exchange
        if outcome.session.id == chat.session.id:
            chat.session = outcome.session
    chat.library.jobs.tell(exchange.id)
    chat.terminal.dim(f"job {found.number} {how(exchange)}")
    chat.jobs.look()


@command("take")
async def take(chat: Chat, job: Annotated[str, Words(_numbers)]) -> None:
    """Go on from a job's answer; what it asks is put to you now."""
    found = _found(chat, job)
    exchange = found.exchange
    if not exchange.turn.finished:
        step = f"/attach {found.number} hears it." if exchange.running else "/attach shows what it said."
        raise UsageError(f"job {found.number} has no answer to go on from: {how(exchange)}", step)
    chat.library.jobs.tell(exchange.id)
    if chat.session.head is None and not chat.session.name:
        switch(chat, chat.jobs.session(found))
    if chat.session.head != exchange.id:
        path = {one.id: one for one in chat.library.path_to(exchange.id)}
        chat.session = replace(chat.session, exchanges={**chat.session.exchanges, **path})
        chat.move_head(exchange.id)
    chat.last = exchange
    chat.terminal.dim(f"the conversation goes on from: {heading(exchange)}")
    await chat.answer_asks()
