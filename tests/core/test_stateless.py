"""However a conversation is kept - stored, stateless, rebuilt, moved - the model has the same before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azresp.core.compose import chain_anchor, compose
from azresp.core.omissions import CIPHERTEXT
from azresp.core.pictures import Kept
from azresp.core.session import Exchange, Session, message, settle, undo
from azresp.core.sse import Wire
from azresp.core.turn import Turn
from tests.core.streams import fold_wires

PLACES = ("https://one/", "https://two/")


@dataclass
class Service:
    """Keeps the items of what it stored, and forgets when told; knows what the model had before it."""

    origin: str
    kept: dict[str, list[Wire]] = field(default_factory=dict)
    made: int = 0

    def answer(self, body: Wire, output: list[Wire]) -> tuple[list[Wire], Turn] | None:
        """What the model has before it, and its turn; None for an unknown anchor."""
        anchor = body.get("previous_response_id")
        if anchor is not None and anchor not in self.kept:
            return None
        context = [*(self.kept[anchor] if anchor else []), *body["input"]]
        self.made += 1
        ident = f"resp_{self.origin[8:11]}{self.made}"
        if CIPHERTEXT in body.get("include", ()):
            sealed = {"encrypted_content": f"{self.origin}{self.made}"}
            output = [item | sealed if item["type"] == "reasoning" else item for item in output]
        if body["store"]:
            self.kept[ident] = [*context, *output]
        response = {"id": ident, "status": "completed", "output": output}
        return context, fold_wires([{"type": "response.completed", "response": response}])


def _matter(items: list[Wire]) -> list[Any]:
    """What the model sees: no ids but those that others name; a picture is one in either form."""
    found: list[Any] = []
    for item in items:
        kind = item.get("type")
        parts = item.get("content") or ()
        pictures = [part["image_url"] for part in parts if part["type"] == "input_image"]
        if kind == "reasoning":
            continue
        if pictures or kind == "image_generation_call":
            found.append(("picture", *(pictures or [item["result"]])))
        elif kind == "message":
            found.append((item["role"], [(part["text"], part.get("annotations")) for part in parts]))
        else:
            own = ("id", "status") if kind == "function_call" else ("status",)
            found.append({key: value for key, value in item.items() if key not in own})
    return found


def _output(shape: str, n: int) -> list[Wire]:
    cited = {"type": "url_citation", "url": f"https://x/{n}", "title": "X", "start_index": 0, "end_index": 1}
    text = {"type": "output_text", "text": f"answer {n}", "annotations": [cited], "logprobs": []}
    reply: Wire = {
        "type": "message", "id": f"msg_{n}", "status": "completed", "role": "assistant", "content": [text],
    }  # fmt: skip
    thought: Wire = {"type": "reasoning", "id": f"rs_{n}", "summary": []}
    match shape:
        case "call":
            call = {
                "id": f"fc_{n}",
                "status": "completed",
                "call_id": f"call_{n}",
                "name": "f",
                "arguments": "{}",
            }
            return [thought, {"type": "function_call", **call}]
        case "approval":
            ask = {"id": f"mcpr_{n}", "name": "n", "server_label": "docs", "arguments": "{}"}
            return [{"type": "mcp_approval_request", **ask}]
        case "picture":
            result = Kept(f"/p/{n}.png", 1, f"{n}", "image/png").to_wire()
            return [{"type": "image_generation_call", "id": f"ig_{n}", "result": result}, reply]
    return [thought, reply]


def _said(session: Session, n: int) -> tuple[Wire, ...]:
    last = session.last.turn.items[-1].wire if session.last else {}
    match last.get("type"):
        case "function_call":
            return ({"type": "function_call_output", "call_id": last["call_id"], "output": f"gave {n}"},)
        case "mcp_approval_request":
            return ({"type": "mcp_approval_response", "approval_request_id": last["id"], "approve": True},)
    return (message(f"question {n}"),)


STEP = st.tuples(
    st.sampled_from(["reply", "call", "approval", "picture", "undo"]),
    st.booleans(),  # store
    st.booleans(),  # the service forgets everything before it
    st.sampled_from(PLACES),
)


@given(st.lists(STEP, max_size=8))
def test_a_session_stored_stateless_rebuilt_or_moved_at_any_point_has_the_same_context(
    steps: list[tuple[str, bool, bool, str]],
) -> None:
    services = {origin: Service(origin) for origin in PLACES}
    session = Session("s", "talk")
    for n, (shape, store, forgets, origin) in enumerate(steps):
        if shape == "undo":
            session = undo(session)
            continue
        service, said = services[origin], _said(session, n)
        if forgets:
            service.kept.clear()
        ideal = [item for one in session.path() for item in (*one.said, *(i.wire for i in one.turn.items))]
        settings = {"deployment": "gpt", "store": store}
        body = compose(session, said, settings, origin=origin)
        assert (body.get("previous_response_id") is not None) == bool(store and chain_anchor(session, origin))
        heard = service.answer(body, _output(shape, n))
        if heard is None:
            heard = service.answer(
                compose(session, said, settings, origin=origin, in_full=True), _output(shape, n)
            )
        assert heard is not None
        context, turn = heard
        assert _matter(context) == _matter([*ideal, *said])
        sealed = [item["encrypted_content"] for item in context if "encrypted_content" in item]
        assert all(one.startswith(origin) for one in sealed)
        session = settle(
            session, Exchange(f"e{n}", session.head, said, turn, 1.0, "gpt", origin, stored=store)
        )


@given(st.lists(st.sampled_from(["reply", "call", "approval", "picture"]), max_size=6))
def test_without_storing_the_train_of_thought_goes_along_whole(shapes: list[str]) -> None:
    service, session, thoughts = Service(PLACES[0]), Session("s", "talk"), 0
    for n, shape in enumerate(shapes):
        said = _said(session, n)
        heard = service.answer(
            compose(session, said, {"deployment": "gpt", "store": False}, origin=PLACES[0]), _output(shape, n)
        )
        assert heard is not None
        context, turn = heard
        assert len([item for item in context if item.get("encrypted_content")]) == thoughts
        thoughts += sum(item.kind == "reasoning" for item in turn.items)
        session = settle(
            session, Exchange(f"e{n}", session.head, said, turn, 1.0, "gpt", PLACES[0], stored=False)
        )
