"""Dialogues on a terminal whose cursor can't be moved: its own line editing, not one escape sequence."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from subprocess import run

import pytest

from azresp.emulator import Emulator
from tests.cli.sitting import Sitting
from tests.cli.test_chat import House, in_order


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured, emulator)


def prompts(chat: Sitting, count: int) -> Sitting:
    """Wait until so many prompts were written, the last one with nothing behind it."""
    return chat.until(
        lambda: chat.written.count("› ") >= count and chat.written.endswith("› "), f"prompt {count}"
    )


def test_a_dialogue_has_question_and_answer_and_not_one_escape(house: House) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1).keys("my name is Ada\r")
        prompts(chat, 2).keys("what is my name?\r")
        prompts(chat, 3).keys("/frobnicate\r")
        prompts(chat, 4).keys("/copy\r").wait("this terminal has no clipboard")
        prompts(chat, 5).keys("\x04")
        assert chat.status() == 0
        said = [
            "› my name is Ada",
            "Nice to meet you, Ada!",
            "› what is my name?",
            "Your name is **Ada**",
            "› /frob",
        ]
        assert in_order(said, chat.text), chat.text
        assert "\x1b" not in chat.written
        assert chat.modes_now == chat.modes
    assert len(house.bodies) == 2


def test_a_backslash_continues_a_line(house: House) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1).keys("one\\\rtwo\\\r").until(
            lambda: chat.written.endswith("two\\\r\n  "), "the third row"
        )
        chat.keys("three\r").wait("3 words in 3 lines")
        assert house.bodies[-1]["input"][0]["content"][0]["text"] == "one\ntwo\nthree"
        prompts(chat, 2).keys("\x04")
        assert chat.status() == 0


def test_ctrl_c_clears_the_line_and_twice_leaves(house: House) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1).keys("half a thought\x03").wait("Ctrl-C again quits")
        prompts(chat, 2).keys("a tale of tides\r").wait("4 words in 1 line")
        prompts(chat, 3).keys("\x03").wait("Ctrl-C again quits", 2)
        prompts(chat, 4).keys("\x03")
        assert chat.status() == 0
    assert [body["input"][0]["content"][0]["text"] for body in house.bodies] == ["a tale of tides"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_waiting_prompt(house: House, number: int, status: int) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1).signal(number)
        assert chat.status() == status


def test_an_answer_is_stopped_and_what_was_typed_meanwhile_is_sent_next(house: House) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1)
        house.emulator.fault(after=14, then="stall")
        chat.keys("write 300 words about tides\r").wait("Most people who work")
        chat.keys("\x03").wait("stopped ·")
        house.emulator.fault(after=14, then="stall")
        prompts(chat, 2).keys("write 300 words about tides\r").wait("Most people who work", 2)
        chat.keys("what is two words\r").wait("what is two words").keys("\x1b[A").wait("^[[A")
        chat.signal(signal.SIGINT).wait("stopped ·", 2).wait("› what is two words").wait("Most people", 3)
        assert chat.modes_now == chat.modes
        assert "\x1b" not in chat.written


def test_a_line_that_the_terminal_cut_off_is_not_sent(house: House) -> None:
    with house.chat(term="dumb") as chat:
        prompts(chat, 1).keys("x" * 5000 + "\r").wait("cuts a line off")
        prompts(chat, 2).keys("\x04")
        assert chat.status() == 0
    assert house.bodies == []


def test_the_editor_of_a_dumb_terminal_needs_no_prompt_toolkit() -> None:
    code = "import sys, azresp.ui.cooked; sys.exit(any(name.startswith('prompt_toolkit') for name in sys.modules))"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
