"""`azresp files`: through the program, against the emulator, and against services that misbehave."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azresp.core.uploads import Upload
from azresp.emulator import Emulator, Settings
from azresp.store.store import Store
from tests.cli.conftest import COMMAND, Azresp
from tests.cli.terminal import Terminal
from tests.media.samples import PDF, picture
from tests.replay import ReplayServer, Reply, answer, cut

PNG = picture("PNG")
BYTES = bytes(range(256)) * 40
EVIL = "a\x1b[31m\u202egnp.txt"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A service without files of other tests."""
    with Emulator(Settings(tokens_per_s=0, first_token_s=0)) as running:
        yield running


@pytest.fixture
def made(tmp_path: Path) -> dict[str, str]:
    """Files to upload, by what they are."""
    for name, content in (("a.png", PNG), ("b.pdf", PDF), ("c.bin", BYTES)):
        (tmp_path / name).write_bytes(content)
    return {"picture": "a.png", "document": "b.pdf", "bytes": "c.bin"}


def at(server: ReplayServer, env: dict[str, str]) -> dict[str, str]:
    """The environment with another endpoint."""
    return env | {"AZRESP_ENDPOINT": server.root}


def test_upload_prints_ids_and_the_kind_decides_the_purpose(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], emulator: Emulator
) -> None:
    done = azresp("files", "upload", *made.values(), env=configured)
    ids = done.stdout.splitlines()
    told = [
        json.loads(line)
        for line in azresp("files", "show", *ids, "--json", env=configured).stdout.splitlines()
    ]
    assert [(one["id"], one["filename"], one["purpose"], one["bytes"]) for one in told] == [
        (ids[0], "a.png", "vision", len(PNG)),
        (ids[1], "b.pdf", "assistants", len(PDF)),
        (ids[2], "c.bin", "assistants", len(BYTES)),
    ]
    assert done.returncode == 0
    assert "uploaded a.png" in done.stderr
    assert "for vision" in done.stderr


def test_purpose_and_life_can_be_chosen(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str]
) -> None:
    words = ("--purpose", "batch", "--expires-after", "3600", "--json")
    told = json.loads(azresp("files", "upload", made["bytes"], *words, env=configured).stdout)
    assert told["expires_at"] - told["created_at"] == 3600
    shown = azresp("files", "show", told["id"], env=configured).stdout
    assert "purpose   batch\n" in shown
    assert "expires   20" in shown


def test_a_purpose_that_azure_refuses_is_explained(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str]
) -> None:
    done = azresp("files", "upload", made["bytes"], "--purpose", "user_data", env=configured)
    assert (done.returncode, done.stdout) == (1, "")
    assert "c.bin: Invalid value for the purpose." in done.stderr
    assert "user_data is not supported: use assistants" in done.stderr


def test_content_comes_back_byte_for_byte_to_a_pipe_and_to_a_file(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], tmp_path: Path
) -> None:
    ident = azresp("files", "upload", made["bytes"], "--purpose", "batch", env=configured).stdout.strip()
    for words in ((), ("-o", "-")):
        piped = subprocess.run(
            [*COMMAND, "files", "get", ident, *words],
            env=configured,
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        assert (piped.stdout, piped.stderr) == (BYTES, b"")
    done = azresp("files", "get", ident, "-o", "out.bin", env=configured)
    assert (done.returncode, done.stdout, (tmp_path / "out.bin").read_bytes()) == (0, "", BYTES)


def test_nothing_is_ever_overwritten(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to("elsewhere")
    for name in ("mine", "link"):
        done = azresp("files", "get", "assistant-1", "-o", name, env=configured)
        assert (done.returncode, done.stdout) == (7, "")
        assert "never overwritten" in done.stderr
    assert ((tmp_path / "mine").read_text(), (tmp_path / "elsewhere").exists()) == ("mine", False)
    assert emulator.journal.requests == []


def test_content_never_goes_to_a_terminal(
    configured: dict[str, str], tmp_path: Path, emulator: Emulator
) -> None:
    for words in ((), ("-o", "-")):
        with Terminal(tmp_path, configured, "files", "get", "assistant-1", *words) as terminal:
            assert terminal.status() == 2
        assert "stdout is a terminal" in terminal.text
    assert emulator.journal.requests == []


def test_content_that_the_service_keeps_is_explained(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], tmp_path: Path
) -> None:
    ident = azresp("files", "upload", made["picture"], env=configured).stdout.strip()
    done = azresp("files", "get", ident, "-o", "out.png", env=configured)
    assert done.returncode == 1
    assert "Not allowed to download files of purpose: vision" in done.stderr
    assert "gives back only what it made" in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_container_file_is_fetched_from_its_container(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    words = ("files", "get", "cfile_1", "--container", "cntr_1")
    with ReplayServer(Reply(BYTES, headers={"content-type": "application/octet-stream"})) as server:
        done = azresp(*words, "-o", "plot.png", env=at(server, configured))
    assert (done.returncode, (tmp_path / "plot.png").read_bytes()) == (0, BYTES)
    assert [one.path for one in server.requests] == ["/openai/v1/containers/cntr_1/files/cfile_1/content"]
    gone = azresp(*words, env=configured)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "Container with id 'cntr_1' not found" in gone.stderr
    assert "A container lives an hour" in gone.stderr
    without = azresp("files", "get", "cfile_1", env=configured)
    assert (without.returncode, "Add --container" in without.stderr) == (2, True)


def test_a_download_that_breaks_off_begins_anew_and_appears_whole(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    whole = Reply(BYTES, headers={"content-type": "application/octet-stream"})
    with ReplayServer([cut(whole, 4000), whole]) as server:
        done = azresp("files", "get", "file-1", "-o", "out.bin", env=at(server, configured))
    assert (done.returncode, (tmp_path / "out.bin").read_bytes()) == (0, BYTES)
    assert "connection lost" in done.stderr
    assert [one.name for one in tmp_path.iterdir() if ".part" in one.name] == []
    with ReplayServer([cut(whole, 4000), whole]) as server:
        piped = subprocess.run(
            [*COMMAND, "files", "get", "file-1"], env=at(server, configured), capture_output=True, check=True
        )
    assert piped.stdout == BYTES


def test_the_list_follows_all_pages(azresp: Azresp, configured: dict[str, str], tmp_path: Path) -> None:
    files = [
        {"id": f"file-{n}", "filename": f"{n}", "purpose": "batch", "bytes": n, "created_at": 1}
        for n in range(5)
    ]

    def page(data: list[dict[str, object]], more: bool) -> Reply:
        return answer({"object": "list", "data": data, "has_more": more})

    with ReplayServer([page(files[:2], True), page(files[2:4], True), page(files[4:], False)]) as server:
        done = azresp("files", "list", "--json", "-n", "0", env=at(server, configured))
    assert json.loads(done.stdout) == {"object": "list", "data": files, "has_more": False}
    assert [one.target.partition("after=")[2] for one in server.requests] == ["", "file-1", "file-3"]


def test_the_list_is_newest_first_by_purpose_and_capped(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str]
) -> None:
    azresp("files", "upload", *made.values(), env=configured)
    rows = azresp("files", "list", env=configured).stdout.splitlines()
    assert [row.split()[-1] for row in rows] == ["c.bin", "b.pdf", "a.png"]
    assert [row.split()[1] for row in rows] == ["assistants", "assistants", "vision"]
    capped = azresp("files", "list", "-n", "1", env=configured)
    assert (len(capped.stdout.splitlines()), capped.stderr) == (1, "there are more: -n 0 shows all\n")
    pictures = azresp("files", "list", "--purpose", "vision", env=configured).stdout
    assert [row.split()[-1] for row in pictures.splitlines()] == ["a.png"]


def test_hostile_names_are_shown_and_never_act(
    azresp: Azresp, configured: dict[str, str], tmp_path: Path
) -> None:
    told = {
        "id": "assistant-\x1b[2J",
        "filename": EVIL,
        "purpose": "\u202e",
        "bytes": 1,
        "created_at": 1,
        "status": "\x07",
    }
    with ReplayServer(answer({"object": "list", "data": [told]})) as server:
        listed = azresp("files", "list", env=at(server, configured))
        as_json = azresp("files", "list", "--json", env=at(server, configured))
    assert listed.stdout.endswith("a␛[31m<U+202E>gnp.txt\n")
    assert as_json.stdout.isascii()
    with ReplayServer(answer(told)) as server:
        shown = azresp("files", "show", "assistant-1", env=at(server, configured))
        (tmp_path / EVIL).write_text("x")
        sent = azresp("files", "upload", EVIL, env=at(server, configured))
    assert b'filename="a_[31m_gnp.txt"' in server.requests[-1].body
    for done in (listed, shown, sent):
        assert not set(done.stdout + done.stderr) & set("\x1b\u202e\x07")


def test_what_is_no_regular_file_is_refused_before_anything_is_sent(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], tmp_path: Path, emulator: Emulator
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    for name, status, words in (
        ("fifo", 2, "named pipe"),
        ("/dev/zero", 2, "a device"),
        ("/proc/self/environ", 2, "view of the system"),
        (".", 2, "a folder"),
        ("empty", 2, "is empty"),
        ("missing", 7, "No such file"),
    ):
        done = azresp("files", "upload", made["bytes"], name, env=configured)
        assert (done.returncode, done.stdout) == (status, ""), done.stderr
        assert words in done.stderr
    assert emulator.journal.requests == []


def test_delete_is_idempotent_and_a_404_for_the_path_is_no_deletion(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str]
) -> None:
    ident = azresp("files", "upload", made["bytes"], env=configured).stdout.strip()
    wrong = configured | {"AZRESP_ENDPOINT": configured["AZRESP_ENDPOINT"] + "/elsewhere/openai/v1/"}
    assert azresp("files", "delete", ident, env=wrong).returncode == 1
    first, again = (azresp("files", "delete", ident, env=configured) for _ in range(2))
    assert (first.stderr, first.returncode) == (f"{ident}: deleted\n", 0)
    assert (again.stderr, again.returncode) == (f"{ident}: was not at the service (any more)\n", 0)
    shown = azresp("files", "show", ident, env=configured)
    assert (shown.returncode, "has expired, or belongs to another endpoint" in shown.stderr) == (1, True)


def test_an_id_that_would_change_the_address_is_refused(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator
) -> None:
    for words in (("delete", "../x"), ("show", "a?b"), ("get", ".."), ("get", "a", "--container", "c/d")):
        done = azresp("files", *words, env=configured)
        assert (done.returncode, done.stdout) == (2, ""), words
    assert emulator.journal.requests == []


def test_delete_asks_on_a_terminal(configured: dict[str, str], emulator: Emulator, tmp_path: Path) -> None:
    with Terminal(tmp_path, configured, "files", "delete", "assistant-1") as terminal:
        terminal.expect("Delete assistant-1 at the service")
        terminal.say("")
        assert terminal.status() == 0
    assert "nothing was deleted" in terminal.text
    assert emulator.journal.requests == []


def remembered(tmp_path: Path, emulator: Emulator, *uploads: tuple[str, float, bool]) -> None:
    """Uploads in the user's store: id, how many seconds ago, by hand."""
    (tmp_path / "data" / "azresp").mkdir(mode=0o700, exist_ok=True)
    store = Store(tmp_path / "data" / "azresp" / "store.db")
    for ident, ago, by_hand in uploads:
        at = time.time() - ago
        store.uploads.remember(Upload(ident, emulator.base_url, "aa", EVIL, "vision", 3, at, by_hand=by_hand))
    store.close()


def test_gc_lists_what_nothing_uses_asks_and_counts_a_404_as_gone(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    there = azresp("files", "upload", made["picture"], env=configured).stdout.strip()
    origin_ids = ((there, 200_000, False), ("assistant-gone", 100_000, False), ("assistant-new", 60, False))
    remembered(tmp_path, emulator, *origin_ids)
    dry = azresp("files", "gc", "--dry-run", env=configured)
    assert [line.split()[0] for line in dry.stdout.splitlines()] == [there, "assistant-gone"]
    assert "\x1b" not in dry.stdout + dry.stderr
    unasked = azresp("files", "gc", env=configured)
    assert (unasked.returncode, "Add --yes" in unasked.stderr) == (2, True)
    assert emulator.journal.count("DELETE") == 0
    done = azresp("files", "gc", "--yes", env=configured)
    assert done.stderr == f"{there}: deleted\nassistant-gone: was gone already\n"
    assert azresp("files", "gc", "--yes", env=configured).stderr.startswith("nothing to collect")
    young = azresp("files", "gc", "--older-than", "30s", "--dry-run", env=configured)
    assert [line.split()[0] for line in young.stdout.splitlines()] == ["assistant-new"]


def test_gc_leaves_what_was_uploaded_by_name_unless_all_is_asked_for(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str]
) -> None:
    ident = azresp("files", "upload", made["bytes"], env=configured).stdout.strip()
    assert azresp("files", "gc", "--older-than", "0", "--yes", env=configured).stdout == ""
    done = azresp("files", "gc", "--older-than", "0", "--all", "--yes", env=configured)
    assert (done.returncode, done.stderr) == (0, f"{ident}: deleted\n")


def test_gc_goes_on_after_a_refusal_and_stops_where_all_would_meet_the_same(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    remembered(tmp_path, emulator, ("assistant-1", 200_000, False), ("assistant-2", 100_000, False))
    emulator.fault(status=401)
    done = azresp("files", "gc", "--yes", env=configured)
    assert done.returncode == 4
    assert "1 more not tried" in done.stderr
    emulator.fault(status=400)
    done = azresp("files", "gc", "--yes", env=configured)
    assert done.returncode == 1
    assert done.stderr.endswith("assistant-2: was gone already\n")


@pytest.mark.parametrize("word", ["soon", "1y", "-1d", ""])
def test_an_age_that_is_none_is_refused(azresp: Azresp, configured: dict[str, str], word: str) -> None:
    done = azresp("files", "gc", f"--older-than={word}", env=configured)
    assert (done.returncode, "90m, 12h, 1d or 2w" in done.stderr) == (2, True)


def test_a_large_upload_tells_a_terminal_how_far_it_is(configured: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * 3_000_000)
    with Terminal(tmp_path, configured, "files", "upload", "large.bin") as terminal:
        assert terminal.status() == 0
    assert "large.bin: 100 % of 3 MB" in terminal.text
    assert "assistant-" in terminal.text


def test_the_upload_of_a_turn_that_failed_is_used_again_or_collected(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "large.png").write_bytes(picture("PNG", (1300, 1300), compress_level=0))

    def ask() -> tuple[int, list[str]]:
        done = azresp("run", "-i", "large.png", "what is this?", env=configured)
        listed = json.loads(azresp("files", "list", "--json", env=configured).stdout)["data"]
        return done.returncode, [one["id"] for one in listed]

    emulator.fault(path="/responses", status=400)
    status, first = ask()
    assert (status, len(first)) == (1, 1)
    assert azresp("files", "gc", "--dry-run", env=configured).stdout == ""
    assert (
        azresp("files", "gc", "--older-than", "0", "--dry-run", env=configured).stdout.split()[0] == first[0]
    )
    assert ask() == (0, first)
    kept = azresp("files", "gc", "--older-than", "0", "--yes", env=configured)
    assert kept.stderr.startswith("nothing to collect")
    azresp("sessions", "rm", "--yes", *(one["name"] for one in sessions(azresp, configured)), env=configured)
    done = azresp("files", "gc", "--older-than", "0", "--yes", env=configured)
    assert done.stderr == f"{first[0]}: deleted\n"


def sessions(azresp: Azresp, env: dict[str, str]) -> list[dict[str, str]]:
    listed: list[dict[str, str]] = json.loads(azresp("sessions", "list", "--json", env=env).stdout)
    return listed


def test_attachments_go_with_their_session_and_nothing_else_does(
    azresp: Azresp, configured: dict[str, str], made: dict[str, str], tmp_path: Path
) -> None:
    azresp("run", "-i", made["picture"], "what is this?", "--session", "one", env=configured)
    azresp(
        "run", "-i", made["picture"], "-f", made["document"], "and this?", "--session", "two", env=configured
    )
    folder = tmp_path / "data" / "azresp" / "attachments"
    assert sorted(one.read_bytes() for one in folder.glob("*/*")) == sorted([PNG, PDF])
    two = azresp("sessions", "rm", "--yes", "two", env=configured)
    assert "two: removed 1 exchange and 1 attachment here" in two.stderr
    assert [one.read_bytes() for one in folder.glob("*/*")] == [PNG]
    assert (
        "1 exchange and 1 attachment here" in azresp("sessions", "rm", "--yes", "one", env=configured).stderr
    )
    assert list(folder.glob("*/*")) == []
    assert (tmp_path / "a.png").read_bytes() == PNG
