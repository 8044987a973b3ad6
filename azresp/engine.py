"""The loop with effects: say, hear, show, keep. Its ports are in `azresp.ports`."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from azresp.core.compose import compose
from azresp.core.events import Fault, Snapshot
from azresp.core.retry import LONGEST_WAIT_S, SETTLING_S
from azresp.core.session import BATCH, Exchange, Session, settle
from azresp.core.sse import Wire
from azresp.core.turn import Turn, advance, interrupt
from azresp.errors import AzrespError, NetworkError, ServiceError, UsageError
from azresp.hearing import Hearing
from azresp.ports import Outcome, Ports
from azresp.waiting import forgive_cancellation, patiently

CANCEL_S = 10.0
"""Whoever pressed Ctrl-C does not wait longer than this for the service."""
LONGEST_ANSWER_S = 600.0
"""Assumed length of an answer whose end the service did not date."""


async def converse(
    ports: Ports,
    session: Session,
    said: tuple[Wire, ...],
    settings: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
    in_full: bool = False,
    launch: bool = False,
) -> Outcome:
    """Say something in a session and hear the answer to its end, an error, or a stop (cancellation).

    The exchange is kept before the request goes out and sealed whatever happens. `launch`: settings ask for a
    background response, and as soon as it has an id it is left to itself.
    """
    if settings.get("background") and settings.get("store") is False:
        raise UsageError(
            "a background response must be stored at the service, and store is off",
            "Switch store on for it (--store), or ask in the foreground.",
        )
    body = compose(session, said, settings, origin=ports.gateway.origin, in_full=in_full)
    exchange = Exchange(
        id=ports.clock.ident(),
        parent=session.head,
        said=said,
        turn=Turn(),
        asked_at=ports.clock.now(),
        deployment=str(settings["deployment"]),
        origin=ports.gateway.origin,
        stored=settings.get("store") is not False,
        background=bool(settings.get("background")),
    )
    ports.ledger.begin(session, exchange)
    settling = _is_settling(session, body, ports.clock.now())
    hearing = Hearing(ports, exchange, settling=settling, launch=launch)
    return await _heard(ports, session, exchange, hearing, hearing.ask(body, headers), aside=launch)


async def follow(ports: Ports, session: Session, exchange: Exchange) -> Outcome:
    """Come back to a background response of a session: hear what was missed and what is still to come.

    If the conversation has not gone on from elsewhere meanwhile, a finished answer becomes its end.
    """
    ports.ledger.reopen(session, exchange)
    hearing = Hearing(ports, exchange)
    return await _heard(ports, session, exchange, hearing, hearing.go_on(), aside=True)


async def cancel(ports: Ports, session: Session, exchange: Exchange) -> Outcome:
    """Cancel a background response. Cancelling twice, or one that ended by itself, only tells how it stands."""
    try:
        return take(ports, session, exchange, await cancel_response(ports, exchange))
    except ServiceError as error:
        outcome = lose(ports, session, exchange, error)
        if outcome.exchange.running:
            raise
        return outcome


async def cancel_in_time(ports: Ports, outcome: Outcome) -> Outcome:
    """Cancel for somebody who pressed Ctrl-C. Raises AzrespError, also where the service does not answer soon."""
    try:
        async with asyncio.timeout(CANCEL_S):
            return await cancel(ports, outcome.session, outcome.exchange)
    except TimeoutError:
        what = f"not cancelled: the service did not answer within {CANCEL_S:.0f} s"
        raise NetworkError(what, "It runs on as a job; it can be cancelled later.") from None


async def cancel_response(ports: Ports, exchange: Exchange) -> Wire:
    """Cancel a background response at the service; gives it as it stands, however it ended."""
    response_id = exchange.turn.id

    async def ask() -> Wire:
        try:
            return await ports.gateway.cancel(response_id)
        except ServiceError as error:
            if error.status != 400:
                raise
            seen = await ports.gateway.look(response_id)
            if not advance(exchange.turn, Snapshot(None, seen)).over:
                raise
            return seen

    return await patiently(ask, ports, safe=True)


def take(ports: Ports, session: Session, exchange: Exchange, seen: Wire) -> Outcome:
    """The exchange after a look at its response: sealed if it is over, else as it stands, which is not kept."""
    exchange = replace(exchange, turn=advance(exchange.turn, Snapshot(None, seen)))
    if exchange.turn.over:
        session = ports.ledger.seal(_settled(session, exchange), exchange)
    return Outcome(session, exchange)


def lose(ports: Ports, session: Session, exchange: Exchange, error: AzrespError) -> Outcome:
    """The exchange after a look that failed: sealed as lost if the service has it no more, else as it is.

    One that was asked for moments ago may not be known to every part of the service yet.
    """
    turn, age = _ended(exchange.turn, error, runs_on=True), ports.clock.now() - exchange.asked_at
    if turn is not exchange.turn and not 0 <= age < SETTLING_S:
        exchange = replace(exchange, turn=turn)
        session = ports.ledger.seal(_settled(session, exchange), exchange)
    return Outcome(session, exchange, error)


async def _heard(
    ports: Ports,
    session: Session,
    exchange: Exchange,
    hearing: Hearing,
    work: Coroutine[Any, Any, None],
    *,
    aside: bool,
) -> Outcome:
    """Do the work of a hearing, and seal the exchange whatever happens.

    One that was heard to its end where it was asked, and not `aside`, was no job after all.
    """
    error, stopped = None, False
    try:
        await work
    except AzrespError as caught:
        error = caught
    except asyncio.CancelledError:
        # Who stops an answer in the moment after its end stops nothing.
        stopped = not hearing.turn.over
        forgive_cancellation()
    finally:
        exchange = replace(exchange, turn=_ended(hearing.turn, error, runs_on=exchange.background))
        begun = exchange.turn.status != "failed" or bool(exchange.turn.id)  # what was refused never was a job
        exchange = replace(exchange, background=exchange.background and begun and (aside or exchange.running))
        if hearing.turn.response.get("store") is False:
            # An organisation without retention: asked to store or not, it does not, and nothing can build on it.
            exchange = replace(exchange, stored=False)
        session = ports.ledger.seal(_settled(session, exchange), exchange)
    try:
        ports.screen.show(exchange.turn)
    except AzrespError as caught:
        error = error or caught
    return Outcome(session, exchange, error, stopped)


def _settled(session: Session, exchange: Exchange) -> Session:
    """The session after an exchange; one that goes on from elsewhere meanwhile only gains a branch."""
    apart = session.head != exchange.parent or BATCH in session.settings
    return session.with_exchange(exchange) if apart else settle(session, exchange)


def _ended(turn: Turn, error: AzrespError | None, *, runs_on: bool) -> Turn:
    """The turn as it is kept; one of which nothing was heard tells why, so that it can be told again tomorrow."""
    if runs_on and turn.id and not turn.over:
        gone = isinstance(error, ServiceError) and error.status == 404
        return replace(interrupt(turn), fault=Fault("", str(error))) if gone else turn
    if turn.id or turn.items or turn.fault is not None:
        return interrupt(turn)
    match error:
        case ServiceError(status=status, code=code):
            what = f"{error.what} (HTTP {status})" if status else error.what
            return replace(turn, status="failed", fault=Fault(code, what))
        case NetworkError():
            return replace(interrupt(turn), fault=Fault("", error.what))
    return interrupt(turn)


def _is_settling(session: Session, body: Wire, now: float) -> bool:
    last = session.last
    if last is None or "previous_response_id" not in body:
        return False
    # Between asking and the answer's begin there may have been a wait for the rate limit.
    return now - (last.asked_at + _took_s(last)) < SETTLING_S + LONGEST_WAIT_S


def _took_s(exchange: Exchange) -> float:
    """How long the answer took. Both times are the service's, whose clock need not agree with ours."""
    told = exchange.turn.response
    begun, ended = told.get("created_at"), told.get("completed_at")
    if isinstance(begun, int | float) and isinstance(ended, int | float) and 0 <= ended - begun < 1e9:
        return float(ended - begun)
    return LONGEST_ANSWER_S
