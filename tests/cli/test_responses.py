"""`azresp responses`: single responses at the service, as JSON."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.terminal import Terminal


def ask(azresp: Azresp, env: dict[str, str], question: str, *more: str) -> str:
    """Ask something and give the response's id."""
    done = azresp("run", question, "--json", *more, env=env)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["id"])


def test_get_prints_one_object_for_one_id_and_lines_for_several(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    first, second = ask(azresp, configured, "one"), ask(azresp, configured, "two")
    one = azresp("responses", "get", first, env=configured)
    # No model is asked, so none has to be named.
    both = azresp("responses", "get", second, first, second, env={**configured, "AZRESP_DEPLOYMENT": None})
    assert json.loads(one.stdout)["id"] == first
    assert [json.loads(line)["id"] for line in both.stdout.splitlines()] == [second, first]
    assert (one.returncode, one.stderr, both.returncode) == (0, "", 0)


def test_an_unknown_id_is_told_on_stderr_and_the_others_are_still_done(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    known = ask(azresp, configured, "one")
    done = azresp("responses", "get", "resp_unknown", known, env=configured)
    assert done.returncode == 1
    assert json.loads(done.stdout)["id"] == known
    assert "resp_unknown" in done.stderr
    assert "HTTP 404" in done.stderr


def test_an_id_that_would_change_the_address_is_refused(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    before = emulator.journal.counts
    for wrong in ("..", "resp_1/../models", "", "resp_1?x=y"):
        done = azresp("responses", "delete", "--yes", wrong, env=configured)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no response id" in done.stderr
    assert emulator.journal.counts == before


def test_items_follow_all_pages_and_limit_caps_them(azresp: Azresp, configured: dict[str, str]) -> None:
    for n in range(3):
        last = ask(azresp, configured, f"question {n}", "--session", "long")
    done = azresp("responses", "items", last, env=configured)
    listed = json.loads(done.stdout)
    texts = [part["text"] for item in listed["data"] for part in item.get("content", ())]
    assert [text for text in texts if text.startswith("question")] == [f"question {n}" for n in range(3)]
    assert listed["has_more"] is False
    capped = json.loads(azresp("responses", "items", last, "--limit", "2", env=configured).stdout)
    assert capped["data"] == listed["data"][:2]
    assert capped["has_more"] is True


def test_delete_is_idempotent_and_marks_what_is_kept_here(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    ident = ask(azresp, configured, "forget this")
    first = azresp("responses", "delete", ident, env=configured)
    again = azresp("responses", "delete", ident, env=configured)
    assert json.loads(first.stdout) == {"id": ident, "object": "response", "deleted": True}
    assert (first.stderr, again.stdout, again.returncode) == ("", first.stdout, 0)
    assert "was not at the service" in again.stderr
    assert azresp("responses", "get", ident, env=configured).returncode == 1
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as store, store:
        assert store.execute("select deleted from exchanges where response_id = ?", (ident,)).fetchall() == [
            (1,)
        ]


def test_a_response_of_another_endpoint_is_not_asked_for_at_this_one(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    there, here = ask(azresp, configured, "somewhere else"), ask(azresp, configured, "here")
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as store, store:
        store.execute("update exchanges set origin = 'https://else/' where response_id = ?", (there,))
        store.execute(
            "insert into deletions values (?, ?, 9e9, 'offline')", (emulator.base_url, "resp_before")
        )
    before = emulator.journal.count("DELETE")
    done = azresp("responses", "delete", there, here, env=configured)
    assert (done.returncode, f"{there} is at https://else/, not at {emulator.base_url}" in done.stderr) == (
        1,
        True,
    )
    assert "1 response that could not be deleted before: deleted now" in done.stderr, done.stderr
    assert emulator.journal.count("DELETE") == before + 2  # `here`, and what waited
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as store:
        assert store.execute("select origin, response_id from deletions").fetchall() == [
            ("https://else/", there)
        ]
        assert store.execute("select deleted from exchanges order by n").fetchall() == [(0,), (1,)]


def test_a_404_for_the_path_is_no_deletion(azresp: Azresp, configured: dict[str, str]) -> None:
    wrong = configured | {"AZRESP_ENDPOINT": configured["AZRESP_ENDPOINT"] + "/elsewhere/openai/v1/"}
    done = azresp("responses", "delete", "resp_1", env=wrong)
    assert (done.returncode, done.stdout) == (1, "")


def test_delete_asks_on_a_terminal(configured: dict[str, str], emulator: Emulator, tmp_path: Path) -> None:
    before = emulator.journal.count("DELETE")
    with Terminal(tmp_path, configured, "responses", "delete", "resp_1") as terminal:
        terminal.expect("Delete resp_1 at the service")
        terminal.say("")
        assert terminal.status() == 0
    assert "nothing was deleted" in terminal.text
    assert emulator.journal.count("DELETE") == before


def test_a_refused_key_stops_the_rest(azresp: Azresp, configured: dict[str, str], emulator: Emulator) -> None:
    emulator.fault(status=401)
    done = azresp("responses", "get", "resp_1", "resp_2", env=configured)
    assert done.returncode == 4
    assert "1 more not tried" in done.stderr
    assert "canary-key" not in done.stdout + done.stderr


def test_nothing_is_asked_where_nothing_is_configured(azresp: Azresp) -> None:
    done = azresp("responses", "get", "resp_1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "azresp init" in done.stderr


def test_ctrl_c_ends_a_request_that_hangs(configured: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = configured | {"AZRESP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with Terminal(tmp_path, env, "responses", "get", "resp_1") as terminal:
            asked, _ = silent.accept()
            with asked:
                assert asked.recv(4) == b"GET "
                terminal.press("c")
                assert terminal.status() == 130
    assert "Traceback" not in terminal.text


def test_a_repeated_try_is_told_on_stderr(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    ident = ask(azresp, configured, "one")
    emulator.fault(status=429, retry_after_ms="10")
    done = azresp("responses", "get", ident, env=configured)
    assert json.loads(done.stdout)["id"] == ident
    assert "rate limit" in done.stderr
