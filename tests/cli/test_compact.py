"""A conversation that is compacted: by the service, by a summary, and by the service unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def test_a_compacted_conversation_goes_on_and_can_be_had_back(house: House) -> None:
    with house.chat() as chat:
        chat.ask("/compact").wait("nothing to compact")
        chat.ask("my name is Ada").ask("write 300 words")
        chat.ask("/compact").wait("compacted:").wait("tokens before")
        chat.ask("/compact").wait("compacted already")
        chat.ask("what is my name?").wait("Your name is Ada").ask("and now, what is my name?")
        assert [sorted(body) for body in house.bodies[2:3]] == [["input", "model", "previous_response_id"]]
        after, chained = house.bodies[3], house.bodies[4]
        assert [item["type"] for item in after["input"]] == ["message", "message", "compaction", "message"]
        assert ("previous_response_id" in after, "previous_response_id" in chained) == (False, True)
        chat.ask("/history").wait("compacted by the service, 2 messages kept")
        chat.ask("/undo").ask("/undo").ask("/undo").wait("taken back: (compacted)")
        chat.ask("what is my name?")
        assert house.anchors[-1] == house.anchors[2]
        house.emulator.fault(status=404, path="compact")
        chat.ask("/compact").wait("asking for a summary instead").wait(
            "as a summary" if False else "compacted:", 2
        )
        chat.ask("/history 1").wait("compacted as a summary")
        chat.ask("what is my name?")
        (said, _) = house.bodies[-1]["input"]
        assert "Summary of our conversation" in said["content"][0]["text"]
        assert chat.leave() == 0
    assert [one.compaction for one in house.session().path()] == [False, False, False, True, False]
    assert len(house.exchanges()) == 9


def test_the_service_compacts_by_itself_when_told(house: House, azresp: Azresp) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada").ask("/set compact_threshold 1000").ask("write 1200 words")
        chat.ask("write 50 words").wait("compacted by the service")
        chat.ask("/set store off").ask("what is my name?").wait("Your name is Ada")
        assert chat.leave() == 0
    assert house.bodies[-1]["context_management"] == [{"type": "compaction", "compact_threshold": 1000}]
    assert [item["type"] for item in house.bodies[-1]["input"]] == ["compaction", *["message"] * 3]

    # What was set in a session holds wherever it goes on; a flag stands above it.
    for words, stored in (((), False), (("--store",), True)):
        asked = azresp("run", "--continue", *words, "what is my name?", env=house.env)
        assert ("Your name is **Ada**" in asked.stdout, house.bodies[-1]["store"]) == (True, stored)
        assert "previous_response_id" not in house.bodies[-1]


def test_a_seal_that_is_refused_is_replaced_by_the_words(house: House) -> None:
    unreadable = "The encrypted content gAAA...c90= could not be verified."
    with house.chat() as chat:
        chat.ask("my name is Ada").ask("/compact").wait("compacted:")
        house.emulator.fault(
            status=400, message=unreadable, code="invalid_encrypted_content", times=1, method="POST"
        )
        chat.ask("what is my name?").wait("Your name is Ada")
        assert [item["type"] for item in house.bodies[-2]["input"]] == ["message", "compaction", "message"]
        assert [item["role"] for item in house.bodies[-1]["input"]] == ["user", "assistant", "user"]
        assert chat.leave() == 0
