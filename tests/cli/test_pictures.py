"""Pictures and files through the front door: attached, drawn, saved, shown, and what goes wrong with them."""

from __future__ import annotations

import base64
import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from azresp.emulator import Emulator
from tests.cli.conftest import Azresp
from tests.cli.test_chat import SIZES, House
from tests.emulator.samples import pdf, picture

# Where the cases of the reliability notes are tested (F: files and images):
#
# F1  tests/media/test_reading.py; here  test_what_is_no_picture_is_told_before_anything_is_sent
# F2  tests/media/test_kind.py; here  test_what_is_no_picture_is_told_before_anything_is_sent
# F3  tests/media/test_metadata.py, tests/media/test_kind.py, tests/ui/pictures/test_decode.py
# F4  tests/media/test_metadata.py; here  test_a_picture_is_sent_as_the_settings_say
# F5  tests/media/test_saving.py; here  test_drawn_pictures_are_saved_under_names_of_ours
# F6  tests/media/test_saving.py, tests/media/test_output.py; here  test_dash_o_writes_what_was_drawn
# F7  tests/media/test_saving.py
# F8  tests/media/test_reading.py, tests/cli/test_files.py  test_hostile_names_are_shown_and_never_act
# F9  tests/media/test_sources.py; here  test_addresses_are_sent_and_never_fetched
# F10 tests/cli/test_files.py  test_the_upload_of_a_turn_that_failed_is_used_again_or_collected

DRAW = {"AZRESP_IMAGE_DEPLOYMENT": "gpt-image-1"}


def png(width: int, height: int) -> bytes:
    return picture(size=(width, height))


def jpeg(width: int, height: int) -> bytes:
    return picture(size=(width, height), format_="JPEG")


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    return House(tmp_path, configured | DRAW, emulator)


def _parts(body: Any) -> list[Any]:
    """The content of the last message of a request."""
    content: list[Any] = body["input"][-1]["content"]
    return content


def _drawn(folder: Path) -> list[Path]:
    return sorted((folder / "home" / "Pictures" / "azresp").glob("*/*"))


def test_pictures_and_files_go_with_a_question(house: House, azresp: Azresp, tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(png(64, 48))
    (tmp_path / "c.jpg").write_bytes(jpeg(20, 10))
    (tmp_path / "report.pdf").write_bytes(pdf("Tides rise twice a day."))
    (tmp_path / "notes.txt").write_text("Remember the milk.")
    done = azresp("run", "-i", "a b.png", "-i", "c.jpg", "what are these?", env=house.env)
    assert done.returncode == 0, done.stderr
    assert "64 × 48" in done.stdout
    assert "20 × 10" in done.stdout
    text, first, second = _parts(house.bodies[-1])
    assert text == {"type": "input_text", "text": "what are these?"}
    assert base64.b64decode(first["image_url"].partition(",")[2]) == png(64, 48)
    assert second["image_url"].startswith("data:image/jpeg;base64,")
    done = azresp("run", "-f", "report.pdf", "-f", "notes.txt", "what do they say?", env=house.env)
    assert done.returncode == 0, done.stderr
    assert "Tides rise twice a day." in done.stdout
    assert [part.get("filename") for part in _parts(house.bodies[-1])[1:]] == ["report.pdf", "notes.txt"]


def test_a_picture_comes_from_stdin(house: House) -> None:
    import subprocess

    from tests.cli.conftest import COMMAND

    done = subprocess.run(
        [*COMMAND, "run", "-i", "-", "what is this?"],
        input=png(7, 5),
        env=house.env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "7 × 5".encode() in done.stdout
    done = subprocess.run(
        [*COMMAND, "run", "-i", "-"], input=png(7, 5), env=house.env, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"there is no prompt\n  Give one beside it" in done.stderr
    done = subprocess.run(
        [*COMMAND, "run", "-i", "-", "-f", "-", "x"],
        input=b"",
        env=house.env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"one picture, file or list of items only" in done.stderr


def test_a_picture_is_sent_as_the_settings_say(house: House, azresp: Azresp, tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(png(640, 320))
    flags = ("--image-detail", "low", "--image-max-side", "100", "--strip-metadata")
    done = azresp("run", "-i", "big.png", *flags, "what is this?", env=house.env)
    assert done.returncode == 0, done.stderr
    assert "100 × 50" in done.stdout
    assert _parts(house.bodies[-1])[1]["detail"] == "low"
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "told.png", pnginfo=info)
    for more, told in (([], True), (["--strip-metadata"], False)):
        done = azresp("run", "-i", "told.png", *more, "what is this?", env=house.env)
        assert done.returncode == 0, done.stderr
        sent = base64.b64decode(_parts(house.bodies[-1])[1]["image_url"].partition(",")[2])
        assert (b"taken at home" in sent) is told


def test_addresses_are_sent_and_never_fetched(house: House, azresp: Azresp, emulator: Emulator) -> None:
    url = f"{emulator.root_url}/secret.png".replace("http://127.0.0.1", "https://127.0.0.1")
    for given in (url, f"http://{emulator.root_url.partition('//')[2]}/a.png", "file:///etc/passwd"):
        done = azresp("run", "-i", given, "what is this?", env=house.env)
        assert done.returncode == 2, done.stdout
    # Whoever asked for the address would come to this proxy; the emulator is asked past it.
    with socket.create_server(("127.0.0.1", 0)) as canary:
        proxy = f"http://127.0.0.1:{canary.getsockname()[1]}"
        proxies = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
        given = "https://pictures.example.com/a.png"
        done = azresp("run", "-i", given, "what is this?", env=house.env | proxies)
        assert done.returncode == 0, done.stderr
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert _parts(house.bodies[-1])[1]["image_url"] == "https://pictures.example.com/a.png"
    assert emulator.journal.count("GET") == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.png", b"", "empty"),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        ("text.png", b"just text", "no picture but"),
        ("moving.gif", picture(format_="GIF", frames=3), "animat"),
        ("gone.png", None, "gone.png"),
    ],
)
def test_what_is_no_picture_is_told_before_anything_is_sent(
    house: House, azresp: Azresp, tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = azresp("run", "-i", name, "what is this?", env=house.env)
    assert done.returncode in (2, 7)
    assert done.stderr.startswith("azresp: ")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert house.bodies == []


def test_a_pipe_or_folder_in_a_pictures_place_hangs_nobody(
    house: House, azresp: Azresp, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", ".", "/dev/zero"):
        done = azresp("run", "-i", name, "what is this?", env=house.env, timeout_s=20)
        assert done.returncode == 2, done.stderr
        assert "Only regular files are read." in done.stderr


def test_drawn_pictures_are_saved_under_names_of_ours(house: House, azresp: Azresp, tmp_path: Path) -> None:
    done = azresp("run", "draw a red circle", env=house.env)
    assert done.returncode == 0
    assert _drawn(tmp_path) == []  # never offered unasked
    done = azresp("run", "--images", "--session", "../../etc", "draw a red circle", env=house.env)
    assert done.returncode == 0, done.stderr
    (path,) = _drawn(tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert f"~/Pictures/azresp/{path.parent.name}/{path.name}" in done.stderr
    assert "/" not in path.name.replace("/", "") and ".." not in str(path.relative_to(tmp_path))
    asked = house.bodies[-1]["tools"]
    assert asked == [{"type": "image_generation"}]
    # The next one goes on from it, by chaining and by sending it again.
    done = azresp("run", "--images", "--continue", "make it green", env=house.env)
    assert "edited" in done.stdout
    done = azresp("run", "--images", "--continue", "--no-store", "make it blue", env=house.env)
    assert done.returncode == 0, done.stderr
    assert "edited" in done.stdout
    sent = [
        part
        for item in house.bodies[-1]["input"]
        for part in item.get("content") or []
        if "image_url" in part
    ]
    assert base64.b64decode(sent[0]["image_url"].partition(",")[2]) == path.read_bytes()
    assert len(_drawn(tmp_path)) == 3
    with closing(sqlite3.connect(tmp_path / "data" / "azresp" / "store.db")) as db:
        kept = "".join(str(row) for row in db.execute("select said, turn from exchanges"))
    assert "iVBORw0KGgo" not in kept


def test_dash_o_writes_what_was_drawn(house: House, azresp: Azresp, tmp_path: Path) -> None:
    import subprocess

    from tests.cli.conftest import COMMAND

    done = azresp("run", "-o", "sun.webp", "--image-format", "webp", "draw a sun", env=house.env)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sun.webp").read_bytes()[8:12] == b"WEBP"
    again = azresp("run", "-o", "sun.webp", "draw a sun", env=house.env)
    assert again.returncode == 7
    assert "never overwritten" in again.stderr
    count = len(house.bodies)
    assert count == 1  # nothing was paid for
    piped = subprocess.run(
        [*COMMAND, "run", "-o", "-", "draw a sun"],
        env=house.env,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout.startswith(b"\x89PNG")
    assert b"Here is the picture" in piped.stderr
    none = azresp("run", "-o", "none.png", "hello", env=house.env)
    assert none.returncode == 1
    assert "no picture came" in none.stderr
    whole = azresp("run", "--images", "--json", "draw a sun", env=house.env)
    results = [
        item["result"]
        for item in json.loads(whole.stdout)["output"]
        if item["type"] == "image_generation_call"
    ]
    assert base64.b64decode(results[0]).startswith(b"\x89PNG")


def test_without_an_image_deployment_the_services_refusal_is_explained(house: House, azresp: Azresp) -> None:
    done = azresp("run", "--images", "draw a sun", env=house.env | {"AZRESP_IMAGE_DEPLOYMENT": ""})
    assert done.returncode == 1
    assert "imagegen deployment must be provided" in done.stderr
    assert "azresp config set image_deployment" in done.stderr


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_a_picture_takes_shape_in_its_place(house: House, tmp_path: Path, columns: int, lines: int) -> None:
    env = {"COLORTERM": "truecolor", "AZRESP_PARTIAL_IMAGES": "2"}
    with house.chat("--images", columns=columns, lines=lines, env=env) as chat:
        chat.ask("draw a red circle on a blue square").wait("picture 1").wait("Here is the picture")
        blocks = [row for row in chat.rows if "▀▀▀▀" in row]
        # Sketches were replaced in place: there are at most as many rows as one picture may have.
        assert 0 < len(blocks) <= lines - 3
        assert not any("takes shape" in row for row in chat.rows)
        chat.ask("/pictures").wait("picture 1 · ~/Pictures/azresp/", 2)
        assert chat.leave() == 0
    (path,) = _drawn(tmp_path)
    assert "sketch" not in path.name


def test_attachments_of_a_chat(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(64, 48))
    (tmp_path / "my notes.txt").write_text("Remember the milk.")
    opened = tmp_path / "opened"
    viewer = tmp_path / "bin" / "xdg-open"
    viewer.parent.mkdir()
    viewer.write_text(f"#!/bin/sh\nprintf '%s' \"$1\" > {opened}.new && mv {opened}.new {opened}\n")
    viewer.chmod(0o700)
    env = {"NO_COLOR": "1", "PATH": f"{viewer.parent}:{os.environ['PATH']}", "DISPLAY": ":7"}
    with house.chat("--images", env=env) as chat:
        chat.ask("/image a.png").wait("attached a.png · PNG · 64 × 48")
        chat.ask('/file "my notes.txt"').wait("attached my notes.txt")
        chat.ask("/attachments").wait("2  my notes.txt")
        chat.ask("/attachments drop 2").wait("not attached any more: my notes.txt")
        chat.ask("/image gone.png").wait("gone.png")
        chat.ask("what is this?").wait("64 × 48", 3)
        assert len(_parts(house.bodies[-1])) == 2
        chat.ask("what does @my say?").ready()
        assert len(_parts(house.bodies[-1])) == 1
        chat.ask('what is in @"my notes.txt" and @a.png?').wait("Remember the milk")
        assert [part["type"] for part in _parts(house.bodies[-1])] == [
            "input_text",
            "input_file",
            "input_image",
        ]
        chat.ask(str(tmp_path / "a.png")).wait("your next message takes it along")
        chat.ask("/attachments drop all").wait("nothing is attached any more")
        chat.ask("draw a sun").wait("picture 1 · ~/Pictures")
        chat.ask("/image last").wait("attached")
        chat.ask("make it green").wait("picture 2 · ~/Pictures")
        chat.ask("/open 1").wait("opened")
        chat.until(opened.exists, "the viewer")
        chat.ask("/open 9").wait("there is no picture '9'")
        chat.ask("/save mine.PNG").wait("saved mine.PNG")
        chat.ask("/save mine.PNG").wait("mine.PNG exists already")
        chat.ask("/history").wait("picture 2 · ~/Pictures", 2)
        assert chat.leave() == 0
        chat.only_ours()
    first, second = _drawn(tmp_path)
    assert opened.read_text() == str(first)
    assert (tmp_path / "mine.PNG").read_bytes() == second.read_bytes()
    with house.chat("--resume", env=env) as chat:
        chat.ready().wait("picture 2 · ~/Pictures")
        assert chat.leave() == 0
    assert second.exists()


def test_a_message_whose_attachment_fails_is_not_lost(house: House, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with house.chat() as chat:
        chat.ask("look at @pipe.png please").ready()
        (tmp_path / "bad.png").write_bytes(b"")
        chat.put("look at @bad.png and tell me more").wait("Enter sends bad.png along")
        chat.keys("\r").ready()
        chat.keys("\x1b[A").until(
            lambda: chat.is_prompt("look at @bad.png and tell me more"), "the message again"
        )
        assert len(house.bodies) == 1  # the first named no regular file: it was text
        chat.keys("\x03")
        assert chat.leave() == 0
