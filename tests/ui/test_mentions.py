"""Files named in a message: only those that are there, however they are typed, dropped or completed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.mentions import at_mention, completions, dropped, mentioned


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a few files."""
    for name in ("a.png", "my notes.txt", "report.pdf", ".hidden"):
        (tmp_path / name).write_text("x")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "b.png").write_text("x")
    (tmp_path / "bad\x1b.png").write_text("x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("what is @a.png?", ["a.png"]),
        ("@a.png and @pictures/b.png, please", ["a.png", "pictures/b.png"]),
        ('read @"my notes.txt"', ["my notes.txt"]),
        ("@a.png @a.png", ["a.png"]),
        ("ask @alice about x@a.png", []),
        ("@ @pictures @/", []),
        ("@" + "x" * 5000, []),
        ("@\x00", []),
    ],
)
def test_only_files_that_are_there_are_attached(folder: Path, text: str, paths: list[str]) -> None:
    assert mentioned(text) == paths


def test_a_picture_dropped_on_the_terminal_is_a_path_and_nothing_else(folder: Path) -> None:
    path = folder / "a.png"
    spaced = folder / "my picture.png"
    spaced.write_text("x")
    assert dropped(f"{path} ") == str(path)
    assert dropped(f"'{spaced}'") == str(spaced)
    assert dropped(str(spaced).replace(" ", "\\ ")) == str(spaced)
    assert dropped(spaced.as_uri()) == str(spaced)
    assert dropped(f"look at {path}") == ""
    assert dropped(f"{path} {path}") == ""
    assert dropped("a.png") == ""
    assert dropped(str(folder / "my notes.txt")) == ""
    assert dropped(str(folder / "gone.png")) == ""
    assert dropped("'unclosed.png") == ""


def test_paths_are_completed_after_an_at_sign(folder: Path) -> None:
    assert list(completions("see @a")) == [("@a.png", 2)]
    assert list(completions("see @pic")) == [("@pictures/", 4)]
    assert list(completions("see @pictures/")) == [("@pictures/b.png", 10)]
    assert list(completions("see @my")) == [('@"my notes.txt"', 3)]
    assert list(completions('see @"my n')) == [('@"my notes.txt"', 6)]
    assert [path for path, _ in completions("@.h")] == ["@.hidden"]
    assert list(completions("@bad")) == []
    assert list(completions("mail me at x@a")) == []


def test_an_at_sign_begins_a_mention_only_at_a_words_start() -> None:
    assert at_mention("see @a/b")
    assert at_mention('@"my n')
    assert not at_mention("x@a")
    assert not at_mention("@a b")


@given(st.text())
def test_no_text_breaks_the_search(text: str) -> None:
    mentioned(text)
    dropped(text)
    list(completions(text))


def test_what_is_completed_is_what_is_attached(folder: Path) -> None:
    for name in sorted(one.name for one in folder.iterdir()):
        for path, length in completions(f"@{name[:3]}"):
            if not path.endswith("/"):
                assert mentioned(f"@{name[:3]}"[:-length] + path) == [path.lstrip("@").strip('"')]
