"""Recorded conversations with encrypted reasoning, played again: it goes back as it came, and all else too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from azresp.core.session import Session
from azresp.core.sse import Wire
from azresp.engine import converse
from tests.engine.ports import ports
from tests.engine.test_recorded_tools import Step, _matter, _recorded_output, _same
from tests.replay import ReplayServer, recorded

LEAST = 10
"""So many recorded requests follow a turn of the same stateless conversation, at the least."""


def _conversations(shared: Path) -> Iterator[list[Step]]:
    found: dict[str, list[Any]] = {}
    for case in json.loads((shared / "recordings/index.json").read_text()):
        found.setdefault(case["conversation"], []).append(case)
    for cases in found.values():
        if not any("j" in case["covers"] for case in cases):
            continue
        steps = []
        for case in cases:
            folder = shared / "recordings" / case["id"]
            body = json.loads((folder / "request.json").read_text())["body"]
            if (
                case["path"].endswith("/responses")
                and case["method"] == "POST"
                and case["status"] == 200
                and body
            ):
                steps.append(Step(folder, body))
        yield steps


def _sealed(items: list[Wire]) -> list[str]:
    return [item["encrypted_content"] for item in items if item.get("encrypted_content")]


def _told(step: Step) -> list[Wire]:
    """The output of the whole response, at the end of the recorded answer."""
    file = step.folder / "response.json"
    if file.exists():
        return list(json.loads(file.read_text())["output"])
    lines = (step.folder / "response.sse").read_text().splitlines()
    (last,) = [line[5:] for line in lines if line[:5] == "data:" and '"type":"response.completed"' in line]
    return list(json.loads(last)["response"]["output"])


def _plain(items: list[Wire]) -> list[Any]:
    """What matters but for which output belongs to which call: in one recording the ids were made unlike."""
    return [
        (kind, *rest[1:]) if kind.startswith("function_call") else (kind, *rest)
        for kind, *rest in _matter(items)
    ]


def _new(before: list[Wire], items: list[Wire]) -> tuple[Wire, ...]:
    """What was said after the items of the model."""
    new: list[Wire] = []
    for item in items[len(before) :]:
        own = item.get("role") in ("user", "developer") or str(item.get("type")).endswith(
            ("_output", "_response")
        )
        new = [*new, item] if own else []
    return tuple(new)


async def _play(steps: list[Step]) -> list[tuple[str, Step, Wire]]:
    """Every request that carries the turns before it: (name, recorded, what azresp sent)."""
    with ReplayServer([recorded(step.folder) for step in steps]) as server:
        async with ports(server.base_url) as own:
            session, before = Session("s", "talk"), list[Wire]()
            for step in steps:
                said = _new(before, step.said)
                include = [one for one in step.body.get("include") or () if not one.startswith("reasoning.")]
                settings = {"deployment": "gpt", "store": False, "include": include or None}
                outcome = await converse(own, session, said, settings)
                session, before = outcome.session, step.said
            sent = [request.json for request in server.requests]
    return [(step.folder.name, step, body) for step, body in zip(steps, sent, strict=True)][1:]


def test_recorded_stateless_conversations_go_on_as_they_did_then(shared: Path) -> None:
    different, compared, sealed = [], 0, 0
    for steps in _conversations(shared):
        goes_on = all(
            len(later.said) > len(step.said) and _matter(later.said[: len(step.said)]) == _matter(step.said)
            for step, later in pairwise(steps)
        )
        if len(steps) < 2 or not goes_on:
            continue
        for name, step, body in asyncio.run(_play(steps)):
            assert body["store"] is False
            assert set(step.body.get("include") or ()) == set(body["include"])
            assert not any(
                "id" in item for item in body["input"] if item.get("type") in ("reasoning", "message")
            )
            compared += 1
            sealed += len(_sealed(step.said))
            # Some clients sent the ciphertext of the item's own event; the last one heard is in the whole response.
            last = [
                one
                for before in steps[: steps.index(step)]
                for one in _sealed(_told(before) or _recorded_output(before))
            ]
            same = _same(_plain(body["input"]), _plain(step.said))
            if not same or _sealed(body["input"]) != last or len(last) != len(_sealed(step.said)):
                different.append(name)
    assert different == []
    assert compared >= LEAST
    assert sealed >= LEAST
