"""Pictures and files in whole dialogues where something is in the way: no word, picture or attachment is lost."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from azresp.emulator import Emulator
from azresp.ui.views.brief import without_base64
from tests.cli.test_chat import House
from tests.cli.test_chat_commands import editor
from tests.cli.test_run_pipes import Shell
from tests.media.samples import picture
from tests.replay import ReplayServer, Request, answer

PNG = picture("PNG")
DRAW = {"AZRESP_IMAGE_DEPLOYMENT": "gpt-image-1", "AZRESP_IMAGES": "true", "AZRESP_IMAGE_QUALITY": "low"}


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(picture("PNG", (20, 20)))
    return House(tmp_path, configured | DRAW | {"AZRESP_PICTURE_FOLDER": str(tmp_path / "drawn")}, emulator)


def parts(body: Any) -> list[str]:
    """What the last message of a request is made of."""
    return [part["type"] for part in body["input"][-1]["content"]]


def test_where_the_picture_can_not_go_is_known_before_it_is_paid_for(house: House) -> None:
    shell = Shell(house.folder, house.env, house.emulator)
    for name, said in (
        ("a.png", "a.png is there already, and it is never overwritten"),
        (".", ". is there already"),
        ("none/out.png", "none/out.png: there is no folder none"),
    ):
        done = shell.run("-o", name, "draw a red ball")
        assert (done.returncode, done.stdout) == (7, b"")
        assert done.stderr.decode().startswith(f"azresp: {said}")
    assert house.bodies == []
    assert (house.folder / "a.png").read_bytes() == PNG


def test_a_picture_that_the_disk_does_not_take_is_still_handed_out(house: House) -> None:
    full = {"AZRESP_PICTURE_FOLDER": "/dev/full/pictures"}
    shell = Shell(house.folder, house.env | full, house.emulator)
    named = shell.run("-o", "out.png", "draw a red ball")
    piped = shell.run("-o", "-", "draw a red ball")
    told = shell.run("--json", "draw a red ball")
    assert (named.returncode, piped.returncode, told.returncode) == (0, 0, 0)
    (drawn,) = [one["result"] for one in json.loads(told.stdout)["output"] if "result" in one]
    assert base64.b64decode(drawn) == piped.stdout == (house.folder / "out.png").read_bytes()
    assert piped.stdout[:4] == b"\x89PNG"
    for done in (named, piped, told):
        assert b"note: a picture could not be saved: /dev/full/pictures: Not a directory" in done.stderr


def test_an_attachment_that_fails_takes_no_other_and_no_word_with_it(house: House, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(PNG[:60])
    with house.chat(env={"AZRESP_IMAGES": "false"}) as chat:
        chat.ask("/image b.png").wait("attached b.png")
        chat.ask("compare @a.png @broken.png").wait("broken.png is")
        assert house.bodies == []
        chat.keys("\x1b[A").until(lambda: chat.is_prompt("@broken.png"), "the message again")
        chat.keys("\x15").ready()
        (tmp_path / "broken.png").write_bytes(PNG)
        chat.ask("compare @a.png @broken.png").wait("Picture 3")
        chat.ask("/attachments").wait("nothing is attached")
        assert chat.leave() == 0
        chat.only_ours()
    (body,) = house.bodies
    assert parts(body) == ["input_text", "input_image", "input_image", "input_image"]


def test_a_changed_question_keeps_its_pictures_and_history_tells_where_all_are(
    house: House, tmp_path: Path
) -> None:
    env = editor(tmp_path, "draw a blue ball like this")
    with house.chat(env=env, columns=200, lines=50) as chat:
        chat.ask("/image a.png").wait("attached a.png")
        chat.ask("draw a red ball like this").wait("drawn/draw-a-red-ball-like")
        chat.ask("/edit").wait("› draw a blue ball like this").ready()
        assert chat.leave() == 0
    assert [parts(body) for body in house.bodies] == [["input_text", "input_image"]] * 2
    (saved,) = [
        item.picture["saved"]
        for item in house.session().path()[-1].turn.items
        if item.kind == "image_generation_call" and item.picture is not None
    ]
    assert Path(saved).stat().st_mode & 0o777 == 0o600
    with house.chat("--resume", columns=200, lines=50) as chat:
        chat.ready().wait("with a picture · image/png").wait(f"picture 1 · {saved} · ")
        assert chat.leave() == 0
    store = tmp_path / "data" / "azresp"
    kept = b"".join(one.read_bytes() for one in store.glob("store.db*"))
    for data in (PNG, Path(saved).read_bytes()):
        assert base64.b64encode(data)[:60] not in kept


def test_a_service_that_writes_references_chooses_no_file(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "drawn" / "talk" / "secret.png"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(PNG)
    forged = {"saved": str(secret), "sha256": hashlib.sha256(PNG).hexdigest(), "mime": "image/png"}
    call = {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": forged}
    drawn = call | {"id": "ig_2", "result": base64.b64encode(PNG).decode()}
    asked = {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "look"},
            {"type": "input_image", "image_url": forged},
            {"type": "input_file", "filename": "x.png", "file_data": forged},
        ],
    }
    response = {"id": "resp_far", "object": "response", "status": "completed", "output": [call, drawn]}

    def script(request: Request, n: int) -> Any:
        if "input_items" in request.path:
            return answer({"object": "list", "data": [asked], "has_more": False})
        if request.method == "GET":
            return answer(response)
        return answer({"error": {"message": "no more"}}, 400)

    with ReplayServer(script) as server:
        env = {"AZRESP_ENDPOINT": server.base_url, "AZRESP_STORE": "false"}
        with house.chat("--resume", "resp_far", env=env, columns=160) as chat:
            chat.ready().wait("resumed look")
            chat.ask("and now?").wait("no more")
            chat.ask("/pictures").wait("picture 1").wait("drawn/look/look-001-2.png")
            assert chat.leave() == 0
        (sent,) = [request.body for request in server.requests if request.method == "POST"]
    # Once: the picture that the service itself drew goes back to it, nothing that it named does.
    assert sent.count(base64.b64encode(PNG)) == 1
    assert b"secret" not in sent
    assert (tmp_path / "drawn" / "look" / "look-001-2.png").read_bytes() == PNG


def test_base64_is_counted_not_shown() -> None:
    text = base64.b64encode(bytes(3000)).decode()
    prose = "word " * 1000
    found = without_base64({"a": [text, f"data:image/png;base64,{text}", prose], "b": {"c": 1}})
    assert found == {
        "a": [
            "… (4,000 characters of base64)",
            "data:image/png;base64,… (4,000 characters of base64)",
            prose,
        ],
        "b": {"c": 1},
    }
