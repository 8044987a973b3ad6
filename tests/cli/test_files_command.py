"""`/files` in whole dialogues."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from azresp.core.uploads import Upload
from azresp.emulator import Emulator
from azresp.store.store import Store
from tests.cli.test_chat import House
from tests.media.samples import picture
from tests.replay import ReplayServer, Reply, Request, answer


@pytest.fixture
def house(tmp_path: Path, configured: dict[str, str], emulator: Emulator) -> House:
    (tmp_path / "a picture.png").write_bytes(picture("PNG"))
    (tmp_path / "data.csv").write_bytes(b"a,b\n1,2\n")
    return House(tmp_path, configured, emulator)


def listed(house: House) -> list[str]:
    """The ids of what was uploaded from here, newest first."""
    store = Store(house.folder / "data" / "azresp" / "store.db")
    ids = [one.file_id for one in store.uploads.listed(house.emulator.base_url)]
    store.close()
    return ids


def test_files_are_uploaded_listed_and_deleted_from_a_chat(house: House) -> None:
    with house.chat(columns=120) as chat:
        chat.ask('/files upload "a picture.png"').wait("uploaded a picture.png for vision")
        (ident,) = listed(house)
        chat.ask("/files").wait(f"{ident} a picture.png · vision ·")
        chat.ask(f"/files get {ident}").wait("a picture.png is there already, and it is never overwritten")
        chat.ask(f"/files get {ident} copy.png").wait("Not allowed to download files of purpose: vision")
        chat.say(f"/files delete {ident}").wait(f"Delete {ident} at the service?").keys("y\r")
        chat.wait(f"{ident}: deleted")
        assert chat.leave() == 0
        chat.only_ours()
    assert listed(house) == []


def test_what_cannot_be_done_is_told_in_a_sentence(house: House) -> None:
    with house.chat(columns=120) as chat:
        chat.ask("/files upload").wait("/files upload needs a file")
        chat.ask("/files upload nothing.txt").wait("nothing.txt can't be read: No such file")
        chat.ask("/files frob x").wait("/files takes list, upload, get, delete, gc, got 'frob'")
        chat.ask("/files get cntr_1 cfile_1 plot.png").wait("Container with id 'cntr_1' not found")
        chat.ask("/files get cfile_1").wait("is a file in a container")
        assert chat.leave() == 0


def test_a_fetched_file_gets_a_harmless_name_of_the_services_and_replaces_nothing(house: House) -> None:
    told = {"id": "file-1", "filename": "../.pro\u202efile\n", "purpose": "batch", "bytes": 7}

    def script(request: Request, n: int) -> Reply:
        if request.path.endswith("/content"):
            return Reply(b"\0\xffevil!", headers={"content-type": "application/octet-stream"})
        return answer(told)

    with (
        ReplayServer(script) as server,
        house.chat(env={"AZRESP_ENDPOINT": server.root}, columns=120) as chat,
    ):
        chat.ask("/files get file-1").wait("wrote").wait("(7 bytes)")
        chat.ask("/files get file-1").wait("never overwritten")
        chat.ask("/files get cntr_1 cfile_1").wait("cfile_1 (7 bytes)")
        assert chat.leave() == 0
        chat.only_ours()
    fetched = {one.name for one in house.folder.iterdir() if one.is_file()} - {"a picture.png", "data.csv"}
    assert fetched == {"pro_file", "cfile_1"}
    assert (house.folder / "pro_file").read_bytes() == b"\0\xffevil!"


def test_gc_asks_and_collects_what_nothing_uses(house: House) -> None:
    (house.folder / "data" / "azresp").mkdir(mode=0o700, exist_ok=True)
    store = Store(house.folder / "data" / "azresp" / "store.db")
    for ident, ago in (("assistant-old", 100_000), ("assistant-new", 100)):
        store.uploads.remember(
            Upload(ident, house.emulator.base_url, "aa", "x\u202e.png", "vision", 3, time.time() - ago)
        )
    store.close()
    with house.chat(columns=120) as chat:
        chat.say("/files gc").wait("assistant-old x<U+202E>.png").wait("Delete 1 of them").keys("\r")
        chat.wait("nothing was deleted").say("/files gc").wait("Delete 1 of them", 2).keys("y\r")
        chat.wait("assistant-old: was gone already")
        assert chat.leave() == 0
        chat.only_ours()
    assert listed(house) == ["assistant-new"]


def test_deleting_a_session_takes_its_attachments_along(house: House) -> None:
    folder = house.folder / "data" / "azresp" / "attachments"
    with house.chat(columns=120) as chat:
        chat.ask("/image a picture.png")
        chat.ask("what is this?").wait("token")
        assert len(list(folder.glob("*/*"))) == 1
        chat.say("/delete session").wait("1 exchange here?").keys("y\r")
        chat.wait("1 exchange and 1 attachment here")
        assert chat.leave() == 0
    assert list(folder.glob("*/*")) == []
