"""Slash commands in whole dialogues, and what happens when the service or another chat gets in the way."""

from __future__ import annotations

import signal
import sqlite3
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.test_chat import House
from tests.cli.test_run_hostile import saying
from tests.replay import ReplayServer, Reply, Request, answer
from tests.ui.test_hostile import check, samples, squeezed

TIDES = "Most people who work with tides"


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def editor(folder: Path, text: str) -> dict[str, str]:
    """An EDITOR that writes this text."""
    script = folder / "my editor"
    script.write_text(f"#!/bin/sh\nprintf '%s' '{text}' > \"$1\"\n")
    script.chmod(0o700)
    return {"EDITOR": f"'{script}'", "VISUAL": ""}


def test_branches_of_a_conversation(house: House, tmp_path: Path) -> None:
    with house.chat(env=editor(tmp_path, "my name is Eve")) as chat:
        chat.ask("my name is Ada")
        chat.ask("my name is Bob")
        chat.ask("/undo").wait("taken back: my name is Bob").wait("ends with: my name is Ada")
        chat.ask("what is my name?").wait("Your name is Ada")
        chat.ask("/fork other").wait("now in other · /resume my-name-is-ada goes back")
        chat.ask("/edit").wait("› my name is Eve").wait("Nice to meet you, Eve")
        chat.ask("/retry").wait("Nice to meet you, Eve", 2)
        chat.ask("/resume my-name").wait("Did you mean my-name-is-ada? /sessions")
        chat.ask("/resume my-name-is-ada").wait("resumed my-name-is-ada · 2 exchanges")
        chat.ask("/sessions").wait("here · just now")
        chat.ask("/rename a better name").wait("this session is now a better name")
        chat.ask("/history 1").wait("Your name is Ada", 3)
        assert chat.leave() == 0
        chat.wait("azresp chat --resume 'a better name'")
        chat.only_ours()
    path = house.session("a better name").path()
    assert [one.question for one in path] == ["my name is Ada", "what is my name?"]
    other = house.session("other").path()
    assert [one.question for one in other] == ["my name is Ada", "my name is Eve"]
    first = path[0].turn.id
    assert house.anchors == [None, first, first, first, first]


def test_settings_change_the_next_request_and_come_back_with_the_session(house: House) -> None:
    with house.chat() as chat:
        chat.ask("/model o3").wait("deployment is now o3")
        chat.ask("/set verbosity low").wait('verbosity = "low"')
        chat.ask("/instructions Be brief.").wait("instructions changed")
        chat.ask("/settings").wait("verbosity").wait("(/set)")
        chat.ask("what are your instructions?").wait("Be brief.", 2)
        chat.ask("/set verbosity default").wait("verbosity = not set")
        assert chat.leave() == 0
    with house.chat("--resume") as chat:
        chat.ready().wait("o3 · what-are-your").ask("hi")
        assert chat.leave() == 0
    first, second = house.bodies
    assert (first["model"], first["text"], first["instructions"]) == ("o3", {"verbosity": "low"}, "Be brief.")
    assert (second["model"], second["instructions"], "text" in second) == ("o3", "Be brief.", False)


def test_the_last_answer_is_copied_saved_and_shown(house: House, tmp_path: Path) -> None:
    with house.chat() as chat:
        chat.ask("/copy").wait("there is no question yet")
        chat.ask("repeat after me: **one**\n".strip()).wait("one")
        chat.ask("/raw").wait("**one**")
        chat.ask("/copy").wait("copied 7 characters")
        assert "\x1b]52;c;Kipvbmuqkg==\x07".lower() in chat.written.lower()
        chat.ask("/save out file.md").wait("saved out file.md")
        chat.ask("/save out file.md").wait("exists already")
        chat.ask("/save /nowhere/x").wait("/nowhere/x: No such file or directory")
        chat.ask("/usage").wait("1 repeat after me")
        chat.ask("/show").wait('"object": "response"')
        assert chat.leave() == 0
    assert (tmp_path / "out file.md").read_text() == "**one**\n"


def test_deleting_asks_first_and_says_what_went_where(house: House) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada").ask("what is my name?")
        first, second = (one.turn.id for one in house.session().path())
        chat.say("/delete").wait("Delete the answer to “what is my name?”").wait(
            f"{second}) at the service?"
        ).keys("\r")
        chat.wait("nothing was deleted").ready()
        assert house.emulator.journal.count("DELETE") == 0
        chat.say("/delete").wait("Delete", 2).keys("y\r").wait("deleted at the service").ready()
        chat.say(f"/delete {second}").wait("Delete", 3).keys("y\r").wait("was not at the service").ready()
        # The deleted head is sent in full.
        chat.ask("what is my name?").wait("Your name is Ada", 2)
        assert (house.anchors[-1], len(house.bodies[-1]["input"])) == (None, 5)
        chat.say("/delete session").wait("responses at the service, 3 exchanges here?").keys("y\r")
        chat.wait("deleted: 2 of 2 at the service, 3 exchanges here").ready()
        chat.ask("/sessions").wait("no sessions yet")
        assert chat.leave() == 0
    assert first.startswith("resp_")


def test_a_response_of_another_machine_is_fetched_and_gone_on_from(house: House, tmp_path: Path) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada")
        for n in range(11):
            chat.ask(f"repeat after me: {n}")
        last = house.session().path()[-1].turn.id
        assert chat.leave() == 0
    (tmp_path / "elsewhere").mkdir()
    there = {"XDG_DATA_HOME": str(tmp_path / "elsewhere")}
    with house.chat("--resume", last, env=there) as chat:
        chat.ready().wait("resumed")
        chat.ask("what is my name?").wait("Your name is Ada")
        assert house.anchors[-1] == last
        chat.say("/items").wait("more? [Y/n]").keys("\r").wait("37 input items of").ready()
        chat.ask("/resume resp_unknown").wait("Response with id 'resp_unknown' not found")
        assert chat.leave() == 0


def test_ctrl_c_stops_a_command_that_waits_for_the_service(house: House) -> None:
    with house.chat() as chat:
        chat.ask("hi")
        for command in ("/show", "/items", "/model", "/resume resp_unknown"):
            house.emulator.fault(method="GET", latency_s=60)
            house.emulator.journal.clear()
            chat.say(command).until(lambda: house.emulator.journal.count("GET") > 0, command)
            chat.keys("\x03").ready()
        chat.wait("stopped", 3)
        chat.ask("hi").wait("tokens · ", 2)
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes


# Kept, whatever happens


def test_after_a_kill_every_shown_word_is_there_and_retry_asks_again(house: House) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada")
        house.emulator.fault(after=30, then="stall")
        chat.say("write 300 words about tides").wait(TIDES)
        shown = chat.wait("writing · ").text.rpartition("tides ")[0].rpartition("Most people")[2]
        chat.signal(signal.SIGKILL)
        assert chat.status() == -signal.SIGKILL
    with house.chat() as chat:
        chat.ready().wait("1 answer broke off when azresp last ended")
        chat.ask("/resume my-name-is-ada").wait("Most people" + shown).wait("broke off")
        chat.ask("/retry").wait("tokens · ", 1)
        assert chat.leave() == 0
    first, broken, again = house.exchanges()
    assert (broken.turn.status, again.turn.status) == ("interrupted", "completed")
    assert (broken.parent, again.parent, broken.question) == (first.id, first.id, again.question)
    assert house.session().head == again.id


def test_what_is_typed_during_an_answer_waits_for_the_next_prompt(house: House) -> None:
    with house.chat() as chat:
        house.emulator.fault(after=8, then="stall", stall_s=0.4)
        chat.say("write 20 words about tides").wait("Most")
        chat.keys("repeat after me: typed ahead\rand a draft")
        chat.wait("typed ahead", 2).until(lambda: chat.is_prompt("and a draft"), "the draft")
        assert len(house.bodies) == 2
        assert "\x1b" not in house.bodies[1]["input"][0]["content"][0]["text"]
        assert chat.leave_after("\x03") == 0


def test_a_window_that_changes_during_an_answer_loses_and_doubles_nothing(house: House) -> None:
    words = [f"w{n}x" for n in range(300)]
    with house.chat() as chat:
        house.emulator.fault(after=100, then="stall", stall_s=0.3)
        chat.say("repeat after me: " + " ".join(words))
        for columns in range(81, 140, 3):
            chat.resize(columns, 24).until(lambda: True)
        chat.ready()
        for word in words:
            assert chat.text.split().count(word) == 2, word  # in the question and in the answer
        house.emulator.fault(after=100, then="stall", stall_s=0.3)
        chat.say("write 300 words about tides").wait("Most")
        # This terminal cuts rows that get too long: what is left is that nothing breaks.
        for columns, lines in ((41, 10), (1, 1), (20, 3), (300, 90), (77, 24), (2, 2), (80, 24)):
            chat.resize(columns, lines).until(lambda: True)
        chat.ready().ask("/raw").wait("Most people", 1)
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes
    assert [one.turn.status for one in house.exchanges()] == ["completed", "completed"]


# The service gets in the way


def test_an_answer_that_is_not_stored_yet_is_waited_for(house: House) -> None:
    with house.chat() as chat:
        house.emulator.fault(read_after_write_s=1.2)
        chat.ask("my name is Ada")
        chat.say("what is my name?").wait("still storing the last answer")
        chat.wait("Your name is Ada").ready()
        assert house.anchors[1] == house.anchors[-1] == house.session().path()[0].turn.id
        assert len(house.anchors) >= 3
        assert chat.leave() == 0
    assert [one.turn.status for one in house.exchanges()] == ["completed", "completed"]


def test_a_head_that_is_gone_is_sent_in_full_if_the_user_says_so(house: House, tmp_path: Path) -> None:
    gone = {"status": 400, "code": "previous_response_not_found"}
    with house.chat() as chat:
        chat.ask("my name is Ada")
        house.emulator.fault(times=9, method="POST", **gone)
        chat.say("what is my name?").wait("still storing").keys("\x03").wait("stopped").ready()
        house.emulator.faults.clear()
        assert chat.leave() == 0
    # A month later the service has forgotten it.
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as store, store:
        store.execute("update exchanges set asked_at = asked_at - 3e6")
    forget = urllib.request.Request(
        f"{house.emulator.base_url}responses/{house.anchors[1]}", method="DELETE", headers={"api-key": "x"}
    )
    urllib.request.urlopen(forget).close()
    with house.chat("--resume") as chat:
        chat.say("what is my name?").wait("Send the conversation in full instead (1 exchange)?")
        chat.keys("n\r").wait("/retry asks again").ready()
        chat.say("/retry").wait("in full instead", 2).keys("\r").wait("Your name is Ada").ready()
        assert (house.anchors[-1], len(house.bodies[-1]["input"])) == (None, 3)
        before = len(house.bodies)
        chat.ask("what is my name?").wait("Your name is Ada", 2)
        assert len(house.bodies) == before + 1
        assert chat.leave() == 0


def test_a_broken_network_leaves_the_chat_and_the_conversation_as_they_were(house: House) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada")
        house.emulator.fault(then="hangup")
        chat.ask("hi").wait("the connection broke").wait("/retry asks again")
        assert len(house.bodies) == 2
        house.emulator.fault(after=12, then="reset")
        chat.ask("write 300 words about tides").wait(TIDES[:6]).wait("the connection broke", 2)
        house.emulator.fault(status=429, retry_after_ms="30")
        chat.ask("what is my name?").wait("rate limit: try 2 of 6").wait("Your name is Ada")
        house.emulator.fault(status=401)
        chat.ask("hi").wait("HTTP 401").wait("azresp doctor")
        chat.ask("/show").wait('"object": "response"')  # what was refused has none: the last one is meant
        assert chat.leave() == 0
    assert len(house.session().path()) == 2


def test_hostile_texts_stay_texts_and_the_prompt_stays_ours(
    shared: Path, isolated: dict[str, str], tmp_path: Path, emulator: Emulator
) -> None:
    errors, texts = samples(shared, "error_body"), samples(shared, "model_output")
    texts = [sample for sample in texts if len(sample["text"]) < 10_000]
    unfinished = "```python\nprint('\x1b[31;1m"
    replies: list[Reply] = [
        saying("\n\n".join(sample["text"] for sample in texts)),
        *(answer({"error": {"code": "x", "message": sample["text"]}}, 400) for sample in errors),
        saying(unfinished),
    ]

    def script(request: Request, n: int) -> Reply:
        return replies[n]

    with ReplayServer(script) as server:
        env = isolated | {
            "AZRESP_ENDPOINT": server.base_url,
            "AZRESP_DEPLOYMENT": "gpt-5-mini",
            "AZRESP_API_KEY": next(sample["secret"] for sample in errors if "secret" in sample),
        }
        house = House(tmp_path, env, emulator)
        with house.chat(lines=40) as chat:
            title = "\u202e[/red] {x} %q \x9b1m".replace("\x9b", "\u009b")
            chat.ask("go").keys(f"/rename {title}\r")
            chat.wait("[/red] {x} %q <U+009B>1m")
            chat.ask("/sessions").wait("<U+202E>[/red]")
            chat.ask(f"/save {tmp_path / 'all.md'}").wait("characters that act or hide")
            for _ in errors:
                chat.ask("on")
            chat.ask("last")
            assert chat.tty.style_is_default
            chat.ask("/history")
            assert chat.leave() == 0
            chat.only_ours()
        shown = squeezed(chat.text)
        for sample in [*texts, *errors]:
            check(sample, shown)
        assert env["AZRESP_API_KEY"] not in chat.written
        assert server.posts() == 2 + len(errors)


# Two chats at once


def test_two_chats_in_one_session_lose_nothing_and_the_second_is_told(house: House) -> None:
    with ExitStack() as both:
        one = both.enter_context(house.chat())
        one.ask("my name is Ada")
        two = both.enter_context(house.chat("--resume", "my-name-is-ada"))
        two.ready().wait("resumed my-name-is-ada · 1 exchange")
        one.ask("repeat after me: from one")
        two.ask("repeat after me: from two").wait("my-name-is-ada-2")
        two.wait("another azresp went on in my-name-is-ada meanwhile")
        two.ask("what is my name?").wait("Your name is Ada")
        one.ask("what is my name?").wait("Your name is Ada")
        assert (one.leave(), two.leave()) == (0, 0)
    questions = [
        [each.question for each in house.session(name).path()]
        for name in ("my-name-is-ada", "my-name-is-ada-2")
    ]
    assert questions == [
        ["my name is Ada", "repeat after me: from one", "what is my name?"],
        ["my name is Ada", "repeat after me: from two", "what is my name?"],
    ]
