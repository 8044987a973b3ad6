"""A store and its log with bytes changed or cut off anywhere: opened, or set aside with a sentence, never deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.session import Session
from azresp.store.store import Store
from tests.examples import examples
from tests.store.talk import say
from tests.store.test_damage import _used

_CHANGES = st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=40)), max_size=4)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of two exchanges, the second one only in the log."""
    folder = tmp_path_factory.mktemp("seed")
    store = Store(folder / "store.db")
    session = say(store, Session("s", "talk"), "e1", "one", "answer one")
    store._db.rows("pragma wal_checkpoint(truncate)")
    say(store, session, "e2", "two", "answer two")
    # As a killed process leaves it: whoever closes it would empty the log.
    kept = tmp_path_factory.mktemp("kept")
    for file in folder.iterdir():
        shutil.copy(file, kept)
    store.close()
    return kept


@examples(15)
@given(_CHANGES, _CHANGES, st.integers(0, 2**20) | st.none(), st.integers(0, 2**20) | st.none())
def test_a_damaged_store_is_opened_or_set_aside_whole(
    seed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, bytes]],
    in_log: list[tuple[int, bytes]],
    length: int | None,
    log_length: int | None,
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    before = {
        "store.db": _spoilt((seed / "store.db").read_bytes(), changes, length),
        "store.db-wal": _spoilt((seed / "store.db-wal").read_bytes(), in_log, log_length),
    }
    for name, content in before.items():
        (folder / name).write_bytes(content)
    _used(folder / "store.db")
    aside = [file for file in folder.iterdir() if ".damaged-" in file.name]
    # What is set aside may hold more than before: SQLite put what was sound in the log into it.
    assert (folder / "store.db").exists() or any(file.name.endswith(tuple("0123456789")) for file in aside)
    # Set aside or not: what was refused once does not stand in the way for ever.
    _used(folder / "store.db")
    shutil.rmtree(folder)


def _spoilt(content: bytes, changes: list[tuple[int, bytes]], length: int | None) -> bytes:
    spoilt = bytearray(content)
    for place, piece in changes:
        at = place % len(content)
        spoilt[at : at + len(piece)] = piece
    return bytes(spoilt if length is None else spoilt[: length % (len(content) + 1)])
