"""Recorded compactions and conversations, played again: the requests are those of then in what matters."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from azresp.azure.gateway import Gateway
from azresp.core.compaction import compact_body, compaction
from azresp.core.compose import items_of
from azresp.core.conversation import conversation_at, is_in, talking_in
from azresp.core.session import Session, message
from azresp.core.sse import Wire
from azresp.engine import converse
from tests.engine.ports import ports
from tests.engine.test_recorded_tools import _matter
from tests.replay import ReplayServer, recorded

CHAINS = (
    "pydai-compact-with-auto-previous-response-id-chain",
    "pydai-compact-messages",
    "pydai-compact-with-instructions",
)


def folders(shared: Path, name: str) -> list[Path]:
    return sorted((shared / "recordings").glob(f"{name}--*"))


def request(folder: Path) -> Any:
    return json.loads((folder / "request.json").read_text())


async def play(steps: list[Path]) -> list[Wire]:
    """What azresp sends where the recorded client sent its requests."""
    with ReplayServer([recorded(step) for step in steps]) as server:
        async with ports(server.base_url) as own:
            assert isinstance(own.gateway, Gateway)
            session, origin = Session("s", "talk"), own.gateway.origin
            for number, step in enumerate(steps):
                body = request(step)["body"]
                told = {"deployment": body["model"], "instructions": body.get("instructions")}
                # One of the clients had a service that kept nothing.
                full = not any(request(one)["body"].get("previous_response_id") for one in steps)
                if request(step)["path"].endswith("/compact"):
                    made = await own.gateway.compact(compact_body(session, told, origin, in_full=full))
                    one = compaction(
                        session,
                        f"c{number}",
                        made["output"],
                        usage=made["usage"],
                        now=1.0,
                        deployment="gpt",
                        origin=origin,
                    )
                    own.ledger.add(session, [one])  # type: ignore[attr-defined]  # it is a Store
                    session = own.ledger.move(replace(session.with_exchange(one), head=one.id), session.head)  # type: ignore[attr-defined]
                else:
                    said = (message(body["input"][-1]["content"]),)
                    outcome = await converse(own, session, said, told, in_full=full)
                    session = outcome.session
            return [one.json for one in server.requests]


def test_recorded_compactions_are_asked_for_and_gone_on_from(shared: Path) -> None:
    compared = 0
    for name in CHAINS:
        steps = folders(shared, name)
        for step, ours in zip(steps, asyncio.run(play(steps)), strict=True):
            theirs = request(step)["body"]
            assert ours.get("previous_response_id") == theirs.get("previous_response_id"), step.name
            assert ours.get("instructions") == theirs.get("instructions")
            # That client threw away the messages that the service kept beside the seal.
            sealed = [item for item in ours["input"] if item["type"] == "compaction"]
            at = ours["input"].index(sealed[-1]) if sealed else 0
            assert _matter(ours["input"][at:]) == _matter(theirs["input"]), step.name
            assert sealed[-1:] == [one for one in theirs["input"] if one.get("type") == "compaction"]
            compared += 1
    assert compared == 14


def test_a_compaction_inside_of_an_answer_is_kept_and_sent_again(shared: Path) -> None:
    (folder,) = folders(shared, "vercel-openai-compaction-1-sse")

    async def heard() -> Session:
        with ReplayServer([recorded(folder)]) as server:
            async with ports(server.base_url) as own:
                return (
                    await converse(own, Session("s", "t"), (message("hi"),), {"deployment": "gpt"})
                ).session

    path = asyncio.run(heard()).path()
    last = [
        line for line in (folder / "response.sse").read_text().splitlines() if "response.completed" in line
    ]
    output = json.loads(last[-1][5:])["response"]["output"]
    assert [one for one in items_of(path) if one["type"] == "compaction"] == [
        one for one in output if one["type"] == "compaction"
    ]


def test_the_recorded_conversation_is_talked_in_paged_and_deleted(shared: Path) -> None:
    steps = folders(shared, "oaidotnet-responseusingconversations")

    async def talk() -> list[Any]:
        with ReplayServer([recorded(step) for step in steps]) as server:
            async with ports(server.base_url) as own:
                assert isinstance(own.gateway, Gateway)
                there, origin = own.gateway.conversations, own.gateway.origin
                ident = (await there.create())["id"]
                session = talking_in(Session("s", "talk"), ident, origin)
                outcome = await converse(own, session, (message("Tell me a joke."),), {"deployment": "gpt"})
                assert is_in(outcome.session.last, conversation_at(outcome.session, origin))
                items = await there.items(ident)
                assert len(items["data"]) == 3
                assert (await there.delete(ident))["deleted"] is True
                return [(one.method, one.path, one.body) for one in server.requests]

    sent = asyncio.run(talk())
    theirs = [request(step) for step in steps]
    assert [(method, path.removeprefix("/openai")) for method, path, _ in sent] == [
        (one["method"], one["path"]) for one in theirs
    ]
    ours = json.loads(sent[1][2])
    assert ours["conversation"] == theirs[1]["body"]["conversation"]["id"]
    assert _matter(ours["input"]) == _matter(theirs[1]["body"]["input"])
    assert "previous_response_id" not in ours
