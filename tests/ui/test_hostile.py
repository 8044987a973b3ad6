"""The hostile corpus, through the terminal painter and the plain one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from azresp.ui.caps import Caps
from azresp.ui.kind import Kind
from azresp.ui.paint import Painter
from azresp.ui.plain import Plain
from azresp.ui.sink import clean_line
from tests.ui.terminals import Clock, Tty, assert_only_our_sequences, plain

HIDDEN = re.compile("[\u200b\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")


def samples(shared: Path, surface: str) -> list[dict[str, Any]]:
    lines = (shared / "hostile" / "terminal.jsonl").read_text().splitlines()
    found = [sample for sample in map(json.loads, lines) if surface in sample["surface"]]
    for sample in found:
        if repeat := sample.get("repeat"):
            sample["text"] = sample["text"].replace("{{REPEAT}}", repeat["unit"] * repeat["n"])
    return found


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("step", [1, 7, 10**9])
@pytest.mark.parametrize("kind", Kind)
def test_model_output_neither_acts_nor_hides(shared: Path, step: int, kind: Kind) -> None:
    for sample in samples(shared, "model_output"):
        text = sample["text"]
        if len(text) > 10_000 and step < 100:
            continue
        tty, clock = Tty(60, 20), Clock()
        painter = Painter(tty, tty.size, clock, Caps(reflow=False))
        for start in range(0, len(text), step):
            painter.add(text[start : start + step], kind)
            clock.now += 0.05
        painter.finish()
        written = "".join(tty.written)
        assert_only_our_sequences(written)
        assert len(written) < 3 * len(text) + 100 * len(tty.written)
        shown = squeezed("".join(tty.rows()))
        check(sample, shown)


@pytest.mark.parametrize("surface", ["model_output", "tool_output", "error_body"])
def test_plain_output_neither_acts_nor_hides(shared: Path, surface: str) -> None:
    for sample in samples(shared, surface):
        tty = Tty(60, 20)
        painter = Plain(tty)
        painter.show(sample["text"])
        painter.finish()
        written = "".join(tty.written)
        assert "\x1b" not in written
        assert_only_our_sequences(written.replace("\t", " "))
        check(sample, squeezed(written))


@pytest.mark.parametrize("surface", ["tool_name", "session_title", "filename", "server_label", "error_body"])
def test_names_and_titles_stay_one_line_and_harmless(shared: Path, surface: str) -> None:
    for sample in samples(shared, surface):
        line = clean_line(sample["text"])
        assert "\n" not in line
        assert_only_our_sequences(line)
        check(sample, squeezed(line))


def check(sample: dict[str, Any], shown: str) -> None:
    """What the sample's index entry expects of the text on the screen, blanks left aside."""
    for mark in sample.get("marks", []):
        assert mark in shown, sample["id"]
    for kept in sample.get("keep", []):
        assert squeezed(plain(kept)) in shown, sample["id"]
    if sample["expect"] == "neutralise":
        assert HIDDEN.search(shown) is None, sample["id"]
