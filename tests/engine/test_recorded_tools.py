"""Recorded conversations with tools, played again: what azresp sends is what was sent then, in what matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azresp.answering import Answerer
from azresp.core.approval import Policy
from azresp.core.asks import answered, asks
from azresp.core.canonical import canonical
from azresp.core.session import Session, message
from azresp.core.sse import Wire
from azresp.engine import converse
from tests.engine.desk import ListDesk, Offer, Ran, local
from tests.engine.ports import ports
from tests.replay import ReplayServer, recorded

LEAST = 30
"""So many recorded requests follow a turn of the same conversation, at the least."""


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded exchange."""

    folder: Path
    body: Wire

    @property
    def said(self) -> list[Wire]:
        given = self.body.get("input") or []
        return [message(given)] if isinstance(given, str) else given


def _conversations(shared: Path) -> Iterator[list[Step]]:
    """The recorded conversations about tools, MCP and hosted tools, as far as each request goes on from the last."""
    index = json.loads((shared / "recordings/index.json").read_text())
    found: dict[str, list[dict[str, Any]]] = {}
    for case in index:
        found.setdefault(case["conversation"], []).append(case)
    for cases in found.values():
        tags = {tag for case in cases for tag in case["covers"]}
        if not tags & set("dei") or "g" in tags:  # background jobs are another matter
            continue
        steps = []
        for case in cases:
            folder = shared / "recordings" / case["id"]
            request = json.loads((folder / "request.json").read_text())
            if case["path"].endswith("/responses") and case["method"] == "POST" and request["body"]:
                steps.append(Step(folder, request["body"]))
        yield from _runs(steps)


def _runs(steps: list[Step]) -> Iterator[list[Step]]:
    run: list[Step] = []
    for step in steps:
        if run and not _goes_on(run[-1], step):
            yield run
            run = []
        run.append(step)
    yield run


def _goes_on(before: Step, step: Step) -> bool:
    if step.body.get("previous_response_id"):
        return True
    return len(step.said) > len(before.said) and step.said[: len(before.said)] == before.said


def _output(item: Wire) -> bool:
    return str(item.get("type")).endswith("call_output")


def _answers(steps: list[Step]) -> dict[tuple[str, str], list[Wire]]:
    """What the recorded functions gave, by name and arguments, in order."""
    calls: dict[str, tuple[str, str]] = {}
    for step in steps:
        for item in (*_recorded_output(step), *step.said):
            if item.get("type") in ("function_call", "custom_tool_call"):
                asked = item.get("arguments") or item.get("input") or "{}"
                for ident in (item.get("call_id"), item.get("id")):
                    calls[str(ident)] = (item["name"], _plain(asked))
    given: dict[tuple[str, str], list[Wire]] = {}
    seen = set()
    for step in steps:
        for item in step.said:
            if _output(item) and item["call_id"] not in seen and item["call_id"] in calls:
                seen.add(item["call_id"])
                given.setdefault(calls[item["call_id"]], []).append(item)
    return given


def _recorded_output(step: Step) -> list[Wire]:
    file = step.folder / "response.json"
    if file.exists():
        return list(json.loads(file.read_text()).get("output") or [])
    events = [
        json.loads(line[5:])
        for line in (step.folder / "response.sse").read_text().splitlines()
        if line[:5] == "data:"
    ]
    return [event["item"] for event in events if event["type"] == "response.output_item.done"]


def _plain(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def _offer(steps: list[Step]) -> Offer:
    given = _answers(steps)

    def tool(name: str) -> Any:
        async def give(arguments: Wire) -> Ran:
            return Ran(given[(name, _plain(canonical(arguments)))].pop(0)["output"])

        return local(name, give)

    labels = {
        one["server_label"]: one.get("server_url") or one["connector_id"]
        for step in steps
        for one in step.body.get("tools") or []
        if one["type"] == "mcp"
    }
    return Offer(tuple(tool(name) for name in {name for name, _ in given}), servers=labels)


async def _play(steps: list[Step]) -> list[tuple[str, list[Any], list[Any]]]:
    """Every request that follows another one: (folder, what azresp sent, what was recorded)."""
    chained = any(step.body.get("previous_response_id") for step in steps)
    compared = []
    with ReplayServer([recorded(step.folder) for step in steps]) as server:
        async with ports(server.base_url) as own:
            store: Any = own.ledger
            answerer = Answerer(
                _offer(steps), ListDesk(), store.records, origin="", now=lambda: 0.0, policy=_policy(steps)
            )
            session = Session("s", "talk")
            said: tuple[Wire, ...] = tuple(steps[0].said)
            for step, following in zip(steps, [*steps[1:], None], strict=True):
                settings = {"deployment": "gpt", "store": chained, "tools": step.body.get("tools")}
                outcome = await converse(own, session, said, settings)
                session = outcome.session
                if outcome.error is not None or following is None:
                    break
                given = await answerer.answer(session, outcome.exchange)
                assert given.said is not None
                assert [answered(item) for item in given.said] == [
                    ask.id for ask in asks(outcome.exchange.turn)
                ]
                said = (*given.said, *_users(following))
            for step, request in list(zip(steps, server.requests, strict=False))[1:]:
                assert request.json.get("previous_response_id") == step.body.get("previous_response_id")
                assert request.json.get("tools") == step.body.get("tools")
                compared.append((step.folder.name, _matter(request.json["input"]), _matter(step.said)))
    return compared


def _policy(steps: list[Step]) -> Policy:
    said = [item for step in steps for item in step.said if item.get("type") == "mcp_approval_response"]
    return Policy.read(["always" if all(item["approve"] for item in said) else "never"])


def _users(step: Step) -> list[Wire]:
    """What the user said after the last answer of the model or a tool."""
    tail: list[Wire] = []
    for item in step.said:
        tail = [*tail, item] if item.get("role") in ("user", "developer") else []
    return tail


def _matter(items: list[Wire]) -> list[Any]:
    """What matters of input items: calls by their order, texts, outputs; no ids, no reasoning, no empty fields."""
    order: dict[str, int] = {}
    found: list[Any] = []
    for item in items:
        kind = item.get("type") or "message"
        if kind == "reasoning":
            continue
        if kind == "message":
            text = _text(item.get("content")).translate({0x2019: "'", 0x201C: '"', 0x201D: '"'})
            found += [("message", item["role"], text)] if text else []
        elif kind in _CALLS or _output(item):
            number = order.setdefault(str(item["call_id"]), len(order))
            found.append(
                (kind, number, item.get("name"), _plain(str(item.get("arguments"))), item.get("output"))
            )
        else:
            found.append(
                (kind, item.get("server_label"), item.get("name"), item.get("queries"), item.get("code"))
            )
    return found


_CALLS = ("function_call", "custom_tool_call")


def _same(ours: list[Any], theirs: list[Any]) -> bool:
    """The same; some of the recorded clients left out what a tool of the service had done."""
    hosted = [one for one in ours if one[0].endswith("_search_call")]
    return theirs == ours or (bool(hosted) and theirs == [one for one in ours if one not in hosted])


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or part["type"] for part in content or ())


def test_recorded_conversations_with_tools_are_answered_as_they_were_then(shared: Path) -> None:
    compared = []
    for steps in _conversations(shared):
        if len(steps) > 1:
            compared += asyncio.run(_play(steps))
    different = [name for name, ours, theirs in compared if not _same(ours, theirs)]
    assert different == []
    assert len(compared) >= LEAST


def test_every_recorded_ask_is_found_and_can_be_refused(shared: Path) -> None:
    from tests.core.streams import fold_wires, wires_of

    kinds = set()
    for file in sorted((shared / "recordings").glob("*/response.*")):
        if file.suffix == ".sse":
            turn = fold_wires(wires_of(file.read_bytes()))
        elif file.suffix == ".json":
            told = json.loads(file.read_text())
            if not isinstance(told, dict) or told.get("object") != "response":
                continue
            turn = fold_wires([told])
        else:
            continue
        found = asks(turn)
        kinds |= {ask.wire_type for ask in found}
        closed = {item.wire.get("call_id") for item in turn.items if str(item.kind).endswith("_output")}
        calls = [
            item
            for item in turn.items
            if item.kind == "mcp_approval_request" or (item.kind == "function_call" and turn.finished)
        ]
        assert len(
            [one for one in calls if one.wire.get("call_id") not in closed or one.kind[:3] == "mcp"]
        ) == len([ask for ask in found if ask.wire_type in ("function_call", "mcp_approval_request")]), (
            file.parent.name
        )
    assert kinds >= {
        "function_call",
        "mcp_approval_request",
        "shell_call",
        "computer_call",
        "apply_patch_call",
    }
