"""What the torture found and what was mended, each without a process of its own."""

from __future__ import annotations

import os
import sqlite3
import termios
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.application.current import get_app_session
from prompt_toolkit.input.posix_pipe import PosixPipeInput

from azresp.cli.report import Debug, report
from azresp.cli.streams import Aside
from azresp.errors import Exit, LocalError
from azresp.store import schema
from azresp.store.store import Store
from azresp.ui.history import PrivateHistory
from azresp.ui.reader import end_with_terminal


def test_one_failed_read_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    Store(path).close()
    real, failed = schema._look_at_header, iter([sqlite3.DatabaseError("database disk image is malformed")])

    def look(path: Path) -> None:
        for error in failed:
            raise error
        real(path)

    monkeypatch.setattr(schema, "_look_at_header", look)
    Store(path).close()
    assert not list(tmp_path.glob("*.damaged-*"))


def test_keys_end_where_the_terminal_can_not_be_read_any_more() -> None:
    with PosixPipeInput.create() as pipe, create_app_session(input=pipe):
        end_with_terminal()
        source = get_app_session().input
        pipe.send_text("né")
        assert [key.data for key in source.read_keys()] == ["n", "é"]
        before = source.closed
        # An open descriptor that can't be read: EIO is as good as EBADF here.
        writing = os.open(os.devnull, os.O_WRONLY)
        source.stdin_reader.stdin_fd = writing  # type: ignore[attr-defined]  # a pipe input has one
        assert source.read_keys() == []
        assert (before, source.closed) == (False, True)
        os.close(writing)


def test_a_history_that_can_not_be_used_keeps_nobody_from_typing(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = PrivateHistory(path)
    path.unlink()
    path.mkdir()  # in the file's place
    assert list(history.load_history_strings()) == []
    history.append_string("typed")
    assert history.get_strings() == ["typed"]
    with pytest.raises(LocalError, match="history"):
        history.forget("typed")


def test_a_stderr_that_nobody_reads_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8", buffering=1) as broken:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr("sys.stderr", broken)
        Aside().write("call forecast\n")
        monkeypatch.undo()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, writing)  # what is buffered goes somewhere
        os.close(null)


def test_a_terminal_that_says_no_is_no_fault_of_azresp(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(termios.error(5, "Input/output error"), Debug(on=False)) == Exit.LOCAL
    assert capsys.readouterr().err == "azresp: the terminal: Input/output error\n"
