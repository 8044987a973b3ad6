"""Saying something again in another form where the service refused the first: it was not run, nothing is billed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from azresp.core.compose import sent_again
from azresp.core.conversation import talking_in
from azresp.core.obstacles import Kind, Obstacle, obstacle, type_of
from azresp.core.omissions import CIPHERTEXT, omit
from azresp.core.session import Session
from azresp.core.sse import Wire
from azresp.errors import AzrespError
from azresp.ports import Outcome

Hear = Callable[[Session, tuple[Wire, ...], bool], Awaitable[Outcome]]
"""Says something in a session, in full or not, and hears the answer."""


class Consent(Protocol):
    """Who decides whether it goes again, and is told what was changed."""

    async def rebuild(self, session: Session, error: AzrespError) -> bool: ...
    async def unstored(self, session: Session, error: AzrespError) -> Session | None: ...
    def omitted(self, line: str) -> None: ...


async def insist(hear: Hear, session: Session, said: tuple[Wire, ...], consent: Consent) -> Outcome:
    """Say something, and where it is refused for how it was said, say it once more in another way for each reason.

    A lost head: in full, if `consent` agrees. No storing: without, if `consent` agrees, which changes the setting.
    Items that the service does not take: without them, and the session remembers it.
    """
    in_full, tried = False, set[Obstacle]()
    while True:
        outcome = await hear(session, said, in_full)
        met = None if outcome.exchange.turn.id else obstacle(outcome.error)
        if met is None or met in tried or outcome.error is None:
            return outcome
        tried.add(met)
        session = outcome.session
        match met.kind:
            case Kind.HEAD:
                if in_full or session.head is None or not await consent.rebuild(session, outcome.error):
                    return outcome
                # One that it talked in is gone for good: not to be asked for again at each message.
                in_full, session = True, talking_in(session, "", "")
            case Kind.STORE:
                unstored = await consent.unstored(session, outcome.error)
                if unstored is None:
                    return outcome
                session = unstored
            case Kind.CIPHERTEXT:
                session = omit(session, CIPHERTEXT, outcome.exchange.deployment)
            case Kind.REASONING | Kind.ITEM:
                kind = "reasoning" if met.kind is Kind.REASONING else type_of(met.ids, session.path())
                shorter = _shorter(session, kind)
                if shorter is None:
                    return outcome
                session = shorter
                consent.omitted(_told(kind))


def _shorter(session: Session, kind: str) -> Session | None:
    """The session without items of a kind so far; None if it would send the same."""
    if not kind or session.head is None:
        return None
    omitting = omit(session, kind, session.head)
    return omitting if sent_again(omitting) != sent_again(session) else None


def _told(kind: str) -> str:
    if kind == "reasoning":
        return "the service can't read the reasoning of earlier answers any more: going on without it"
    return f"the service does not take the conversation's {kind} items back: going on without them"
