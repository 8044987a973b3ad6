"""Whatever is done to a conversation in between, the model has before it what the conversation shows, and nothing else.

The service of this test does what nobody has promised that it does not: a chain that lost a link begins after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.compaction import compaction
from azresp.core.compose import compose, in_view, items_of
from azresp.core.conversation import conversation_at, talking_in
from azresp.core.omissions import unchain
from azresp.core.session import Exchange, Session, message, settle, undo
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from tests.core.streams import fold_wires

PLACES = ("https://one/", "https://two/")
DEEDS = (
    "say",
    "say",
    "say",
    "unstored",
    "forget",
    "delete",
    "undo",
    "move",
    "compact",
    "talk",
    "leave",
    "full",
)


@dataclass
class _Service:
    """Keeps what each response added to the one before it, and conversations."""

    origin: str
    added: dict[str, tuple[str | None, list[Wire]]] = field(default_factory=dict)
    talks: dict[str, list[Wire]] = field(default_factory=dict)

    def answer(self, body: Wire, ident: str, store: bool) -> tuple[list[Wire], Turn]:
        """What the model had before it, and what it said."""
        anchor, talk = body.get("previous_response_id"), body.get("conversation")
        before = list(self.talks.get(talk, [])) if talk else self._chain(anchor)
        told: Wire = {"type": "message", "content": [{"type": "output_text", "text": f"answer {ident}"}]}
        own = [*body["input"], told]
        if talk:
            self.talks.setdefault(talk, []).extend(own)
        if store:
            self.added[ident] = (anchor, [*(before if talk else []), *own])
        response = {"id": ident, "status": "completed", "output": [told], "previous_response_id": anchor}
        response |= {"conversation": {"id": talk}} if talk else {}
        turn = fold_wires([{"type": "response.completed", "response": response}])
        return [*before, *body["input"]], turn

    def _chain(self, anchor: str | None) -> list[Wire]:
        if anchor is None or anchor not in self.added:
            return []
        before, own = self.added[anchor]
        return [*self._chain(before), *own]


def _words(items: list[Wire]) -> list[str]:
    parts = (
        part
        for item in items
        for part in item.get("content", ({"text": str(item.get("encrypted_content"))},))
    )
    return [str(part["text"]) for part in parts]


def _shown(session: Session, origin: str) -> list[str]:
    return _words([item for one in in_view(session.path(), origin) for item in items_of([one], origin)])


def _without(session: Session, gone: Exchange) -> Session:
    """As `/forget` leaves it, if later responses are to stay at the service: it leaves a conversation there, too."""
    after = {gone.id}
    for one in session.exchanges.values():  # parents stand before those that build on them
        after |= {one.id} if one.parent in after else set()
    left = {
        one.id: replace(one, parent=gone.parent) if one.parent == gone.id else one
        for one in session.exchanges.values()
        if one.id != gone.id
    }
    head = gone.parent if session.head == gone.id else session.head
    return unchain(replace(talking_in(session, "", ""), exchanges=left, head=head), after - {gone.id})


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 5)), max_size=14))
def test_the_model_has_before_it_what_the_conversation_shows(deeds: list[tuple[str, int]]) -> None:
    services, at, numbers = {one: _Service(one) for one in PLACES}, PLACES[0], count()
    session = Session("s", "talk")
    for deed, which in deeds:
        path = session.path()
        chosen = path[which % len(path)] if path else None
        match deed:
            case "move":
                at = PLACES[which % 2]
            case "undo":
                session = talking_in(undo(session), "", "")
            case "talk":
                session = talking_in(session, f"conv_{next(numbers)}", at)
            case "leave":
                session = talking_in(session, "", "")
            case "delete" if chosen is not None and chosen.origin == at:
                services[at].added.pop(chosen.turn.id, None)
                session = session.with_exchange(replace(chosen, deleted=True))
            case "forget" if chosen is not None and not chosen.compaction:
                session = _without(session, chosen)
            case "compact" if chosen is not None:
                seal = [message("kept"), {"type": "compaction", "encrypted_content": f"seal {next(numbers)}"}]
                made = compaction(
                    session, f"e{next(numbers)}", seal, usage=None, now=1.0, deployment="gpt", origin=at
                )
                session = replace(talking_in(session.with_exchange(made), "", ""), head=made.id)
            case "say" | "unstored" | "full":
                n = next(numbers)
                said, store = (message(f"question {n}"),), deed != "unstored"
                settings = {"deployment": "gpt", "store": store}
                body = compose(session, said, settings, origin=at, in_full=deed == "full")
                had, turn = services[at].answer(body, f"resp_{n}", store)
                assert _words(had) == [*_shown(session, at), f"question {n}"], (
                    deed,
                    conversation_at(session, at),
                )
                one = Exchange(f"e{n}", session.head, said, turn, 1.0, "gpt", at, stored=store)
                session = settle(session, one)
