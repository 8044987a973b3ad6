"""Sessions and exchanges: what is kept, found, named and removed."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.conversation import CONVERSATION
from azresp.core.session import Exchange, Session, message, tagged, undo
from azresp.core.sse import Wire
from azresp.core.turn import INTERRUPTED, Turn
from azresp.errors import LocalError
from azresp.store.names import slug
from azresp.store.schema import store_path
from azresp.store.store import Store
from tests.store.talk import asked, created, delta, say, stop


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "azresp" / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def _reopened(path: Path, session_id: str) -> Session:
    other = Store(path)
    session = other.load(session_id)
    other.close()
    assert session is not None
    return session


def test_a_session_comes_back_from_another_process_as_it_was(store: Store, path: Path) -> None:
    session = Session("session-1", "talk", settings={"temperature": 0.5})
    for n in range(3):
        session = say(store, session, f"exchange-{n}", f"question {n}", f"answer {n}")
    assert _reopened(path, "session-1") == session
    assert [exchange.question for exchange in session.path()] == ["question 0", "question 1", "question 2"]
    assert [exchange.turn.text for exchange in session.path()] == ["answer 0", "answer 1", "answer 2"]


def test_an_interrupted_exchange_is_kept_and_does_not_become_the_head(store: Store, path: Path) -> None:
    session = stop(store, say(store, Session("s", "talk"), "e1"), "e2", "half an ans")
    kept = _reopened(path, "s")
    assert kept.head == session.head == "e1"
    (_, cut) = store.all_exchanges("s")
    assert (cut.turn.status, cut.turn.text) == (INTERRUPTED, "half an ans")


def test_a_branch_is_never_lost(store: Store) -> None:
    session = say(store, say(store, Session("s", "talk"), "e1"), "e2")
    store.move(undo(session), "e2")
    session = say(store, undo(session), "e3")
    assert [one.id for one in session.path()] == ["e1", "e3"]
    assert [one.id for one in store.children("e1", "s")] == ["e2", "e3"]
    assert [one.id for one in store.children(None, "s")] == ["e1"]
    assert [one.id for one in store.all_exchanges("s")] == ["e1", "e2", "e3"]


def test_two_who_go_on_in_one_session_both_keep_their_exchanges_and_a_name(path: Path) -> None:
    one, two = Store(path), Store(path)
    start = say(one, Session("s", "talk", settings={CONVERSATION: "conv_1@x"}), "e1")
    mine, theirs = say(one, start, "e2-aaaaaa"), say(two, start, "e3-bbbbbb")
    # A conversation at the service has no branches.
    assert [CONVERSATION in each.settings for each in (mine, theirs)] == [True, False]
    assert (mine.id, mine.name) == ("s", "talk")
    assert (theirs.id, theirs.name) == ("s-bbbbbb", "talk-2")
    theirs = say(two, theirs, "e4")
    assert [one.id for one in _reopened(path, theirs.id).path()] == ["e1", "e3-bbbbbb", "e4"]
    assert [one.id for one in _reopened(path, "s").path()] == ["e1", "e2-aaaaaa"]
    one.close()
    two.close()


def test_a_head_that_another_process_moved_is_not_moved_back(path: Path) -> None:
    one, two = Store(path), Store(path)
    start = say(one, say(one, Session("s", "talk"), "e1"), "e2")
    say(two, start, "e3")
    mine = one.move(undo(start), "e2")
    assert (mine.id != "s", mine.name, mine.head) == (True, "talk-2", "e1")
    assert _reopened(path, "s").head == "e3"
    assert _reopened(path, mine.id).head == "e1"
    one.save(replace(start, settings={"top_p": 1}))
    assert _reopened(path, "s").head == "e3"
    one.close()
    two.close()


def test_a_name_and_tags_that_another_process_gave_stay(path: Path) -> None:
    one, two = Store(path), Store(path)
    mine = say(one, Session("s", "talk", settings={"top_p": "1"}), "e1")
    two.save(replace(mine, name="named"), "name")
    two.save(tagged(mine, ["work"]), "tags")
    one.save(replace(mine, settings={"top_p": "2"}))
    mine = say(one, replace(mine, settings={"top_p": "2"}), "e2")
    kept = _reopened(path, "s")
    assert (mine.name, kept.name, kept.tags, kept.settings["top_p"]) == ("named", "named", ("work",), "2")
    two.save(tagged(kept, ["-work"]), "tags")
    assert _reopened(path, "s").tags == ()
    one.close()
    two.close()


def test_an_end_that_another_process_heard_is_not_overwritten_and_a_forgotten_job_stays_so(
    path: Path,
) -> None:
    one, two = Store(path), Store(path)
    job = replace(asked("e1", None), background=True)
    start = Session("s", "talk")
    one.begin(start, job)
    heard = replace(job, turn=Turn("resp_1", "in_progress"))
    session = one.seal(start.with_exchange(heard), heard)
    # Forgotten while it ran: who hears it again makes it a job again, whatever becomes of him.
    two.jobs.forget("e1")
    one.reopen(session, heard)
    assert [job.number for job in two.jobs.listed()] == [1]
    two.jobs.forget("e1")
    # Another one sees its end, and the first one only a broken connection.
    done = replace(heard, turn=Turn("resp_1", "completed"))
    two.seal(session.with_exchange(done), done)
    one.seal(session, heard)
    assert [one.turn.status for one in two.all_exchanges("s")] == ["completed"]
    assert two.jobs.listed() == []
    one.close()
    two.close()


def test_a_session_removed_in_mid_answer_does_not_take_the_answer_with_it(path: Path) -> None:
    one, two = Store(path), Store(path)
    start = say(one, Session("s", "talk"), "e1")
    exchange = asked("e2-cccccc", "e1")
    one.begin(start, exchange)
    two.remove("s")
    done = replace(exchange, turn=Turn("resp_2", "completed"))
    kept = one.seal(replace(start.with_exchange(done), head=done.id), done)
    assert one.trouble == ""
    assert [one.id for one in _reopened(path, kept.id).path()] == ["e2-cccccc"]
    one.close()
    two.close()


def test_a_taken_name_gets_a_number_and_the_session_knows_it(store: Store) -> None:
    first, second = say(store, Session("s1", "talk"), "e1"), say(store, Session("s2", "talk"), "e2")
    assert (first.name, second.name) == ("talk", "talk-2")
    assert store.free_name("Talk!") == "talk-3"
    with pytest.raises(LocalError, match="named 'talk' already"):
        store.save(replace(second, name="talk"), "name")
    store.save(replace(second, name="other"), "name")
    assert store.find("other") is not None


@pytest.mark.parametrize(
    "name", ["a*b", "a?b", "a[b]c", "%", "_", "'; drop table sessions; --", "a\0b", "\ud800", ""]
)
def test_any_name_can_be_kept_and_found(name: str) -> None:
    store = Store(None)
    kept = [say(store, Session(f"s{n}", name), f"e{n}").name for n in range(3)]
    assert len(set(kept)) == 3
    for n, found in enumerate(kept):
        session = store.find(found)
        assert session is not None
        assert session.id == f"s{n}"
    store.close()


def test_a_session_is_found_by_name_by_the_start_of_its_id_and_by_a_response(store: Store) -> None:
    session = Session("20260101-abcdef", "talk", settings={CONVERSATION: "conv_1@x", "top_p": "1"})
    session = say(store, say(store, session, "e1-xxxxxx"), "e2-yyyyyy")
    assert store.find("talk") == session
    assert store.find("20260101-abc") == session
    assert store.find("resp_e2-yyyyyy") == session
    earlier = store.find("resp_e1-xxxxxx")
    assert earlier is not None
    assert (earlier.head, earlier.name) == ("e1-xxxxxx", "talk-2")
    assert (earlier.id != session.id, earlier.settings) == (True, {"top_p": "1"})
    assert say(store, earlier, "e3").name == "talk-2"


@pytest.mark.parametrize(
    "name", ["", "t", "tal_", "tal%", "resp_no", "x" * 100_000, "\ud800\udc00", "%%%%", "____"]
)
def test_what_is_not_there_is_not_found(store: Store, name: str) -> None:
    say(store, Session("session-1", "talk"), "e1")
    assert store.find(name) is None
    assert store.load(name) is None


def test_the_start_of_two_ids_finds_neither(store: Store) -> None:
    say(store, Session("20260101-a", "one"), "e1")
    say(store, Session("20260101-b", "two"), "e2")
    assert store.find("20260101") is None


def test_lists_are_newest_first_even_if_the_clock_jumps_back(path: Path) -> None:
    times = iter([100.0, 100.0, 50.0, 50.0, 40.0, 40.0, 30.0, 30.0, 20.0])
    store = Store(path, clock=lambda: next(times))
    for n in range(3):
        say(store, Session(f"s{n}", f"talk{n}"), f"e{n}", f"question {n}")
    assert [one.name for one in store.listed()] == ["talk2", "talk1", "talk0"]
    assert [(one.exchanges, one.question) for one in store.listed(1)] == [(1, "question 2")]
    latest = store.latest()
    assert latest is not None
    assert latest.id == "s2"
    store.close()


def test_an_empty_store_has_no_latest() -> None:
    store = Store(None)
    assert (store.latest(), store.listed(), store.recover()) == (None, [], [])
    store.close()


def test_removal_keeps_what_others_build_on_until_the_last_of_them_goes(store: Store) -> None:
    session = say(store, say(store, Session("s1", "one"), "e1"), "e2")
    stop(store, session, "e3", "half")
    fork = replace(session, id="s2", name="two", head="e1")
    store.save(fork)
    side = say(store, fork, "e4")
    store.move(undo(side), "e4")
    assert store.remove("s1") == 2  # e2 and e3; e1 carries s2
    assert store.load("s1") is None
    kept = store.load("s2")
    assert kept is not None
    assert [one.id for one in kept.path()] == ["e1"]
    assert [one.id for one in store.children("e1", "s2")] == ["e4"]
    assert store.remove("s2") == 2
    assert store.all_exchanges("s1") == store.all_exchanges("s2") == []
    assert store.remove("s2") == 0


def test_what_a_removed_session_left_to_another_goes_with_that_one(store: Store) -> None:
    first = say(store, say(store, Session("s1", "one"), "e1"), "e2")
    store.save(replace(first, id="s2", name="two"))
    third = store.load("s2")
    assert third is not None
    say(store, third, "e3")
    store.save(replace(first, id="s4", name="bare", head="e1"))
    store.remove("s1")
    # Else it would stay at the service for ever, and nobody would know.
    assert [one.id for one in store.own_exchanges("s2")] == ["e2", "e3"]
    assert [one.id for one in store.own_exchanges("s4")] == []
    assert [one[:2] for one in store.leaving(["s2", "s4"])] == [
        ("s2", "resp_e1"), ("s2", "resp_e2"), ("s2", "resp_e3"),
    ]  # fmt: skip
    assert store.remove_all(["s2", "s4"]) == 3


def test_a_deleted_response_is_remembered_as_deleted(store: Store, path: Path) -> None:
    say(store, Session("s", "talk"), "e1")
    marked = []
    for ident, origin in (
        ("resp_e1", "https://elsewhere/"),
        ("resp_unknown", ""),
        ("resp_e1", "https://here/"),
    ):
        store.mark_deleted(ident, origin)
        last = _reopened(path, "s").last
        assert last is not None
        marked.append(last.deleted)
    assert marked == [False, False, True]


def test_exchanges_from_elsewhere_are_added_once(store: Store) -> None:
    exchange = replace(asked("e1", None), turn=Turn("resp_1", "completed"))
    session = Session("s", "fetched", "e1", {}, {"e1": exchange})
    store.add(session, [exchange])
    store.add(session, [exchange])
    assert store.load("s") == session


nasty = st.text(alphabet=st.characters(codec=None), max_size=20) | st.sampled_from(
    ("\0", "\ud83d", "\x1b[2J", "'\"")
)


@given(nasty, nasty, nasty, nasty)
def test_poisoned_text_is_kept_exactly_or_safely(said: str, heard: str, ident: str, setting: str) -> None:
    store = Store(None)
    exchange = asked("e1", None, said)
    session = Session("s", "talk", settings={setting: setting})
    store.begin(session, exchange)
    wires: list[Wire] = [created(ident), delta(heard, 1), delta(said, 2)]
    store.heard("e1", wires)
    (kept,) = store.all_exchanges("s")
    assert kept.said == exchange.said
    assert kept.turn.items[0].parts[0].text.raw == heard + said if heard + said else True
    found = store.load("s")
    assert found is not None
    assert found.settings == session.settings
    store.seal(session, replace(exchange, turn=kept.turn))
    assert store.trouble == ""
    store.close()


def test_five_megabytes_are_kept(store: Store, path: Path) -> None:
    big = "wide ⽬ text \0" * 400_000
    session = say(store, Session("s", "talk"), "e1", big, big)
    assert store.trouble == ""
    kept = _reopened(path, "s").path()[0]
    assert (kept.said, kept.turn.text) == ((message(big),), big)
    assert session.path()[0].turn == kept.turn


def test_what_is_heard_in_many_pieces_is_kept_as_few_events(store: Store, path: Path) -> None:
    exchange = asked("e1", None)
    store.begin(Session("s", "talk"), exchange)
    for n in range(3000):
        store.heard("e1", [delta("word ", n), delta("word ", n)])  # every event twice (S6)
        if n % 500 == 0:
            store.keep()
    store.keep()
    (kept,) = store.all_exchanges("s")
    assert kept.turn.text == "word " * 3000
    with closing(sqlite3.connect(path)) as raw, raw:
        ((rows, size),) = raw.execute("select count(*), sum(length(wires)) from heard")
    raw.close()
    assert rows < 10
    assert size < 20_000


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store(tmp_path / "a" / "b" / "store.db")
        say(store, Session("s", "talk"), "e1")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "a" / "b").iterdir()}
        folder = stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode)
        store.close()
    finally:
        os.umask(before)
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert folder == 0o700


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch(0o644)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_the_store_is(tmp_path: Path) -> None:
    assert store_path({"AZRESP_STORE_FILE": "/x/y.db"}) == Path("/x/y.db")
    assert store_path({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "azresp" / "store.db"
    assert store_path({}).name == "store.db"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What's the weather in Zürich today, please?", "what-s-the-weather-in"),
        ("", "session"),
        ("!!!", "session"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本語 の 質問", "日本語-の-質問"),
        ("\ud800 x", "x"),
        ("a" * 100, "a" * 40),
    ],
)
def test_a_question_gives_a_session_its_name(text: str, name: str) -> None:
    assert slug(text) == name


def test_a_tree_in_a_circle_is_read_to_an_end(store: Store, path: Path) -> None:
    say(store, say(store, Session("s", "talk"), "e1"), "e2")
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("update exchanges set parent = 'e2' where id = 'e1'")
    raw.close()
    found = store.load("s")
    assert found is not None
    assert {one.id for one in found.path()} == {"e1", "e2"}


def test_exchanges_keep_every_field(store: Store) -> None:
    exchange = Exchange(
        "e1", None, (message("a"),), Turn("r", "completed"), 12.5, "d", "https://o/", False, True
    )
    store.add(Session("s", "n", "e1"), [exchange])
    assert store.all_exchanges("s") == [exchange]
