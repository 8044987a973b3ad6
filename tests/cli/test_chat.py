"""Whole dialogues with `azresp chat` on a pseudo-terminal, read off an emulated screen."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from azresp.core.session import Exchange, Session
from azresp.emulator import Emulator, Settings
from azresp.store.store import Store
from tests.cli.sitting import Sitting
from tests.ui.test_paint import in_pyte, rows_of

NUMBERED = " ".join(f"w{n}" for n in range(400))
SIZES = [(80, 24), (40, 10), (120, 50)]
Chat = Callable[..., Sitting]


class House:
    """Where chats are held: a home, an emulator, and the store they leave behind."""

    def __init__(self, folder: Path, env: dict[str, str], emulator: Emulator) -> None:
        self.folder = folder
        self.env = env
        self.emulator = emulator
        emulator.faults.clear()
        emulator.journal.clear()

    def chat(self, *words: str, **options: Any) -> Sitting:
        """A chat on a terminal."""
        env = self.env | options.pop("env", {})
        return Sitting(self.folder, env, "chat", *words, **options)

    @property
    def bodies(self) -> list[Any]:
        """The bodies of all create requests."""
        return [seen.body for seen in self.emulator.journal.requests if seen.method == "POST"]

    @property
    def anchors(self) -> list[str | None]:
        """What each of them built on."""
        return [body.get("previous_response_id") for body in self.bodies]

    def session(self, name: str = "") -> Session:
        """A session as it is kept."""
        found: Session = self._from_store(lambda store: store.find(name) if name else store.latest())
        return found

    def exchanges(self, name: str = "") -> list[Exchange]:
        """All exchanges made in a session."""
        session = self.session(name)
        found: list[Exchange] = self._from_store(lambda store: store.all_exchanges(session.id))
        return found

    def _from_store(self, ask: Callable[[Store], Any]) -> Any:
        store = Store(self.folder / "data" / "azresp" / "store.db")
        try:
            return ask(store)
        finally:
            store.close()


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def in_order(words: list[str], text: str) -> bool:
    """Whether each word comes, after the one before it, exactly once from there on."""
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


# The plain dialogue


@pytest.fixture
def slow_house(tmp_path: Path, configured: dict[str, str]) -> Iterator[House]:
    """The service streams so slowly that nearly every token is painted by itself."""
    with Emulator(Settings(tokens_per_s=800, first_token_s=0)) as emulator:
        yield House(tmp_path, configured | {"AZRESP_ENDPOINT": emulator.root_url}, emulator)


def holds(shown: list[str], rows: list[str]) -> bool:
    """Whether these rows stand among the shown ones, one after the other."""
    return any(shown[at : at + len(rows)] == rows for at in range(len(shown)))


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_a_dialogue_is_whole_on_screen_and_scrollback(slow_house: House, columns: int, lines: int) -> None:
    house = slow_house
    with house.chat(columns=columns, lines=lines) as chat:
        chat.ready().wait("gpt-5-mini · new session · /help")
        chat.ask("my name is Ada").wait("Nice to meet you, Ada!")
        chat.ask("what is my name?").wait("Your name is Ada")
        chat.ask(f"repeat after me: {NUMBERED[:900]}")
        chat.ask("a table of 12 rows about trains")
        chat.ask("show me markdown")
        turns = [one.turn.text for one in house.session().path()]
        assert in_order(NUMBERED[:900].split(), chat.text)
        for text in turns:
            assert holds(chat.rows, in_pyte(rows_of(text, columns), (columns, lines)))
        assert chat.text.count("Everything Markdown has") == 1
        assert chat.text.count("› show me markdown") == 1
        assert max(map(len, chat.rows)) <= columns
        chat.keys("/quit\r")
        assert chat.status() == 0
        assert chat.modes_now == chat.modes
        chat.wait("azresp chat --resume my-name-is-ada").wait("stored at the service")
        chat.only_ours()
        assert chat.tty.style_is_default
    ids = [one.turn.id for one in house.session().path()]
    assert house.anchors == [None, *ids[:-1]]
    assert "canary" not in chat.written


def test_a_slash_line_never_reaches_the_model_unless_it_says_so(house: House) -> None:
    with house.chat() as chat:
        chat.ask("/frobnicate now").wait("there is no command /frobnicate").wait("/help lists them")
        chat.ask("/sesions").wait("Did you mean /sessions")
        chat.ask("/set").wait("Usage: /set KEY VALUE")
        chat.ask("/set verbosity loud").wait("must be one of")
        chat.ask("/set endpoint http://x").wait("can't change while a chat runs")
        chat.ask("/undo").wait("there is nothing to undo")
        chat.ask("/set verb x").wait("Did you mean verbosity?")
        chat.ask("/help all").wait("/rename NAME")
        chat.ask("/help").wait("in background").wait("Ctrl-X Ctrl-E").wait("/help all every one")
        assert house.bodies == []
        chat.ask("//text").wait("1 word in 1 line")
        assert house.bodies[-1]["input"][0]["content"][0]["text"] == "/text"
        assert chat.leave() == 0


def test_lines_are_broken_by_three_keys_and_paste_never_sends(house: House) -> None:
    with house.chat() as chat:
        chat.ready().keys("one\x1b\rtwo\x0athree\\\rfour")
        chat.until(lambda: chat.line.strip() == "four", "four")
        assert house.bodies == []
        chat.keys("\r").wait("4 words in 4 lines").ready()
        assert house.bodies[-1]["input"][0]["content"][0]["text"] == "one\ntwo\nthree\nfour"
        chat.keys("\x1b[200~five\nsix\r\nseven\n\x1b[201~eight")
        chat.until(lambda: chat.line.strip() == "eight", "eight")
        assert len(house.bodies) == 1
        chat.keys("\r").wait("4 words in 4 lines", 2).ready()
        assert house.bodies[-1]["input"][0]["content"][0]["text"] == "five\nsix\nseven\neight"
        # An end of paste that was pasted itself, then a command: it stays text until Enter is pressed.
        chat.keys("\x1b[200~x\x1b[201~/delete\u200b\u202e\U000e0041\x1b[201~")
        chat.until(lambda: "/delete" in chat.line, "the paste")
        assert house.emulator.journal.count("DELETE") == 0
        assert chat.leave_after("\x03") == 0


def test_invisible_characters_are_counted_before_they_are_sent(house: House) -> None:
    with house.chat() as chat:
        chat.ready().keys("\x1b[200~a\u200bb\u202ec\x1b[201~\r").wait("2 invisible characters. Send it?")
        chat.keys("\r").ready()
        assert house.bodies == []
        chat.keys("\x1b[200~a\u200bb\x1b[201~\r").wait("1 invisible character").keys("y\r")
        chat.wait("word in 1 line").ready()
        assert house.bodies[-1]["input"][0]["content"][0]["text"] == "a\u200bb"
        chat.only_ours()
        assert chat.leave() == 0


# Stopping


@pytest.mark.parametrize("by", ["key", "signal", "impatience"])
def test_stopping_an_answer_keeps_what_was_heard_and_the_chat(house: House, by: str) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada")
        house.emulator.fault(after=14, then="stall")
        chat.say("write 300 words about tides").wait("Most people who work")
        if by == "impatience":
            chat.keys("\x03\x03")
        else:
            chat.keys("\x03") if by == "key" else chat.signal(signal.SIGINT)
        chat.wait("stopped · kept, but not in the conversation").ready()
        assert chat.text.count("Most people who work") == 1
        chat.ask("what is my name?").wait("Your name is Ada")
        first, stopped, third = house.exchanges()
        assert stopped.turn.status == "interrupted"
        assert stopped.turn.text.startswith("Most people who work")
        assert house.anchors == [None, first.turn.id, first.turn.id]
        assert third.parent == first.id
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes


def test_ctrl_c_clears_a_line_and_leaves_on_the_second_empty_one(house: House) -> None:
    with house.chat() as chat:
        chat.ready().put("half a thought").keys("\x03").ready()
        chat.signal(signal.SIGINT).wait("Ctrl-C again quits")
        chat.put("x").keys("\x7f").ready()
        assert chat.process.poll() is None
        # What was cleared is in the history.
        chat.keys("\x1b[A").until(lambda: chat.is_prompt("half a thought"), "the cleared line")
        chat.keys("\x03").ready().keys("\x03").wait("Ctrl-C again quits").keys("\x03")
        assert chat.status() == 0
        assert chat.modes_now == chat.modes


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("busy", [True, False])
def test_a_signal_that_ends_it_seals_the_answer_and_restores_the_terminal(
    house: House, number: int, status: int, busy: bool
) -> None:
    with house.chat() as chat:
        chat.ready()
        if busy:
            house.emulator.fault(after=14, then="stall")
            chat.say("write 300 words about tides").wait("Most people who work")
        chat.signal(number)
        assert chat.status() == status
        assert chat.modes_now == chat.modes
        chat.only_ours()
        assert "\x1b[?2004h" not in chat.written.rpartition("\x1b[?2004l")[2]
    if busy:
        [stopped] = house.exchanges()
        assert stopped.turn.status == "interrupted"
        assert stopped.turn.text.startswith("Most people who work")


def test_a_closed_window_seals_the_answer(house: House) -> None:
    with house.chat() as chat:
        chat.ready()
        house.emulator.fault(after=14, then="stall")
        chat.say("write 300 words about tides").wait("Most people who work")
        assert chat.hang_up() == 129
    [stopped] = house.exchanges()
    assert (stopped.turn.status, stopped.turn.text[:20]) == ("interrupted", "Most people who work")
