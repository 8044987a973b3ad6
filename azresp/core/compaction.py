"""Compaction: a conversation becomes a few items that stand for it; the tree keeps what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from azresp.core.compose import compose
from azresp.core.conversation import talking_in
from azresp.core.session import COMPACTION, Exchange, Session, message
from azresp.core.sse import Wire
from azresp.core.turn import Turn

SUMMARIZE = (
    "Summarize our conversation so far, so that you could go on from the summary alone. Keep names, numbers, "
    "decisions, constraints, the exact text of code and quotes that still matter, what was tried, and what is open. "
    "Leave out pleasantries. Answer with the summary only."
)
"""What is asked where the service has no compaction."""
_SUMMARY = "Summary of our conversation so far; go on from here:"
_TAKEN = ("model", "input", "previous_response_id", "instructions")
"""What `/responses/compact` takes of a create body."""


def compact_body(session: Session, settings: Mapping[str, object], origin: str, *, in_full: bool) -> Wire:
    """The body of `/responses/compact` for a session."""
    session = talking_in(session, "", "")  # the route takes no conversation
    body = compose(session, (), settings, origin=origin, in_full=in_full)
    return {key: body[key] for key in _TAKEN if key in body}


def summary_items(text: str) -> list[Wire]:
    """The items that stand for a conversation that the model summarized."""
    return [message(f"{_SUMMARY}\n\n{text.strip()}")]


def compaction(
    session: Session,
    ident: str,
    items: Iterable[Wire],
    *,
    usage: object,
    now: float,
    deployment: str,
    origin: str,
) -> Exchange:
    """The exchange after the head that says `items` in place of all before it. No response can be built on it."""
    told: Wire = {"object": COMPACTION} | ({"usage": usage} if isinstance(usage, dict) else {})
    return Exchange(
        id=ident,
        parent=session.head,
        said=tuple(items),
        turn=Turn(status="completed", response=told),
        asked_at=now,
        deployment=deployment,
        origin=origin,
        stored=False,
    )
