"""Encrypted content: opaque, never twice the same, refused where it does not belong; recorded stateless turns."""

from __future__ import annotations

import base64
import json
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator import Emulator
from azresp.emulator.ciphertext import Cipher, Opened
from tests.emulator.wire import Answer, call, create, events_of

HIDDEN: dict[str, Any] = {"model": "gpt-5", "store": False, "include": ["reasoning.encrypted_content"]}
CIPHER = Cipher("here", lambda: 1_800_000_000.0)
RECORDED = (
    "pydai-tool-choice-matrix-tools-plus-output-openai-responses--02",
    "rig-codex-sessions-reasoning-session-two-tool-calls-streaming--02",
    "rig-streaming-grammar-three-turn-tool-session--02",
    "rig-streaming-grammar-three-turn-tool-session--03",
    "rubyllm-responses-protocol-dialects-with-azure-gpt-5-nano-round-trips-to--02",
    "rubyllm-tool-choice-and-calls-control-openai-gpt-5-nano-respects-calls-o--03",
)


def refusal(answer: Answer) -> tuple[int, str, Any]:
    error = answer.json["error"]
    assert error["param"] is None
    return answer.status, error["message"], error["code"]


def unverified(text: str) -> tuple[int, str, str]:
    said = f"The encrypted content {text[:4]}...{text[-4:]} could not be verified. "
    return (
        400,
        said + "Reason: Encrypted content could not be decrypted or parsed.",
        "invalid_encrypted_content",
    )


@given(st.text(max_size=9), st.text(), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_what_is_sealed_opens_here_whole_and_nowhere_else(id_: str, held: str, at: int, change: int) -> None:
    text = CIPHER.seal(id_, held)
    assert text.startswith("gAAAAA") and text != CIPHER.seal(id_, held)
    assert CIPHER.open(text) == Opened(id_, held)
    assert Cipher("there", time.time).open(text) is None
    token = bytearray(base64.urlsafe_b64decode(text))
    token[at % len(token)] ^= change
    assert CIPHER.open(base64.urlsafe_b64encode(token).decode()) is None


@pytest.mark.parametrize("text", ["x", "gAAAAA", "gAAAAABé", "****", "A" * 400])
def test_what_is_no_ciphertext_does_not_open(text: str) -> None:
    assert CIPHER.open(text) is None


def test_reasoning_comes_back_whole_or_is_refused_in_the_services_words(emulator: Emulator) -> None:
    asked = {"role": "user", "content": "hi"}
    thought, said = create(emulator, [asked], **HIDDEN).json["output"]
    nameless, mute = ({k: v for k, v in item.items() if k != "id"} for item in (thought, said))
    for kept in ([thought, said], [nameless, mute], [mute]):
        assert create(emulator, [asked, *kept, asked], **HIDDEN).status == 200
    foreign = Cipher("another", time.time).seal(thought["id"])
    for damaged in (foreign, thought["encrypted_content"][:-8], "what was encrypted once"):
        answer = create(emulator, [asked, thought | {"encrypted_content": damaged}, said], **HIDDEN)
        assert refusal(answer) == unverified(damaged)
    assert refusal(create(emulator, [thought | {"id": "rs_1"}, said], **HIDDEN)) == (
        400,
        "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content item_id did not match "
        "the target item id.",
        "invalid_encrypted_content",
    )
    as_compaction = {"type": "compaction", "encrypted_content": thought["encrypted_content"]}
    assert create(emulator, [as_compaction, asked]).status == 400
    for wrong in ({"type": "compaction"}, {**nameless, "encrypted_content": 1}):
        assert create(emulator, [wrong, asked]).json["error"]["param"] == "input[0].encrypted_content"


@pytest.mark.parametrize("case", RECORDED)
def test_a_recorded_stateless_turn_is_refused_as_foreign_and_taken_as_our_own(
    emulator: Emulator, shared: Path, case: str
) -> None:
    body = json.loads((shared / "recordings" / case / "request.json").read_text())["body"]
    body["model"] = "gpt-5-mini"
    sealed = [item for item in body["input"] if item.get("encrypted_content")]
    answer = call(emulator, "POST", "/responses", body)
    assert refusal(answer) == unverified(sealed[0]["encrypted_content"])
    cipher = Cipher("emulator", time.time)
    for item in sealed:
        item["encrypted_content"] = cipher.seal(item.get("id", "rs_1"))
    answer = call(emulator, "POST", "/responses", body)
    assert answer.status == 200
    if case == "rig-streaming-grammar-three-turn-tool-session--03":
        stream = (shared / "recordings" / case / "response.sse").read_bytes()
        theirs = [type_ for type_, _ in groupby(event["type"] for event in events_of(stream))]
        assert [type_ for type_, _ in groupby(answer.types)] == theirs
