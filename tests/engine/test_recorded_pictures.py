"""Recorded conversations with pictures and files, played again: what is saved and what is sent is what was then."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from azresp.cli.gallery import Gallery
from azresp.core.pictures import cut_pictures
from azresp.core.session import Session, message
from azresp.core.sse import EventReader, Wire
from azresp.engine import converse
from azresp.media.attaching import attach
from azresp.media.sources import source_of
from tests.engine.ports import ports
from tests.replay import ReplayServer, recorded, stream

DONE = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}}


def _cases(shared: Path, tags: str) -> Iterator[tuple[dict[str, Any], Path, Wire]]:
    """Create requests about pictures or files: how it went, its folder, its body."""
    for case in json.loads((shared / "recordings/index.json").read_bytes()):
        folder = shared / "recordings" / case["id"]
        body = json.loads((folder / "request.json").read_bytes()).get("body")
        if set(tags) & set(case["covers"]) and case["path"].endswith("/responses") and isinstance(body, dict):
            yield case, folder, body


def _wires(folder: Path) -> list[Wire]:
    if (folder / "response.json").exists():
        return [json.loads((folder / "response.json").read_bytes())]
    reader = EventReader()
    return [*reader.feed((folder / "response.sse").read_bytes()), *reader.finish()]


def test_recorded_answers_leave_the_recorded_pictures(shared: Path, tmp_path: Path) -> None:
    count = 0
    for case, folder, _ in _cases(shared, "f"):
        told = [one for wire in _wires(folder) for one in cut_pictures(wire)[1] if one.sketch is None]
        wanted = {base64.b64decode(one.base64) for one in told}
        root = tmp_path / case["id"]
        turn = asyncio.run(_heard(folder, Gallery(root, None)))
        assert {path.read_bytes() for path in root.glob("*/*")} == wanted, case["id"]
        assert {Path(item.picture["saved"]) for item in turn.items if item.picture} == set(root.glob("*/*"))
        assert all(one.base64[:80] not in json.dumps(turn.to_response()) for one in told)
        count += len(wanted)
    assert count >= 5


async def _heard(folder: Path, gallery: Gallery) -> Any:
    with ReplayServer(recorded(folder)) as server:
        async with ports(server.base_url) as own:
            session = Session("s", "talk")
            own = replace(own, pictures=gallery.turn(session))
            outcome = await converse(own, session, (message("draw"),), {"deployment": "gpt"})
    assert outcome.error is None
    return outcome.exchange.turn


def test_what_was_attached_then_is_sent_the_same_when_it_is_attached_again(
    shared: Path, tmp_path: Path
) -> None:
    gallery = Gallery(tmp_path / "drawn", tmp_path / "attachments")
    forms: list[str] = []
    for case, _, body in _cases(shared, "fh"):
        given = [part for part in _parts(body) if part.get("type") in ("input_image", "input_file")]
        if not given or case["status"] != 200:  # what the service refused (an MP3), azresp does not attach
            continue
        (folder := tmp_path / case["id"]).mkdir()
        sent = asyncio.run(_sent([_again(part, folder) for part in given], gallery))
        assert [_matter(part) for part in sent] == [_matter(part) for part in given], case["id"]
        forms += [next(name for name in _PLACES if name in part) for part in given]
    assert set(forms) == set(_PLACES)
    assert len(forms) >= 10


_PLACES = ("image_url", "file_data", "file_url", "file_id")


def _parts(body: Wire) -> Iterator[Wire]:
    """The parts of what was said, also where they are variables of a stored prompt."""
    for item in body["input"] if isinstance(body.get("input"), list) else []:
        yield from item["content"] if isinstance(item.get("content"), list) else []
    variables = (body.get("prompt") or {}).get("variables") or {}
    yield from (one for one in variables.values() if isinstance(one, dict))


def _again(part: Wire, folder: Path) -> Any:
    """What the user would type to attach this: the path of a file with its bytes, its URL or its id."""
    where = next(part[name] for name in _PLACES if name in part)
    if "file_id" in part:
        where = f"id:{where}"
    elif where.startswith("data:"):
        path = folder / (part.get("filename") or "picture")
        path.write_bytes(base64.b64decode(where.partition(",")[2]))
        where = str(path)
    family: Any = "image" if part["type"] == "input_image" else "file"
    return attach(source_of(where), family, detail=part.get("detail", "auto"), env={})


async def _sent(attached: list[Any], gallery: Gallery) -> list[Wire]:
    assert gallery.attachments is not None
    parts = [one.to_part(gallery.attachments.keep(one)) for one in attached]
    assert "base64" not in json.dumps(parts)
    with ReplayServer(stream(DONE)) as server:
        async with ports(server.base_url) as own:
            session = Session("s", "talk")
            own = replace(own, pictures=gallery.turn(session))
            said = (message("look", parts=parts),)
            outcome = await converse(own, session, said, {"deployment": "gpt"})
        (request,) = server.requests
    assert outcome.error is None
    return list(request.json["input"][-1]["content"][1:])


def _matter(part: Wire) -> Wire:
    """A part with its bytes instead of their base64, whose line breaks and MIME type may differ in spelling."""
    found = {key: value for key, value in part.items() if value is not None}
    if part["type"] == "input_image":
        found.setdefault("detail", "auto")
    for name in ("image_url", "file_data"):
        text = str(found.get(name, ""))
        if text.startswith("data:"):
            head, _, body = text.partition(",")
            found[name] = (head.partition(";")[0], base64.b64decode(body))
    return found


@pytest.mark.parametrize("stored", [True, False])
def test_make_it_blue_goes_on_from_the_recorded_picture(shared: Path, tmp_path: Path, stored: bool) -> None:
    first = shared / "recordings" / "langchain-image-generation-multi-turn--01"
    request = json.loads((first.with_name(f"{first.name[:-1]}2") / "request.json").read_bytes())["body"]
    bodies, drawn = asyncio.run(_two_turns(first, Gallery(tmp_path, None), request, stored))
    body = bodies[1]
    if stored:
        assert [item["role"] for item in body["input"]] == ["user"]
        assert body["previous_response_id"] == json.loads((first / "response.json").read_bytes())["id"]
        return
    # The call itself goes by its bytes: its id means nothing to a service that kept nothing.
    pictures = [
        part["image_url"]
        for item in body["input"]
        for part in item.get("content") or []
        if part.get("type") == "input_image"
    ]
    assert [base64.b64decode(one.partition(",")[2]) for one in pictures] == [drawn]
    texts = [item["content"][0]["text"] for item in body["input"] if item.get("role") == "user"]
    assert [texts[0], texts[-1]] == [request["input"][0]["content"], request["input"][-1]["content"]]
    assert "image_generation_call" not in json.dumps(body)


async def _two_turns(first: Path, gallery: Gallery, request: Wire, stored: bool) -> tuple[list[Wire], bytes]:
    settings = {"deployment": "gpt", "store": stored, "tools": request["tools"]}
    with ReplayServer([recorded(first), stream(DONE)]) as server:
        async with ports(server.base_url) as own:
            session = Session("s", "talk")
            for item in (request["input"][0], request["input"][-1]):
                own = replace(own, pictures=gallery.turn(session))
                session = (await converse(own, session, (message(item["content"]),), settings)).session
        bodies = [one.json for one in server.requests]
    (wire,) = _wires(first)
    (picture,) = cut_pictures(wire)[1]
    return bodies, base64.b64decode(picture.base64)
