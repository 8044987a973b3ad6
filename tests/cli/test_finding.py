"""Finding a conversation again: tags, titles, full text, and the list to choose from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from azresp.core.session import Session, tagged
from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def test_a_session_is_tagged_named_searched_and_chosen(house: House, azresp: Azresp) -> None:
    azresp("run", "repeat after me: the walrus whistles", "--session", "sea", env=house.env)
    with house.chat() as chat:
        chat.ask("repeat after me: quokkas grin").ask("/tag animals -none fun").wait("#animals #fun")
        chat.ask("/tag -fun").wait("#animals")
        chat.ask("/title").wait("this session is now")
        chat.ask("/search walrus whist").wait("sea ·")
        ident = house.session("sea").path()[-1].turn.id
        chat.ready().put("/resume resp_").keys("\t").until(lambda: chat.is_prompt(ident), "the id")
        chat.keys("\r").wait("resumed sea").ready()
        assert chat.leave() == 0
        chat.only_ours()
    assert house.bodies[-1]["store"] is False
    (listed,) = json.loads(azresp("sessions", "list", "--tag", "animals", "--json", env=house.env).stdout)
    assert listed["tags"] == ["animals"]
    found = azresp("sessions", "search", "quokkas", "--json", env=house.env)
    assert [hit["session"] for hit in json.loads(found.stdout)] == [listed["name"]]
    assert azresp("sessions", "search", "unicorns", env=house.env).returncode == 1
    azresp("sessions", "tag", "sea", "old", env=house.env)
    assert azresp("sessions", "tag", "sea", "old", "--remove", env=house.env).stderr == "sea: no tags\n"
    with house.chat("--pick", columns=60, lines=16) as chat:
        chat.wait("2 of 2").wait("the walrus whistles", count=2)
        chat.keys("grin").wait("1 of 2").wait("#animals").keys("\r")
        chat.wait("resumed").ready()
        assert chat.leave() == 0
    with house.chat("--pick") as chat:
        chat.wait("2 of 2").keys("\x1b")
        assert chat.status() == 0


def test_a_tag_is_one_printable_word() -> None:
    session = tagged(Session("s", "n"), ["#a", "b", "a", "-b"])
    assert session.tags == ("a",)
    for word in ("-", "x\x1b", "y" * 41):
        with pytest.raises(ValueError, match=re.escape(word)):
            tagged(session, [word])
