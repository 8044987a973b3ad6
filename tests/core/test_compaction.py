"""What the model has before it after a compaction, here and elsewhere."""

from __future__ import annotations

from dataclasses import replace

from azresp.core.compaction import compact_body, compaction, summary_items
from azresp.core.compose import compose, items_of
from azresp.core.context import size
from azresp.core.events import Snapshot
from azresp.core.forgetting import message_of
from azresp.core.omissions import omit
from azresp.core.session import Exchange, Session, message, undo
from azresp.core.sse import Wire
from azresp.core.turn import fold

SEALED: list[Wire] = [message("one"), {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}]
SETTINGS = {"deployment": "gpt", "instructions": "Be short.", "temperature": 1.0}


def talk(name: str, parent: str | None, origin: str = "here") -> Exchange:
    answer: Wire = {"type": "message", "content": [{"type": "output_text", "text": f"re: {name}"}]}
    told = {"id": f"resp_{name}", "status": "completed", "output": [answer]}
    return Exchange(name, parent, (message(name),), fold([Snapshot(None, told)]), 0.0, origin=origin)


def compacted(items: list[Wire]) -> Session:
    session = Session("s", "talk", "two")
    for one in (talk("one", None), talk("two", "one")):
        session = session.with_exchange(one)
    usage = {"input_tokens": 900, "output_tokens": 30}
    made = compaction(session, "three", items, usage=usage, now=1.0, deployment="gpt", origin="here")
    return replace(session.with_exchange(made), head=made.id)


def words(items: list[Wire]) -> list[str]:
    return [item["content"][0]["text"] if "content" in item else item["type"] for item in items]


def test_a_compaction_stands_for_its_path_where_it_can_be_read() -> None:
    session, now = compacted(SEALED), (message("now"),)
    here = compose(session, now, SETTINGS, origin="here")
    assert words(here["input"]) == ["one", "compaction", "now"]
    assert "previous_response_id" not in here
    elsewhere = compose(session, now, SETTINGS, origin="there")
    assert words(elsewhere["input"]) == ["one", "re: one", "two", "re: two", "now"]
    summary = compose(compacted(summary_items("a gist")), now, SETTINGS, origin="there")
    assert [
        text.endswith(end) for text, end in zip(words(summary["input"]), ("a gist", "now"), strict=True)
    ] == [
        True,
        True,
    ]
    refused = compose(omit(session, "reasoning", "three"), now, SETTINGS, origin="here")
    assert words(refused["input"]) == words(elsewhere["input"])
    assert words(items_of(session.path())) == ["one", "re: one", "two", "re: two"]
    assert 30 < size(session.path(), SETTINGS).tokens < 60


def test_what_follows_chains_and_is_compacted_again_from_there() -> None:
    session = compacted(SEALED)
    later = replace(session.with_exchange(talk("four", "three")), head="four")
    assert compose(later, (), SETTINGS, origin="here")["previous_response_id"] == "resp_four"
    body = compact_body(later, SETTINGS, "here", in_full=False)
    assert body == {
        "model": "gpt",
        "input": [],
        "previous_response_id": "resp_four",
        "instructions": "Be short.",
    }
    full = compact_body(later, SETTINGS, "here", in_full=True)
    assert words(full["input"]) == ["one", "compaction", "four", "re: four"]


def test_a_compaction_is_no_question_and_goes_with_what_it_repeats() -> None:
    session = compacted(SEALED)
    assert session.exchanges["three"].question == ""
    assert undo(session).head == "two"
    gone = message_of(session.exchanges["one"], session.exchanges)
    assert [one.id for one in gone] == ["one", "three"]
    assert [one.id for one in message_of(session.exchanges["three"], session.exchanges)] == ["three"]


def test_what_the_service_compacted_by_itself_goes_along_once_as_its_seal() -> None:
    seal: Wire = {"type": "compaction", "id": "cmp_2", "encrypted_content": "gBBB"}
    call: Wire = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
    output: Wire = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
    told = {"id": "resp_two", "status": "completed", "output": [call, seal]}
    first = replace(talk("one", None), said=(message("be kind", "developer"), message("one")))
    two = replace(talk("two", "one"), turn=fold([Snapshot(None, told)]))
    session = replace(Session("s", "talk", "two"), exchanges={"one": first, "two": two})
    for origin, said in (
        ("here", ["be kind", "function_call", "compaction", "function_call_output"]),
        ("there", ["be kind", "one", "re: one", "two", "function_call", "function_call_output"]),
    ):
        assert words(compose(session, (output,), SETTINGS | {"store": False}, origin=origin)["input"]) == said
    # A seal that is refused stands for nothing.
    refused = compose(omit(session, "reasoning", "two"), (), SETTINGS | {"store": False}, origin="here")
    assert words(refused["input"]) == ["be kind", "one", "re: one", "two", "function_call"]
