"""What is kept leaves and comes back through the front door: export, import, prune, privacy."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.test_chat import House
from tests.cli.test_pictures import png
from tests.cli.test_sessions import ask


def test_a_session_with_pictures_is_exported_and_imported_again(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    env = configured | {"AZRESP_IMAGE_DEPLOYMENT": "gpt-image-1"}
    (tmp_path / "in.png").write_bytes(png(8, 6))
    azresp("run", "-i", "in.png", "--session", "pics", "what is this?", env=env)
    azresp("run", "--images", "--session", "pics", "draw a red circle, password=hunter2hunter2", env=env)
    (drawn,) = (tmp_path / "home" / "Pictures" / "azresp").glob("*/*")
    whole = azresp("sessions", "export", "pics", "-f", "json", env=env).stdout
    assert str(drawn) not in whole
    assert whole.count("iVBORw0KGgo") == 2
    page = azresp("sessions", "export", "pics", "-f", "html", "--redact", env=env)
    assert page.stdout.count('src="data:image/png;base64,iVBORw0KGgo') == 2
    assert "masked 2 places" in page.stderr  # the question and what the model made of it
    assert "hunter2" not in page.stdout

    # On another machine, or after all was lost: the files come back under the same names.
    shown = json.loads(azresp("sessions", "show", "pics", "--json", env=env).stdout)
    azresp("sessions", "rm", "pics", "--yes", env=env)
    drawn.unlink()
    done = azresp("sessions", "import", "-", stdin=whole, env=env)
    assert (done.returncode, done.stdout) == (0, "pics\n"), done.stderr
    assert drawn.exists()
    back = json.loads(azresp("sessions", "show", "pics", "--json", env=env).stdout)
    for one, other in zip(shown["exchanges"], back["exchanges"], strict=True):
        assert other == one | {key: other[key] for key in ("id", "parent")} | {"stored": False}
    assert [one["stored"] for one in back["exchanges"]] == [False, False]

    # The next turn sends it in full; as items it is another session that sends the same.
    azresp("run", "--session", "pics", "and now?", env=env)
    sent = emulator.journal.requests[-1].body
    assert "previous_response_id" not in sent
    items = azresp("sessions", "export", "pics", "-f", "items", env=env).stdout
    assert json.loads(items)[: len(sent["input"])] == sent["input"]
    assert azresp("sessions", "import", "-", "--name", "copy", stdin=items, env=env).returncode == 0
    assert json.loads(azresp("sessions", "export", "copy", "-f", "items", env=env).stdout) == json.loads(
        items
    )

    # A file that names one of ours, as references do, gets nothing of it.
    secret = shown["exchanges"][0]["said"][0]["content"][1]["image_url"]
    forged = [{"role": "user", "content": [{"type": "input_image", "image_url": secret}]}, 3]
    done = azresp("sessions", "import", "-", "--name", "forged", stdin=json.dumps(forged), env=env)
    assert "left out: item 2: it is no object" in done.stderr
    assert "iVBORw0KGgo" not in azresp("sessions", "export", "forged", "-f", "json", env=env).stdout
    assert azresp("sessions", "import", "-", "--name", "copy", stdin=items, env=env).returncode == 2
    assert azresp("sessions", "import", "-", stdin="nothing", env=env).returncode == 2


def test_prune_removes_what_is_old_here_and_there_and_tries_again_what_failed(
    azresp: Azresp, configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    store = tmp_path / "data" / "azresp" / "store.db"
    ids = {name: ask(azresp, configured, f"canary {name}", name) for name in ("old", "older", "new")}
    with closing(sqlite3.connect(store)) as db, db:
        db.execute("update sessions set changed = changed - 40 * 86400 where name <> 'new'")
    prune = ("sessions", "prune", "--older", "30d")
    dry = azresp(*prune, "--remote", "--dry-run", env=configured)
    assert [line.split()[0] for line in dry.stdout.splitlines()] == ["older", "old"], dry.stderr
    assert "would remove 2 sessions: 2 exchanges here and 2 responses at the service" in dry.stderr
    assert azresp(*prune, env=configured).returncode == 2  # nobody to ask

    # Refused, nothing goes and all is remembered, a response that is deleted by hand as well.
    emulator.fault(status=403)
    failed = azresp(*prune, "--remote", "--yes", env=configured)
    assert failed.returncode == 4
    assert "removed 0 sessions with 0 exchanges here, 0 of 2" in failed.stderr
    assert "2 sessions stay here" in failed.stderr
    emulator.fault(status=403)
    assert "remembered" in azresp("responses", "delete", ids["new"], env=configured).stderr
    assert waiting(store) == set(ids.values())

    told = json.loads(azresp("privacy", "--json", env=configured).stdout)
    assert {one["response_id"] for one in told["deletions_waiting"]} == set(ids.values())
    assert [(one["what"], one["count"]) for one in told["service"]] == [("responses", 3)]
    assert told["service"][0]["until"] == pytest.approx(told["service"][0]["oldest"] + 30 * 86_400, abs=60)
    local = {one["what"]: one for one in told["local"]}
    assert (local["store"]["path"], local["store"]["mode"]) == (str(store), "0600")
    assert local["store"]["holds"].startswith("3 sessions, 3 exchanges")
    narrow = azresp("privacy", env=configured | {"COLUMNS": "40"}).stdout
    assert "delete: azresp sessions rm NAME" in " ".join(narrow.split())
    assert max(len(row) for row in narrow.splitlines() if "/" not in row) <= 40

    # The next time everything goes, gone already or not.
    azresp("responses", "delete", ids["old"], env=configured | {"XDG_DATA_HOME": "/nonexistent"})
    done = azresp(*prune, "--remote", "--yes", env=configured)
    assert done.returncode == 0, done.stderr
    assert "removed 2 sessions with 2 exchanges here, 2 of 2 at 127.0.0.1" in done.stderr
    assert "1 response that could not be deleted before: deleted now" in done.stderr
    assert waiting(store) == set()
    assert azresp("responses", "get", *ids.values(), env=configured).stdout == ""
    kept = b"".join(path.read_bytes() for path in store.parent.glob("store.db*"))
    assert b"canary new" in kept
    assert b"canary old" not in kept
    assert "no session was left alone for 30d" in azresp(*prune, "--remote", env=configured).stderr


def test_looking_at_what_is_kept_makes_nothing(azresp: Azresp, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = azresp("privacy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing yet: store" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


def waiting(store: Path) -> set[str]:
    with closing(sqlite3.connect(store)) as db:
        return {row[0] for row in db.execute("select response_id from deletions")}


def test_a_message_is_forgotten_wherever_it_was_kept(
    configured: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    house = House(tmp_path, configured | {"AZRESP_IMAGE_DEPLOYMENT": "gpt-image-1"}, emulator)
    (tmp_path / "in.png").write_bytes(png(8, 6))
    with house.chat() as chat:
        chat.ask("/image-mode on")
        chat.ask("draw the canary red, with @in.png").wait("picture 1")
        chat.ask("/retry").wait("picture 1", 2).ready()
        chat.ask("my name is Ada").wait("Nice to meet you, Ada").ready()
        named = house.session(names_in(tmp_path)[0])
        first = named.path()[0].turn.id
        chat.say(f"/forget {first}")
        chat.wait("Forget 'draw the canary red").wait("2 exchanges here, 2 responses at the service?")
        chat.keys("y\r")
        chat.wait("1 later response at the service had it as context. Delete there too?")
        chat.keys("y\r")
        chat.wait("deleted 3 responses at the service")
        chat.wait("removed here: 2 exchanges, 1 attachment, 1 picture, its line in the history")
        chat.wait("not removed: whatever later messages quote of it")
        chat.wait("its name was made of the message: it is session now").ready()
        chat.ask("what is my name?").wait("Your name is Ada").ready()
        assert "previous_response_id" not in house.bodies[-1]
        emulator.fault(status=403)
        chat.say("/forget")
        chat.wait("Forget 'what is my name?': 1 exchange here, 1 response at the service?")
        chat.keys("y\r")
        chat.wait("not removed: 1 response at the service: remembered").ready()
        chat.ask("/export items out.json").wait("wrote").ready()
        chat.leave()
    assert "Ada" in (tmp_path / "out.json").read_text()
    folder = tmp_path / "data" / "azresp"
    assert len(waiting(folder / "store.db")) == 1
    assert list((tmp_path / "home" / "Pictures" / "azresp").iterdir()) == []
    for path in (*folder.glob("*"), *folder.glob("attachments/*/*")):
        assert path.is_dir() or b"canary" not in path.read_bytes(), path


def names_in(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "azresp" / "store.db")) as db:
        return [row[0] for row in db.execute("select name from sessions")]
