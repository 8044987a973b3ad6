"""The desk, on a terminal: fresh keys only, the whole question first, and no for everything that is no yes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from azresp import parties
from azresp.core.approval import Decision, Verdict
from azresp.ui.cooked import CookedEditor
from azresp.ui.desk import ScreenDesk
from azresp.ui.terminal import Terminal
from tests.cli.sitting import Sitting
from tests.ui.questions import QUESTIONS
from tests.ui.terminals import Screen

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "tests.ui.desk_program"]
SIZES = [(80, 24), (40, 10), (120, 50)]
Sit = Callable[..., "Desk"]


class Desk(Sitting):
    """A program that puts questions."""

    file: Path
    pages = 0
    """page prompts answered with Enter: one that was answered must not be taken for another"""

    def press(self, keys: str, count: int = 1, at: str = "Allow?") -> Desk:
        """Page to the question number `count` (or another prompt), then press keys."""
        self.page(count, at)
        self.keys(keys)
        return self

    def page(self, count: int = 1, at: str = "Allow?") -> Desk:
        """Press Enter until the question is there."""
        while True:
            self.until(partial(self.asked, at, count, self.pages), at)
            if self.there(at) >= count:
                return self
            self.pages += 1
            self.keys("\r")

    def asked(self, at: str, count: int, pages: int) -> bool:
        """The question or another page is there."""
        return self.there(at) >= count or self.there("q: no") > pages

    def there(self, text: str) -> int:
        """How often a prompt is on the screen or above it."""
        return "".join(self.text.split()).count("".join(text.split()))

    def answers(self) -> list[Any]:
        """What was decided, after the program's end."""
        assert self.status() == 0, self.rows
        found: list[Any] = json.loads(self.file.read_text())
        return found


@pytest.fixture
def sit(tmp_path: Path) -> Sit:
    def sit(*names: str, columns: int = 80, lines: int = 24, editor: str = "false", **more: Any) -> Desk:
        env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "VISUAL": editor} | more.pop("env", {})
        file = tmp_path / "answers.json"
        desk = Desk(tmp_path, env, str(file), *names, columns=columns, lines=lines, command=PROGRAM, **more)
        desk.file = file
        return desk

    return sit


@pytest.mark.parametrize("size", SIZES)
def test_a_block_stands_in_a_reversed_gutter_and_is_answered_by_a_key(
    sit: Sit, size: tuple[int, int]
) -> None:
    with sit("remote", "local", columns=size[0], lines=size[1]) as desk:
        desk.press("n too wide\r").press("y\r", 2)
        assert desk.answers() == [["no", "too wide", "", False], ["once", "", "", False]]
        desk.only_ours()
        block = [y for y, row in enumerate(desk.rows) if row.startswith("│")]
        assert {reversed_at(desk, y) for y in block} == {True}
        others = set(range(len(desk.rows))) - set(block)
        assert {reversed_at(desk, y) for y in others} <= {False}
        assert all(len(row) <= size[0] for row in desk.rows)
        assert "│ 1 of 2 · docs at" in desk.text


def reversed_at(desk: Desk, y: int) -> bool:
    screen = desk.tty.screen
    lines = [*screen.history.top, *(screen.buffer[at] for at in range(screen.lines))]
    return bool(lines[y][0].reverse)


@pytest.mark.parametrize(
    ("keys", "decided"),
    [
        ("y\r", ["once", "", "", False]),
        ("a\r", ["session", "", "", False]),
        ("A\r", ["always", "", "", False]),
        ("n\r", ["no", "", "", False]),
        ("no: not this one\r", ["no", "not this one", "", False]),
        ("\r", ["no", "", "", False]),
        ("\x04", ["no", "", "", False]),
        ("\x03", ["no", "", "", True]),
    ],
)
def test_every_key_means_what_it_says(sit: Sit, keys: str, decided: list[object]) -> None:
    with sit("remote") as desk:
        assert desk.press(keys).answers() == [decided]
        assert ("always allowed from now on: endpoint https://demo" in desk.text) == (keys == "A\r")


@pytest.mark.parametrize("first", ["yy", "maybe", "/exit", "nothing", "yess"])
def test_what_is_no_answer_is_asked_again_once_and_then_means_no(sit: Sit, first: str) -> None:
    with sit("remote") as desk:
        desk.press(f"{first}\r").press(f"{first}\r", 2)
        assert desk.answers() == [["no", "", "", False]]


def test_keys_from_before_a_question_answer_nothing(sit: Sit) -> None:
    with sit("remote", "local", "more") as desk:
        desk.keys("y\ry\ry\r")
        desk.press("n\ry\ry\r").press("n\ry\r", 2).press("n\r", 1, "[y/N] ")
        assert desk.answers() == [["no", "", "", False], ["no", "", "", False], False]


@pytest.mark.parametrize("size", SIZES)
def test_a_question_comes_only_after_the_last_of_its_pages(sit: Sit, size: tuple[int, int]) -> None:
    with sit("long", columns=size[0], lines=size[1]) as desk:
        desk.wait("q: no")
        while '"key59"' not in desk.text:
            assert "Allow?" not in desk.text
            pages = desk.pages = desk.there("q: no")
            desk.keys("y\r").until(partial(desk.asked, "Allow?", 1, pages))
        desk.press("y\r")
        assert desk.answers() == [["once", "", "", False]]
        rows = [row for row in desk.rows if not row.startswith("Enter: more")]
        shown = [row.removeprefix("│   ") for row in rows if row.startswith("│   ") and '"' in row]
        assert shown == QUESTIONS["long"].shown.split("\n")[1:-1]


@pytest.mark.parametrize(("keys", "halt"), [("q\r", False), ("n\r", False), ("\x03", True), ("\x04", False)])
def test_nobody_has_to_read_to_the_end_to_say_no(sit: Sit, keys: str, halt: bool) -> None:
    with sit("long") as desk:
        desk.wait("q: no").keys(keys)
        assert desk.answers() == [["no", "", "", halt]]
        assert "Allow?" not in desk.text


def test_a_yes_in_a_window_that_became_narrower_is_asked_for_again(sit: Sit) -> None:
    with sit("wide") as desk:
        desk.page().resize(40, 24)
        desk.press("y\r").wait("here is the question again").press("a\r", 2)
        assert desk.answers() == [["session", "", "", False]]
        again = desk.rows[desk.rows.index("The window became narrower: here is the") :]
        block = [row for row in again if '"' in row or "xx" in row]
        assert all(row.startswith("│   ") for row in block)
        assert len(block) > 8


def test_arguments_of_a_local_call_can_be_edited_and_of_an_mcp_call_not(sit: Sit) -> None:
    with sit("remote", "local", editor="sed -i s/README/SECRET/") as desk:
        desk.press("e\r").wait("Not to be changed: the service holds the arguments of an MCP call")
        desk.press("n\r", 2).press("e\r", 3)
        edited = QUESTIONS["local"].shown.replace("README", "SECRET")
        assert desk.answers() == [["no", "", "", False], ["once", "", edited, False]]


@pytest.mark.parametrize("editor", ["false", "true"])
def test_an_editor_that_changes_nothing_leaves_the_question(sit: Sit, editor: str) -> None:
    with sit("local", editor=editor) as desk:
        desk.press("e\r").wait("the arguments are as they were")
        assert desk.press("n\r", 2).answers() == [["no", "", "", False]]


def test_a_tool_that_nobody_has_described_gets_no_standing_answer(sit: Sit) -> None:
    with sit("unlisted") as desk:
        desk.wait("Allow? [y/N/?]").keys("A\r")
        desk.press("a\r", 2).press("y\r", 3)
        assert desk.answers() == [["once", "", "", False]]
        assert desk.text.count("No standing answer: docs has not listed this tool here yet.") == 2


def test_details_are_told_before_the_question_is_put_again(sit: Sit) -> None:
    with sit("changed") as desk:
        desk.press("?\r").wait("earlier call 1 gave:").wait("fingerprint f1f1")
        assert desk.press("n\r", 2).answers() == [["no", "", "", False]]
        assert "Careful: looks like" in desk.text


def test_a_used_up_budget_asks_whether_to_go_on(sit: Sit) -> None:
    with sit("more", "more", "more") as desk:
        desk.wait("25 rounds of tool calls for this question. Go on?")
        desk.press("y\r", 1, "[y/N]").press("\r", 2, "[y/N]").press("\x03", 3, "[y/N]")
        assert desk.answers() == [True, False, False]


def test_a_terminal_without_cursor_gets_the_same_question_and_not_one_escape(sit: Sit) -> None:
    with sit("wide", "long", "remote", columns=40, lines=10, term="dumb") as desk:
        desk.press("y\r").press("\x04", 2).press("\x03", 3)
        assert desk.answers() == [["once", "", "", False], ["no", "", "", False], ["no", "", "", True]]
        assert "\x1b" not in desk.written
        assert "city reads: 北京<U+200B><U+202E> · 2" in desk.text


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_running_calls_are_told_and_stopped_by_ctrl_c(sit: Sit, term: str) -> None:
    with sit("run", term=term) as desk:
        desk.wait("running read_file, grep").wait("Ctrl-C stops").wait("1,234 characters")
        desk.keys("\x03")
        assert desk.answers() == ["cancelled"]
        rows = desk.rows
        assert "read_file · 0.2 s · 1,234 characters" in rows
        assert rows[-1].endswith("grep failed: exit 3 · 0.1 s")  # a dumb terminal echoes the ^C itself
        assert ("running" in desk.text) == (term == "dumb")
        assert desk.tty.style_is_default


def test_colours_stay_away_where_they_are_not_wanted(sit: Sit) -> None:
    with sit("changed", "run", env={"NO_COLOR": "1"}) as desk:
        desk.press("\x03").wait("1,234 characters").keys("\x03")
        desk.answers()
        assert not [one for one in ("[3", "[4", ";3", "38;") if f"\x1b{one}" in desk.written and "m" in one]


def test_nobody_at_the_terminal_means_later(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    done = subprocess.run(
        [*PROGRAM, str(file), "remote", "more"],
        input="y\ny\n",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (json.loads(file.read_text()), done.stdout) == ([["later", "", "", False], False], "")


def desk_on(screen: Screen, term: str) -> parties.Desk:
    """A desk as the answerer knows it."""
    terminal = Terminal(screen, {"TERM": term})
    return ScreenDesk(terminal, CookedEditor(terminal))


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (Decision(Verdict.ONCE, "user"), []),
        (Decision(Verdict.NO, "user", halt=True), []),
        (Decision(Verdict.ONCE, "always"), ["docs/search allowed by the standing approval (/approvals)"]),
        (Decision(Verdict.ONCE, "session"), ["docs/search allowed for this session (/approvals)"]),
        (Decision(Verdict.ONCE, "config"), ["docs/search allowed without asking, as the configuration says"]),
        (Decision(Verdict.NO, "--approve never"), ["docs/search not allowed by --approve never"]),
    ],
)
def test_what_the_user_did_not_decide_is_told_in_a_line(decision: Decision, told: list[str]) -> None:
    screen = Screen(80, 24)
    desk_on(screen, "xterm").decided(QUESTIONS["remote"], decision)
    assert screen.rows() == told


def test_a_call_that_can_not_be_asked_about_is_told_with_the_reason() -> None:
    screen = Screen(80, 24)
    ask = replace(QUESTIONS["local"].ask, name="rm\n-rf \x1b[2J")
    desk_on(screen, "dumb").refused(ask, "there is no function\x1b[1A")
    assert screen.rows() == ['"rm␊-rf ␛[2J" not run: there is no function␛[1A']
