"""A session that talks in a conversation of the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def asked(house: House) -> list[tuple[str, int, bool]]:
    """Of each create request the conversation, the count of items, and whether it chains."""
    return [
        (body.get("conversation", ""), len(body["input"]), "previous_response_id" in body)
        for body in house.bodies
        if "model" in (body or {})
    ]


def test_a_session_talks_in_a_conversation_and_leaves_it(house: House, azresp: Azresp) -> None:
    with house.chat() as chat:
        house.emulator.fault(status=404, path="conversations")
        chat.ask("/conversation new").wait("no conversations")
        chat.ask("/conversation attach conv_nowhere").wait("conv_nowhere")
        chat.ask("/conversation items").wait("talks in no conversation")
        chat.ask("my name is Ada").ask("/conversation new").wait("takes 1 exchange along")
        chat.ask("what is my name?").wait("Your name is Ada").ask("my town is Bern")
        ident = str(house.bodies[-1]["conversation"])
        assert asked(house) == [("", 1, False), (ident, 3, False), (ident, 1, False)]
        chat.ask("/conversation items").wait(f"8 items in {ident}")
        chat.ask("/undo").wait("this branch goes on without it").ask("what is my name?").wait("Ada", 4)
        assert asked(house)[-1] == ("", 1, True)
        chat.ask(f"/conversation attach {ident}").wait("(8 items)").ask("what is my name?")
        assert asked(house)[-1] == (ident, 1, False)
        chat.ask("/conversation off").wait(f"left {ident}").ask("what is my name?")
        assert asked(house)[-1] == ("", 1, True)
        assert chat.leave() == 0
    done = azresp("run", "--conversation", ident, "what is my name?", env=house.env)
    assert (done.returncode, "Ada" in done.stdout) == (0, True)
    assert asked(house)[-1] == (ident, 1, False)
    done = azresp("run", "--conversation", ident, "--no-store", "hello", env=house.env)
    assert (done.returncode, "store is off" in done.stderr) == (2, True)
    with house.chat("--resume") as chat:
        chat.wait(f"in {ident[:12]}")
        chat.say(f"/conversation delete {ident}").wait("Delete conv_").keys("y\r").wait("is deleted").ready()
        chat.ask("what is my name?")
        assert asked(house)[-1] == ("", 1, True)
        assert chat.leave() == 0


def test_conversations_go_with_the_sessions_that_made_them(house: House, azresp: Azresp) -> None:
    def held() -> list[int]:
        told = json.loads(azresp("privacy", "--json", env=house.env).stdout)
        return [one["count"] for one in told["service"] if one["what"] == "conversations"]

    with house.chat() as chat:
        chat.ask("/conversation new").wait("now in conversation").ask("my name is Ada").ask("/rename one")
        one = str(house.bodies[-1]["conversation"])
        chat.say("/forget").wait("1 response at the service?").keys("y\r").wait("removed here").ready()
        chat.wait(f"not removed: what {one[:12]}").ask("what is my name?").wait("haven't told me")
        chat.ask("/conversation new").ask("my name is Bob")
        two = str(house.bodies[-1]["conversation"])
        chat.ask(f"/conversation attach {two}").ask("/rename two").ask("what is my name?").wait("Bob")
        house.emulator.fault(after=6, then="cut")
        chat.ask("write 300 words").wait("may hold it all the same")
        assert chat.leave() == 0
    assert held() == [2]
    # The other one is still talked in.
    done = azresp("sessions", "rm", "one", "--remote", "--yes", env=house.env)
    assert "3 of 3 at 127.0.0.1" in done.stderr, done.stderr
    gone = [seen.path for seen in house.emulator.journal.requests if seen.method == "DELETE"]
    assert [path.rpartition("/")[2] for path in gone if "conversations" in path] == [one]
    assert held() == [1]
    # Lost elsewhere, it is left behind after a yes, once for all.
    house.emulator.fault(
        status=404, message=f"Conversation with id '{two}' not found.", times=1, method="POST"
    )
    done = azresp("run", "--session", "two", "--rebuild", "what is my name?", env=house.env)
    assert ("Bob" in done.stdout, asked(house)[-1][::2]) == (True, ("", False)), done.stderr
    with house.chat() as chat:
        chat.ask("/conversation new").ask("my name is Eve").ask("/rename three")
        three = str(house.bodies[-1]["conversation"])
        assert chat.leave() == 0
    done = azresp("sessions", "rm", "three", "--yes", env=house.env)
    assert f"{three} until `azresp responses delete` gets the id" in done.stderr, done.stderr
    assert (azresp("responses", "delete", two, three, env=house.env).returncode, held()) == (0, [])
