"""`azresp sessions`: what is kept on this machine, and what goes from the service with it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import wcwidth

from azresp.cli.session_list import age, as_rows
from azresp.emulator import Emulator
from azresp.store.sessions import Listed
from tests.cli.conftest import COMMAND, Azresp
from tests.cli.terminal import Terminal


def ask(azresp: Azresp, env: dict[str, str], question: str, session: str, *more: str) -> str:
    """Ask something in a session and give the response's id."""
    done = azresp("run", question, "--json", "--session", session, *more, env=env)
    return str(json.loads(done.stdout)["id"])


def names(azresp: Azresp, env: dict[str, str]) -> list[str]:
    return [one["name"] for one in json.loads(azresp("sessions", "list", "--json", env=env).stdout)]


def test_list_is_newest_first_with_age_count_and_last_question(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    ask(azresp, configured, "first", "old")
    ask(azresp, configured, "one\ntwo", "new")
    ask(azresp, configured, "three", "new")
    done = azresp("sessions", "list", env=configured)
    assert done.stdout.splitlines() == ["new  now  2  three", "old  now  1  first"]
    assert (done.returncode, done.stderr) == (0, "")
    cut = azresp("sessions", "list", "--limit", "1", env=configured)
    assert (cut.stdout, cut.stderr) == ("new  now  2  three\n", "1 more: -n 0 shows all\n")


def test_list_shows_a_question_whose_answer_broke_off_or_was_refused(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    emulator.fault(status=400)
    azresp("run", "refused", "--session", "first", env=configured)
    ask(azresp, configured, "answered", "second")
    emulator.fault(after=4, then="cut")
    azresp("run", "broke off", "--session", "second", env=configured)
    listed = json.loads(azresp("sessions", "list", "--json", env=configured).stdout)
    assert {one["name"]: one["question"] for one in listed} == {"first": "refused", "second": "broke off"}
    ask(azresp, configured, "answered again", "second")
    assert azresp("sessions", "list", env=configured).stdout.endswith("first   now  1  refused\n")
    assert azresp("sessions", "list", "-n1", env=configured).stdout == "second  now  3  answered again\n"


def test_an_empty_list_tells_where_the_talks_with_the_emulator_are(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    before = azresp("sessions", "list", env=configured)
    assert before.stderr == "there are no sessions yet\n"
    azresp("run", "--background", "hi", "--emulator", "always", env=configured)
    after = azresp("sessions", "list", env=configured)
    assert "--emulator always" in after.stderr
    assert "--emulator" not in azresp("sessions", "list", "--emulator", "always", env=configured).stderr


@pytest.mark.parametrize("columns", [20, 40, 80, 120])
def test_a_list_fits_its_columns_and_never_cuts_a_name(columns: int) -> None:
    listed = [
        Listed("1", "short", 0.0, 3, "漢字" * 60),
        Listed("2", "日本語の会話", -4000.0, 12, "👩‍👩‍👧‍👦 " * 40),
        Listed("3", "evil\x1b[2J\u202e", -9e6, 1234, "a\x07b" + "c" * 300),
        Listed("4", "empty", -1.0, 0, ""),
    ]
    rows = as_rows(listed, 0.0, columns).splitlines()
    assert all(wcwidth.wcswidth(row) <= max(columns, 20) for row in rows)
    assert all(row == row.rstrip() for row in rows)
    assert not set("\x1b\x07\u202e") & set("".join(rows))
    for name in ("short", "日本語の会話", "empty"):
        assert sum(row.split("  ")[0] == name for row in rows) == 1
    if columns >= 80:
        assert len(rows) == len(listed)


def test_ages_are_told_in_few_words() -> None:
    told = [age(seconds) for seconds in (-5, 0, 59, 60, 3599, 7200, 172800, 40 * 86400, 200 * 86400, 9e8)]
    assert told == ["now", "now", "now", "1 min", "59 min", "2 h", "2 d", "40 d", "28 w", "28 y"]


def test_show_gives_the_conversation_as_markdown_in_a_pipe(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    ask(azresp, configured, "what is 6 times 7?", "sums")
    shown = azresp("sessions", "show", "sums", env=configured).stdout
    assert shown.startswith("# sums\n\n## You · 2")
    assert "what is 6 times 7?" in shown
    assert "## gpt-5-mini" in shown
    assert "42" in shown


def test_show_marks_what_broke_off_and_what_was_deleted(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    gone = ask(azresp, configured, "first", "story")
    azresp("responses", "delete", gone, env=configured)
    emulator.fault(after=6, then="end")
    azresp("run", "tell me more", "--session", "story", env=configured)
    shown = azresp("sessions", "show", "story", env=configured).stdout
    assert "deleted at the service" in shown
    assert "broke off" in shown
    assert "not part of the conversation" in shown
    assert shown.index("first") < shown.index("tell me more")


def test_show_paints_on_a_terminal(configured: dict[str, str], azresp: Azresp, tmp_path: Path) -> None:
    ask(azresp, configured, "hello", "talk")
    with Terminal(tmp_path, configured, "sessions", "show", "talk", columns=40) as terminal:
        assert terminal.status() == 0
    assert "## You" not in terminal.text
    assert "You · 2" in terminal.text
    assert max(map(wcwidth.wcswidth, terminal.text.splitlines())) <= 40


def test_foreign_text_cannot_act_on_the_terminal(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    ask(azresp, configured, "say \x1b]0;owned\x07 and \u202e back", "bad")
    for form in ("show", "export"):
        shown = azresp("sessions", form, "bad", env=configured).stdout
        assert not set("\x1b\x07\u202e") & set(shown)
    assert "\\u202e" in azresp("sessions", "show", "bad", "--json", env=configured).stdout


def test_an_unknown_name_suggests_the_nearest(azresp: Azresp, configured: dict[str, str]) -> None:
    ask(azresp, configured, "hello", "holidays")
    for words in (("show", "holiday"), ("rename", "holiday", "x"), ("rm", "holiday"), ("export", "holiday")):
        done = azresp("sessions", *words, env=configured)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Did you mean 'holidays'?" in done.stderr


def test_rename_keeps_the_conversation_and_refuses_names_that_are_taken_or_odd(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    ask(azresp, configured, "one", "a")
    ask(azresp, configured, "two", "b")
    assert azresp("sessions", "rename", "a", "the first", env=configured).returncode == 0
    assert sorted(names(azresp, configured)) == ["b", "the first"]
    assert "one" in azresp("sessions", "show", "the first", env=configured).stdout
    for wrong in ("b", "", "two\nlines", "resp_123", "x\x1b[2J"):
        assert azresp("sessions", "rename", "the first", wrong, env=configured).returncode == 2
    assert sorted(names(azresp, configured)) == ["b", "the first"]


def test_rm_removes_here_and_says_what_stays_at_the_service(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    ident = ask(azresp, configured, "one", "a")
    ask(azresp, configured, "two", "b")
    unsure = azresp("sessions", "rm", "a", env=configured)
    assert (unsure.returncode, "--yes" in unsure.stderr) == (2, True)
    done = azresp("sessions", "rm", "a", "--yes", env=configured)
    assert done.returncode == 0
    assert "removed 1 exchange here" in done.stderr
    assert "up to 30 days" in done.stderr
    assert names(azresp, configured) == ["b"]
    assert azresp("responses", "get", ident, env=configured).returncode == 0


def test_rm_of_an_unknown_name_removes_nothing_else(azresp: Azresp, configured: dict[str, str]) -> None:
    ask(azresp, configured, "one", "a")
    assert azresp("sessions", "rm", "a", "nope", "--yes", env=configured).returncode == 2
    assert names(azresp, configured) == ["a"]


def test_rm_remote_deletes_each_response_and_counts_those_already_gone(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    ids = [ask(azresp, configured, f"question {n}", "a") for n in range(3)]
    elsewhere = azresp("responses", "delete", ids[1], env=configured | {"XDG_DATA_HOME": "/nonexistent"})
    assert elsewhere.returncode == 0
    done = azresp("sessions", "rm", "a", "--remote", "--yes", env=configured)
    assert done.returncode == 0
    assert "removed 3 exchanges here, 3 of 3 at 127.0.0.1" in done.stderr
    assert names(azresp, configured) == []
    assert azresp("responses", "get", *ids, env=configured).stdout == ""


def test_a_session_stays_until_all_of_it_is_gone_at_the_service(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    for n in range(2):
        ask(azresp, configured, f"question {n}", "a")
    emulator.fault(status=403)
    refused = azresp("sessions", "rm", "a", "--remote", "--yes", env=configured)
    assert refused.returncode == 4
    assert "0 of 2 deleted at the service; the session stays here" in refused.stderr
    assert names(azresp, configured) == ["a"]
    done = azresp("sessions", "rm", "a", "--remote", "--yes", env=configured)
    assert "2 of 2" in done.stderr


def test_rm_asks_on_a_terminal_and_no_is_the_default(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    ask(azresp, configured, "one", "a")
    with Terminal(tmp_path, configured, "sessions", "rm", "a") as terminal:
        terminal.expect("Remove session a: 1 exchange here?")
        terminal.say("")
        assert terminal.status() == 0
    assert names(azresp, configured) == ["a"]
    with Terminal(tmp_path, configured, "sessions", "rm", "a") as terminal:
        terminal.expect("Remove session a")
        terminal.say("y")
        assert terminal.status() == 0
    assert names(azresp, configured) == []


def test_export_never_overwrites_unasked_and_is_for_the_owner_alone(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    ask(azresp, configured, "one", "a")
    file = tmp_path / "a.json"
    words = ("sessions", "export", "a", "--format", "json", "-o", str(file))
    assert azresp(*words, env=configured).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    whole = json.loads(file.read_text())
    assert [one["said"][0]["content"][0]["text"] for one in whole["exchanges"]] == ["one"]
    file.write_text("precious")
    refused = azresp(*words, env=configured)
    assert (refused.returncode, file.read_text()) == (2, "precious")
    assert "--force" in refused.stderr
    assert azresp(*words, "--force", env=configured).returncode == 0
    assert json.loads(file.read_text()) == whole
    assert azresp(*words[:-1], str(tmp_path / "no" / "where"), env=configured).returncode == 7


def test_json_lines_hold_the_session_and_then_each_exchange(
    azresp: Azresp, configured: dict[str, str]
) -> None:
    ask(azresp, configured, "one", "a")
    ask(azresp, configured, "two", "a")
    lines = azresp("sessions", "export", "a", "--format", "jsonl", env=configured).stdout.splitlines()
    session, first, second = map(json.loads, lines)
    assert (session["type"], session["head"]) == ("session", second["id"])
    assert second["parent"] == first["id"]
    assert azresp("sessions", "export", "a", "--format", "xml", env=configured).returncode == 2


def test_a_reader_that_leaves_early_ends_it_quietly(azresp: Azresp, configured: dict[str, str]) -> None:
    for n in range(3):
        ask(azresp, configured, f"write {300 * (n + 1)} words about rivers", "long")
    for words in (("sessions", "export", "long"), ("sessions", "show", "long", "--json")):
        with subprocess.Popen(
            [*COMMAND, *words], env=configured, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(configured: dict[str, str], azresp: Azresp) -> None:
    ask(azresp, configured, "one", "a")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "sessions", "export", "a"],
            env=configured,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 7
    assert "No space left" in done.stderr


def test_a_store_that_cannot_be_used_is_an_error_not_an_empty_list(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    done = azresp("sessions", "list", env=configured | {"AZRESP_STORE_FILE": str(tmp_path / "store")})
    assert (done.returncode, done.stdout) == (7, "")


def test_talks_with_the_emulator_are_listed_where_no_endpoint_is_configured(azresp: Azresp) -> None:
    assert "no sessions yet" in azresp("sessions", "list").stderr
    azresp("run", "hello", "--session", "demo", "--emulator", "always")
    assert azresp("sessions", "list").stdout.startswith("demo")
    assert azresp("sessions", "list", "--emulator", "never").stdout == ""
    done = azresp("sessions", "rm", "demo", "--remote", "--yes")
    assert "1 of 1 at the built-in emulator" in done.stderr


def test_what_another_session_builds_on_stays(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    first = ask(azresp, configured, "one", "a")
    second = ask(azresp, configured, "two", "a")
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as db, db:
        db.execute(
            "insert into sessions (id, name, head, settings, created, changed) "
            "select 'fork', 'b', id, '{}', 1, 1 from exchanges where response_id = ?",
            (first,),
        )
    done = azresp("sessions", "rm", "a", "--remote", "--yes", env=configured)
    assert "removed 1 exchange here, 1 of 1 at" in done.stderr
    assert azresp("responses", "get", first, env=configured).returncode == 0
    assert azresp("responses", "get", second, env=configured).returncode == 1
    assert "one" in azresp("sessions", "show", "b", env=configured).stdout


@pytest.mark.parametrize(
    "first", [("run", "hi"), ("jobs", "list", "--emulator", "always"), ("config", "set", "store", "on")]
)
def test_the_folders_of_data_and_configuration_are_closed_to_others(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path, first: tuple[str, ...]
) -> None:
    azresp(*first, env=configured)
    made = [one for one in (tmp_path / "data").rglob("*") if one.is_dir()]
    made += [one for one in (tmp_path / "config").rglob("*") if one.is_dir()]
    assert made
    assert {one.stat().st_mode & 0o777 for one in made} == {0o700}
    for one in made:
        one.chmod(0o755)
    assert azresp(*first, env=configured).returncode == 0
    assert {one.stat().st_mode & 0o777 for one in made if one.name == "azresp"} == {0o700}


def test_a_folder_that_the_user_named_keeps_its_mode(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "azresp"
    folder.mkdir(mode=0o755)
    env = configured | {"AZRESP_STORE_FILE": str(folder / "s.db"), "AZRESP_CONFIG": str(folder / "c.toml")}
    (folder / "c.toml").write_text("")
    assert azresp("config", "set", "store", "on", env=env).returncode == 0
    assert azresp("run", "hi", env=env).returncode == 0
    assert folder.stat().st_mode & 0o777 == 0o755
