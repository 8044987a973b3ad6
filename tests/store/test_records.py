"""What is remembered of tools: exact grants, answers that outlive the process, trust, and a log that never shrinks."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from azresp.core.approval import ALWAYS, Grant, Subject
from azresp.store.audit import KEPT, Audit
from azresp.store.schema import VERSION
from azresp.store.store import Store

SUBJECT = Subject("https://a/", "https://mcp.example.com/", "docs", "se\u202earch", "f1")


def test_grants_come_back_as_they_were_given_and_are_revoked_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = Grant(SUBJECT, ALWAYS, 1.0, {"name": "se\u202earch", "description": "\ud800"})
    second = Grant(replace(SUBJECT, fingerprint="f2"), "s1", 2.0, {})
    store = Store(path)
    store.records.grant(first)
    store.records.grant(second)
    store.close()
    store = Store(path)
    assert list(store.records.grants()) == [first, second]
    store.records.revoke(first)
    assert list(store.records.grants()) == [second]
    store.close()


def test_answers_outlive_the_process_and_a_started_call_without_one_is_known(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    answer = {"type": "function_call_output", "call_id": "call_1", "output": "3"}
    store = Store(path)
    store.records.start("e1", "call_1")
    store.records.start("e1", "call_2")
    store.records.keep_answer("e1", "call_1", answer)
    store.close()
    store = Store(path)
    assert store.records.kept_answers("e1") == [answer]
    assert store.records.started("e1") == {"call_2"}
    assert store.records.kept_answers("e2") == []
    store.close()


def test_an_answer_that_cant_be_written_counts_all_the_same_and_trouble_tells(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    store.records._db.run("pragma busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        store.records.keep_answer("e1", "call_1", {"call_id": "call_1", "output": "3"})
        assert "locked" in store.records.trouble
        assert store.records.kept_answers("e1") == [{"call_id": "call_1", "output": "3"}]
        other.execute("rollback")
    store.records.keep_answer("e1", "call_2", {"call_id": "call_2", "output": "4"})
    assert store.records.trouble == ""
    assert len(Store(path).records.kept_answers("e1")) == 2
    store.close()


def test_trust_is_for_one_content_of_one_file() -> None:
    records = Store(None).records
    records.trust("/a.py", "1")
    assert records.trusts("/a.py", "1")
    assert not records.trusts("/a.py", "2")
    assert not records.trusts("/b.py", "1")
    records.trust("/a.py", "2")
    assert not records.trusts("/a.py", "1")


def test_a_servers_last_list_is_remembered_by_url_and_label() -> None:
    records = Store(None).records
    records.see_list("https://a/", "docs", {"search": {"name": "search"}})
    assert records.last_list("https://a/", "docs") == {"search": {"name": "search"}}
    assert records.last_list("https://b/", "docs") is None
    assert records.last_list("https://a/", "other") is None


def test_a_store_of_the_first_version_is_brought_up_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(path).close()
    with closing(sqlite3.connect(path)) as db:
        for table in ("answers", "grants", "tool_lists", "trusted"):
            db.execute(f"drop table {table}")
        db.execute(
            "insert into sessions (id, name, settings, created, changed) values ('s', 'old', '{}', 1, 1)"
        )
        db.execute("pragma user_version = 1")
        db.commit()
    store = Store(path)
    assert store.find("old") is not None
    assert list(store.records.grants()) == []
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma user_version").fetchone() == (VERSION,)


def test_the_log_is_private_rotates_and_loses_nothing_that_two_processes_write(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    logs = [Audit(path, largest=2000), Audit(path, largest=2000)]
    for number in range(100):
        logs[number % 2].add({"n": number, "text": "x\u202e" * 20})
    files = sorted(tmp_path.glob("audit*.jsonl"))
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert 2 < len(files) <= KEPT + 1
    numbers = [json.loads(line)["n"] for file in files for line in file.read_text().splitlines()]
    assert sorted(numbers) == list(range(min(numbers), 100))
    assert "\u202e" not in path.read_text()


def test_a_log_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    (tmp_path / "audit.jsonl").symlink_to(target)
    store = Store(tmp_path / "store.db")
    store.records.audit({"n": 1})
    assert "audit" in store.records.trouble
    assert target.read_text() == ""
    store.close()


def test_a_call_is_started_by_one_process_only_and_again_by_who_knows(tmp_path: Path) -> None:
    first, second = Store(tmp_path / "store.db"), Store(tmp_path / "store.db")
    try:
        assert first.records.start("x1", "call_1") is True
        assert second.records.start("x1", "call_1") is False
        assert second.records.start("x1", "call_1", again=True) is True
        first.records.keep_answer("x1", "call_1", {"type": "function_call_output", "call_id": "call_1"})
        assert second.records.start("x1", "call_1", again=True) is False
        assert second.records.start("x1", "call_2") is True
    finally:
        first.close()
        second.close()
