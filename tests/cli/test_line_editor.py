"""The line editor's own features on a pseudo-terminal: menu, history search, vi keys, the user's editor, big pastes."""

from __future__ import annotations

import signal
import termios
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.sitting import Sitting
from tests.cli.test_chat import House

VI = {"AZRESP_EDIT_MODE": "vi"}


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def said(house: House) -> str:
    """The last message that was sent."""
    text: str = house.bodies[-1]["input"][0]["content"][0]["text"]
    return text


def editor(folder: Path, script: str) -> dict[str, str]:
    """An environment whose editor is a shell script; `$1` is the file."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"EDITOR": str(path), "VISUAL": ""}


# The menu


def test_a_menu_that_does_not_fit_says_that_there_is_more(house: House) -> None:
    with house.chat() as chat:
        chat.ready().keys("/").wait("in all · ↓ shows more").wait("Start a new session")
        chat.keys("\x1b[B").wait("1 of")
        assert chat.leave_after("\x03") == 0


def test_a_narrow_window_has_no_descriptions_in_its_menu(house: House) -> None:
    with house.chat(columns=40, lines=10) as chat:
        chat.ready().keys("/").wait("in all · ↓ shows more").wait("/rename")
        assert "Start" not in chat.text
        assert chat.leave_after("\x03") == 0


# Keys


def test_vi_keys_edit_the_line_and_the_status_line_tells_the_mode(house: House) -> None:
    with house.chat(env=VI) as chat:
        chat.ready().wait("-- INSERT -- gpt-5-mini").keys("one two three")
        chat.wait("› one two three").keys("\x1b").wait("-- NORMAL --")
        chat.keys("0dwA four\x1b").wait("› two three four")
        chat.keys("ddifive\x1b\rsix").wait("-- INSERT --").until(lambda: chat.line.strip() == "six", "six")
        chat.keys("\x1b").wait("-- NORMAL --").keys("\r").wait("2 words in 2 lines")
        assert said(house) == "five\nsix"
        chat.ready().wait("-- INSERT --")
        assert chat.leave() == 0
        chat.only_ours()


def test_ctrl_r_finds_an_earlier_line(house: House) -> None:
    with house.chat() as chat:
        chat.ask("my name is Ada").ask("show me markdown")
        chat.ready().keys("\x12name").wait("I-search backward: name")
        chat.until(lambda: chat.rows[-3] == "› my name is Ada", "the line found")

        assert len(house.bodies) == 2
        assert chat.leave_after("\x03") == 0


def test_the_users_editor_changes_the_line(house: House) -> None:
    env = editor(house.folder, 'printf " and more" >> "$1"')
    with house.chat(env=env) as chat:
        chat.ready().put("a tale").keys("\x18\x05").until(lambda: "and more" in chat.text, "the text")
        chat.wait("more").ready()
        assert "and more" in said(house)
        assert chat.modes_now[3] & termios.ISIG == 0
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes


# A lot, and leaving for a while


def test_a_large_paste_is_sent_whole(house: House) -> None:
    text = ("0123456789abcde\n" * 12_000)[:-1]
    with house.chat() as chat:
        chat.ready().keys(f"\x1b[200~{text}\x1b[201~")
        chat.until(lambda: chat.line.strip() == "0123456789abcde", "the end of the paste")
        chat.keys("\r").until(lambda: bool(house.bodies), "the message").ready()
        assert said(house) == text
        assert chat.leave() == 0


def stopped(chat: Sitting) -> bool:
    """The program has been suspended."""
    return Path(f"/proc/{chat.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("busy", [True, False])
def test_a_chat_that_was_suspended_goes_on_with_its_modes(house: House, busy: bool) -> None:
    with house.chat() as chat:
        chat.ready()
        if busy:
            house.emulator.fault(after=14, then="stall")
            chat.say("write 300 words about tides").wait("Most people who work")
        during = chat.modes_now
        chat.signal(signal.SIGSTOP).until(lambda: stopped(chat), "the suspension")
        # A shell gives the terminal its own modes back, and `fg` only continues the program.
        termios.tcsetattr(chat.master, termios.TCSANOW, chat.modes)
        chat.signal(signal.SIGCONT).until(lambda: chat.modes_now[3] == during[3], "the modes")
        if busy:
            chat.keys("\x03").wait("stopped ·").ready()
        chat.ask("my name is Ada").wait("Ada!")
        assert chat.leave() == 0
        assert chat.modes_now == chat.modes
