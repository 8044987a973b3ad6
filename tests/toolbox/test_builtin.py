"""The tools that come along: useful in the working folder, blind outside of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azresp.config.tools import BUILT_IN
from azresp.toolbox import offered
from azresp.toolbox.builtin import builtin_tool
from azresp.toolbox.limits import Limits, Ran
from tests.toolbox.zoo import call


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A working folder, and a secret beside it."""
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    (root / "sub" / "b.txt").write_text("two of them\n")
    (root / "sub" / "binary").write_bytes(b"two\0")
    (tmp_path / "secret").write_text("two secrets\n")
    (root / "link").symlink_to("../secret")
    (root / "folder-link").symlink_to("..")
    (root / "inner-link").symlink_to("sub/b.txt")
    os.mkfifo(root / "fifo")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("two\n")
    return root


def _read(root: Path, path: str, first: int | None = None, last: int | None = None) -> Ran:
    return call(builtin_tool("read_file", root), path=path, first_line=first, last_line=last)


def _search(root: Path, pattern: str, path: str | None = None, regex: bool | None = None) -> Ran:
    tool = builtin_tool("search_text", root, Limits(time_s=2.0, grace_s=0.1))
    return call(tool, pattern=pattern, path=path, regex=regex, ignore_case=None)


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_has_a_strict_schema_and_says_where_it_comes_from(name: str) -> None:
    function = builtin_tool(name, Path("/")).function
    assert (function.name, function.strict, function.source) == (name, True, "built in")
    assert all("description" in one for one in function.parameters["properties"].values())


def test_there_is_no_other() -> None:
    with pytest.raises(KeyError):
        builtin_tool("delete_file", Path("/"))


def test_a_file_is_read_whole_or_in_part(root: Path) -> None:
    assert _read(root, "a.txt").output == "one\ntwo\nthree\n"
    assert _read(root, "a.txt", 2).output == "two\nthree\n"
    assert _read(root, "a.txt", 2, 2).output == "two\n"
    assert _read(root, "a.txt", 4).output == "[nothing there: the file is empty or shorter]"
    assert _read(root, "sub/../inner-link").output == "two of them\n"
    assert _read(root, str(root / "a.txt"), 3).output == "three\n"


def test_a_long_file_says_where_to_go_on(root: Path) -> None:
    (root / "long").write_text("".join(f"{number:0>99}\n" for number in range(1, 1001)))
    first = str(_read(root, "long").output)
    assert first.endswith(f"{480:0>99}\n[cut here: go on with first_line=481]")
    assert str(_read(root, "long", 481).output).startswith(f"{481:0>99}\n")


@pytest.mark.parametrize(
    "path", ["../secret", "link", "folder-link/secret", "/etc/passwd", "sub/../../secret", "folder-link"]
)
def test_nothing_outside_of_the_working_folder_is_read(path: str, root: Path) -> None:
    ran = _read(root, path)
    assert (ran.ok, ran.note) == (False, f"{path} is outside of the working folder.")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("fifo", "fifo is not a regular file."),
        ("sub", "sub is not a regular file."),
        (".", ". is not a regular file."),
        ("nowhere", "nowhere: No such file or directory."),
        ("sub/binary", "sub/binary is not a text file."),
    ],
)
def test_what_is_no_text_file_is_told(path: str, why: str, root: Path) -> None:
    ran = _read(root, path)
    assert (ran.ok, ran.note, ran.output) == (False, why, f"The function failed.\n{why}")


def test_a_folder_that_is_exchanged_for_a_link_after_the_check_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert os.read(offered._walk(("sub", "b.txt"), os.O_RDONLY | os.O_NOFOLLOW), 3) == b"two"
    for parts in (("folder-link", "secret"), ("link",)):
        with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
            offered._walk(parts, os.O_RDONLY | os.O_NOFOLLOW)


def test_a_nul_in_a_path_is_told(root: Path) -> None:
    assert not _read(root, "a\0b").ok


def test_a_folder_is_listed(root: Path) -> None:
    ran = call(builtin_tool("list_folder", root), path=None)
    assert str(ran.output).splitlines() == [
        ".git/",
        "a.txt  14 bytes",
        "fifo  [special]",
        "folder-link -> ..",
        "inner-link -> sub/b.txt",
        "link -> ../secret",
        "sub/",
    ]
    outside = call(builtin_tool("list_folder", root), path="folder-link")
    assert (outside.ok, outside.note) == (False, "folder-link is outside of the working folder.")


def test_text_is_searched_in_text_files_only_and_not_through_links(root: Path) -> None:
    assert _search(root, "two").output == "a.txt:2: two\nsub/b.txt:1: two of them"
    assert _search(root, "two", "sub").output == "sub/b.txt:1: two of them"
    assert _search(root, "t.?o$", regex=True).output == "a.txt:2: two"
    assert _search(root, "t.?o$").output == "[nothing found]"
    assert _search(root, "two", "folder-link").note == "folder-link is outside of the working folder."
    assert _search(root, "(", regex=True).note.startswith("The pattern is no regular expression")


def test_a_regular_expression_without_end_is_ended(root: Path) -> None:
    (root / "trap").write_text("a" * 60 + "b\n")
    assert _search(root, "(a+)+$", regex=True).note == "timed out after 2 s"


def test_names_that_are_no_text_are_told_all_the_same(root: Path) -> None:
    (root / "sub" / os.fsdecode(b"\xff\x1b[31m")).write_text("x")
    ran = call(builtin_tool("list_folder", root), path="sub")
    assert str(ran.output).splitlines()[-1] == "\ufffd\x1b[31m  1 bytes"


def test_a_command_is_run_without_a_shell(root: Path) -> None:
    tool = builtin_tool("run_command", root)
    assert tool.shown({"argv": ["echo", "$HOME; id", "-n"]}) == '[\n  "echo",\n  "$HOME; id",\n  "-n"\n]'
    assert call(tool, argv=["echo", "$HOME; id", "-n"]).output == "$HOME; id -n"
    with pytest.raises(ValueError, match="argv"):
        tool.read('{"argv": []}')
