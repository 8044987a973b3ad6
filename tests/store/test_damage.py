"""Files that are damaged, foreign, newer, locked or not writable; and processes that are killed."""

from __future__ import annotations

# Where the cases of the reliability notes are tested:
#
# D1  here  test_a_process_killed_while_it_writes_…, test_a_store_cut_at_any_length_…; tests/cli/test_chat_commands.py
# D2  here  test_a_full_disk_…, test_a_write_that_fails_…, test_a_disk_that_stays_full_…
# D3  here  test_a_store_with_bytes_changed_anywhere_…, test_what_is_no_store_…, test_a_newer_store_is_refused_…
# D4  here  test_four_processes_on_one_session_…; tests/store/test_store.py  test_two_who_go_on_in_one_session_…
# D5  here  test_what_is_no_store_is_set_aside_with_its_log_…, test_many_who_make_the_store_at_once_… (no NFS at hand)
# D6  tests/store/test_store.py  test_lists_are_newest_first_even_if_the_clock_jumps_back
# D7  tests/store/test_store.py  test_poisoned_text_is_kept_exactly_or_safely, test_five_megabytes_are_kept
# D8  tests/store/test_forgetting.py, tests/cli/test_keeping.py  test_prune_…, tests/cli/test_sessions.py  test_rm_…
# D9  tests/engine/test_insisting.py  test_a_lost_head_…; tests/cli/test_stateless.py
# D10 tests/engine/test_insisting.py  test_reasoning_and_items_that_are_not_taken_back_…
# K1  tests/cli/test_run_hostile.py  test_hostile_refusals_are_told_literally_and_without_the_key
# K2  tests/config/test_secrets.py  test_no_way_of_printing_…, test_a_traceback_with_locals_…
# K3  tests/config/test_secrets.py  test_a_secret_is_redacted_in_every_form; tests/azure/test_lent.py
# K4  tests/cli/test_mcp_secrets.py; tests/cli/test_keeping.py (export)
# K5  tests/toolbox/test_environment.py, tests/toolbox/test_hostile_tools.py  test_no_secret_is_in_the_environment_…
# K6  tests/store/test_store.py  test_files_are_private_whatever_the_umask; tests/config/test_edit.py
# K7  tests/config/test_credential.py  test_a_hanging_keyring_…, test_a_locked_keyring_…
# K8  tests/cli/test_keeping.py  test_a_message_is_forgotten_wherever_it_was_kept
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from azresp.core.session import Session
from azresp.core.turn import INTERRUPTED, Turn
from azresp.errors import LocalError
from azresp.store.owner import is_alive, this_process
from azresp.store.store import Store
from tests.store.talk import asked, completed, created, delta, say

ROOT = Path(__file__).resolve().parents[2]


def _filled(path: Path) -> bytes:
    store = Store(path)
    session = Session("s", "talk")
    for n in range(12):
        session = say(store, session, f"e{n}", "question " * 50, "answer " * 100)
    store.close()
    return path.read_bytes()


def _used(path: Path) -> None:
    """Open and use a store; only LocalError may come of it."""
    try:
        store = Store(path)
    except LocalError as error:
        assert "\n" not in error.what
        assert error.hint
        return
    try:
        store.recover()
        for listed in store.listed():
            store.load(listed.id)
            store.all_exchanges(listed.id)
        store.find("resp_e1")
        store.spending.sums("turn")
        say(store, Session("new", "new"), "fresh")
        store.remove("s")
    except LocalError as error:
        assert error.hint
    finally:
        store.close()


def test_a_store_cut_at_any_length_is_opened_or_set_aside_and_never_deleted(tmp_path: Path) -> None:
    whole = _filled(tmp_path / "whole.db")
    for n, length in enumerate([0, 1, 15, 16, 50, 99, 100, 512, *range(1024, len(whole), 3511)]):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "store.db").write_bytes(whole[:length])
        _used(folder / "store.db")
        aside = [file for file in folder.iterdir() if ".damaged-" in file.name]
        assert (folder / "store.db").exists() or aside
        for file in aside:
            assert file.stat().st_size == length


def test_a_store_with_bytes_changed_anywhere_never_gives_a_traceback(tmp_path: Path) -> None:
    whole = _filled(tmp_path / "whole.db")
    chance = random.Random(3)
    for n in range(40):
        spoilt = bytearray(whole)
        for _ in range(chance.choice((1, 20, 400))):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        file = tmp_path / f"{n}.db"
        file.write_bytes(spoilt)
        _used(file)


def test_what_is_no_store_is_set_aside_with_its_log_and_the_next_start_works(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(2):  # twice in one second: two names
        path.write_text("this is somebody's diary, not a database " * 30)
        (tmp_path / "store.db-wal").write_bytes(b"x" * 50)
        with pytest.raises(LocalError, match="set aside as store"):
            Store(path)
    assert len(list(tmp_path.glob("store.db.damaged-*[0-9]"))) == 2
    assert len(list(tmp_path.glob("store.db.damaged-*-wal"))) == 2
    store = Store(path)
    assert say(store, Session("s", "talk"), "e1").head == "e1"
    store.close()


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    _filled(path)
    raw = sqlite3.connect(path)
    raw.execute("pragma user_version = 99")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(LocalError, match="newer azresp"):
        Store(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.damaged-*"))


@pytest.mark.parametrize("kind", ["folder", "below a file"])
def test_a_place_that_can_not_hold_a_store_is_one_clear_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    else:
        path.touch()
        path = path / "store.db"
    with pytest.raises(LocalError, match="the store"):
        Store(path)


def _python(code: str, *values: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *values],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def _ended(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_a_folder_that_may_not_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir()
    existing = folder / "old.db"
    _filled(existing)
    for name in ("old.db-wal", "old.db-shm"):
        (folder / name).unlink(missing_ok=True)
    existing.chmod(0o444)
    folder.chmod(0o555)
    for one in (tmp_path, *tmp_path.parents):
        if one.stat().st_uid == os.geteuid() and len(one.parts) > 2:
            one.chmod(one.stat().st_mode | 0o055)
    code = """
        import os, sys
        sys.path.insert(0, os.getcwd())
        from pathlib import Path
        from azresp.errors import LocalError
        from azresp.store.store import Store
        if os.geteuid() == 0:
            import azresp.store.store, platformdirs
            os.setegid(65534); os.seteuid(65534)
        for name in ("new.db", "old.db"):
            try:
                Store(Path(sys.argv[1]) / name)
            except LocalError as error:
                print(error.what)
    """
    told = _ended(_python(code, str(folder))).splitlines()
    folder.chmod(0o755)
    assert len(told) == 2
    assert all(str(folder) in line for line in told)


def test_a_write_that_fails_is_told_and_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store._db.raw.execute("pragma busy_timeout = 0")
    session = say(store, Session("s", "talk"), "e1")
    exchange = asked("e2", "e1")
    store.begin(session, exchange)
    store.heard("e2", [created("resp_2")])
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    store.heard("e2", [delta("one ", 1)])
    store.keep()
    assert "locked" in store.trouble
    blocker.execute("commit")
    store.heard("e2", [delta("two", 2)])
    store.keep()
    assert store.all_exchanges("s")[1].turn.text == "one two"
    blocker.execute("begin immediate")
    done = replace(exchange, turn=Turn("resp_2", "completed"))
    session = store.seal(replace(session.with_exchange(done), head="e2"), done)
    blocker.execute("commit")
    blocker.close()
    assert say(store, session, "e3").head == "e3"
    store.close()
    store = Store(path)
    found = store.load("s")
    assert found is not None
    assert [one.id for one in found.path()] == ["e1", "e2", "e3"]
    store.close()


def test_what_could_not_be_sealed_is_sealed_when_the_store_closes(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store._db.raw.execute("pragma busy_timeout = 0")
    exchange = asked("e1", None)
    store.begin(Session("s", "talk"), exchange)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    done = replace(exchange, turn=Turn("resp_1", "completed"))
    store.seal(Session("s", "talk", "e1", {}, {"e1": done}), done)
    blocker.execute("commit")
    blocker.close()
    store.close()
    store = Store(path)
    found = store.load("s")
    assert found is not None
    assert found.head == "e1"
    store.close()


def _fill_disk(store: Store) -> None:
    """As if no page more had room; SQLite then says what it says of a full disk."""
    ((pages,),) = store._db.rows("pragma page_count")
    store._db.rows(f"pragma max_page_count = {pages}")


def _free_disk(store: Store) -> None:
    store._db.rows("pragma max_page_count = 1000000")


LONG = "a long question " * 5_000


def test_a_full_disk_keeps_nobody_from_an_answer_and_all_is_kept_once_there_is_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    _fill_disk(store)
    first = say(store, Session("s", "talk"), "e1", LONG, LONG)
    assert "full" in store.trouble
    second = say(store, first, "e2", LONG, LONG)
    assert store.all_exchanges("s") == []
    _free_disk(store)
    third = say(store, second, "e3", LONG, LONG)
    assert store.trouble == ""
    assert store.load("s") == third
    assert [one.id for one in third.path()] == ["e1", "e2", "e3"]
    assert len(store.listed()) == 1
    store.close()


def test_a_question_that_found_no_room_is_written_with_the_answer_s_next_piece(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    _fill_disk(store)
    store.begin(Session("s", "talk"), asked("e1", None, LONG))
    store.heard("e1", [created("resp_1"), delta("half", 1)])
    assert "full" in store.trouble
    _free_disk(store)
    store.keep()
    (kept,) = store.all_exchanges("s")
    assert (kept.question, kept.turn.text, kept.turn.id) == (LONG, "half", "resp_1")
    assert store.trouble == ""
    store.close()


def test_what_found_no_room_is_written_when_the_store_closes(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    _fill_disk(store)
    session = say(store, Session("s", "talk"), "e1", LONG)
    _free_disk(store)
    store.close()
    assert store.trouble == ""
    store = Store(tmp_path / "store.db")
    assert store.load("s") == session
    store.close()


def test_a_disk_that_stays_full_is_told_to_the_end_and_the_store_stays_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    session = say(store, Session("s", "talk"), "e1")
    _fill_disk(store)
    say(store, session, "e2", LONG)
    store.close()
    assert "full" in store.trouble
    store = Store(tmp_path / "store.db")
    assert store.load("s") == session
    assert store._db.rows("pragma integrity_check") == [("ok",)]
    store.close()


def test_an_answer_that_could_not_be_sealed_does_not_split_its_session(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store._db.raw.execute("pragma busy_timeout = 0")
    exchange = asked("e1", None)
    store.begin(Session("s", "talk"), exchange)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    done = replace(exchange, turn=Turn("resp_1", "completed"))
    session = store.seal(Session("s", "talk", "e1", {}, {"e1": done}), done)
    store.begin(session, asked("e2", "e1"))
    blocker.execute("commit")
    blocker.close()
    done = replace(asked("e2", "e1"), turn=Turn("resp_2", "completed"))
    store.seal(replace(session.with_exchange(done), head="e2"), done)
    assert [(one.id, one.exchanges) for one in store.listed()] == [("s", 2)]
    found = store.load("s")
    assert found is not None
    assert [one.id for one in found.path()] == ["e1", "e2"]
    store.close()


def test_what_is_kept_while_an_answer_runs_does_not_wait_for_others(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    ((patience_ms,),) = store._db.rows("pragma busy_timeout")
    with store._db.hasty():
        assert store._db.rows("pragma busy_timeout") == [(100,)]
    assert store._db.rows("pragma busy_timeout") == [(patience_ms,)]
    assert patience_ms > 1000
    store.close()


TALKER = """
    import sys
    from pathlib import Path
    from azresp.core.session import Session
    from azresp.store.store import Store
    from tests.store.talk import say
    path, who, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    store = Store(path)
    session = store.find("talk") or Session("s", "talk")
    for n in range(count):
        session = say(store, session, f"{who}-{n:06d}")
        assert store.trouble == "", store.trouble
        if n % 10 == 9:
            session = store.find("talk")
    store.close()
"""


def test_four_processes_on_one_session_lose_no_exchange_and_every_head_is_reachable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    processes = [_python(TALKER, str(path), f"p{who}", "50") for who in range(4)]
    for process in processes:
        _ended(process)
    store = Store(path)
    sessions = [store.load(listed.id) for listed in store.listed(10_000)]
    reachable = {one.id for session in sessions if session is not None for one in session.path()}
    assert reachable == {f"p{who}-{n:06d}" for who in range(4) for n in range(50)}
    for session in sessions:
        assert session is not None
        assert session.path()[0].parent is None
        assert [one.parent for one in session.path()][1:] == [one.id for one in session.path()][:-1]
    assert len({listed.name for listed in store.listed(10_000)}) == len(sessions)
    store.close()


HEARER = """
    import sys
    from pathlib import Path
    from azresp.core.session import Session
    from azresp.store.store import Store
    from tests.store.talk import asked, created, delta
    store = Store(Path(sys.argv[1]))
    store.begin(Session("s", "talk"), asked("e1", None, "what was asked"))
    store.heard("e1", [created("resp_1")])
    n = 0
    while True:
        n += 1
        store.heard("e1", [delta(f"{n} ", n)])
        store.keep()
        print(n, flush=True)
"""


@pytest.mark.parametrize("lines", [0, 1, 40, 333])
def test_a_process_killed_while_it_writes_loses_nothing_that_it_kept(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "store.db"
    process = _python(HEARER, str(path))
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    while lines == 0 and not path.exists():
        pass
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    store = Store(path)
    lost = store.recover()
    numbers = out.split()
    seen = int(numbers[-1]) if numbers else lines
    for exchange in lost:
        assert exchange.turn.status == INTERRUPTED
        words = exchange.turn.text.split()
        assert words == [str(n) for n in range(1, len(words) + 1)]
        assert len(words) >= seen
        assert exchange.question == "what was asked"
        assert store.all_exchanges("s") == [exchange]
    assert len(lost) == 1 or lines == 0
    assert store.recover() == []
    store.close()


def _with_dead_owner(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute(
        "update exchanges set owner = replace(owner, ?, 'otherrun')", (this_process().rsplit(":", 1)[1],)
    )
    raw.commit()
    raw.close()


def test_an_answer_that_had_heard_its_end_becomes_the_head_after_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    session = say(store, Session("s", "talk"), "e1")
    store.begin(session, asked("e2", "e1"))
    store.heard("e2", [created("resp_2"), completed("resp_2", "whole", 1)])
    assert store.recover() == []  # this process still lives
    _with_dead_owner(path)
    (found,) = store.recover()
    assert found.turn.text == "whole"
    kept = store.load("s")
    assert kept is not None
    assert kept.head == "e2"
    store.close()


def test_who_lives_and_who_does_not() -> None:
    host, pid, token = this_process().rsplit(":", 2)
    assert is_alive(this_process())
    assert is_alive(f"{host}:{os.getppid()}:whatever")
    assert is_alive(f"another-host:1:{token}")
    assert not is_alive(f"{host}:{pid}:other")
    assert not is_alive(f"{host}:{2**22 + 7}:other")
    assert not is_alive(f"{host}:{10**30}:other")
    assert not is_alive("")
    assert not is_alive("nonsense")


OPENER = """
    import sys
    from pathlib import Path
    from azresp.store.store import Store
    Store(Path(sys.argv[1])).close()
"""


def test_many_who_make_the_store_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    for process in [_python(OPENER, str(path)) for _ in range(6)]:
        _ended(process)
