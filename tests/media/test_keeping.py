"""Attachments are kept by content; what goes to the service is the same as if they had never been put away."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from azresp.core.pictures import Kept, kept_from, restore_pictures
from azresp.core.sse import Wire
from azresp.media.attachment import Attachment, Linked, attached
from azresp.media.keeping import AttachmentFolder
from azresp.media.saving import PictureFolder
from tests.media.samples import PDF, picture

PNG = picture("PNG")
IMAGE, FILE = attached(PNG, "a.png", detail="low"), attached(PDF, "b.pdf")


def _message(*parts: Wire) -> Wire:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}, *parts]}


def test_a_session_holds_references_and_the_service_gets_the_bytes(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path / "attached")
    said = _message(*(one.to_part(folder.keep(one)) for one in (IMAGE, FILE)))
    stored = json.loads(json.dumps(said))
    assert "base64" not in json.dumps(stored)
    assert restore_pictures({"input": [stored]}, folder.read) == {
        "input": [_message(IMAGE.to_part(), FILE.to_part())]
    }


def test_pictures_in_the_output_of_a_function_are_restored_too(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    output: Wire = {
        "type": "function_call_output",
        "call_id": "c",
        "output": [IMAGE.to_part(folder.keep(IMAGE))],
    }
    assert restore_pictures({"input": [output]}, folder.read)["input"][0]["output"] == [IMAGE.to_part()]


def test_the_same_bytes_are_kept_once_and_damage_is_mended(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    kept = folder.keep(IMAGE)
    assert folder.keep(attached(PNG, "other.png")) == kept
    (path,) = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"damaged")
    assert kept is not None
    assert folder.read(kept) is None
    assert folder.keep(IMAGE) == kept
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert folder.keep(IMAGE) == kept
    assert path.read_bytes() == PNG
    assert not path.is_symlink()


def test_what_has_no_bytes_here_is_not_kept(tmp_path: Path) -> None:
    link = Attachment("a", "image", Linked("https://h/a.png"))
    assert AttachmentFolder(tmp_path).keep(link) is None
    assert link.to_part(None) == {"type": "input_image", "detail": "auto", "image_url": "https://h/a.png"}
    assert list(tmp_path.iterdir()) == []


def test_an_attachment_that_is_gone_is_told_instead_of_sent(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    said = _message(IMAGE.to_part(folder.keep(IMAGE)))
    assert folder.prune(()) == 1
    told = restore_pictures({"input": [said]}, folder.read)["input"][0]["content"][1]
    assert told == {"type": "input_text", "text": "(what was attached here is no longer at hand)"}


def test_only_what_no_session_refers_to_is_removed(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path)
    kept = [folder.keep(one) for one in (IMAGE, FILE)]
    assert kept[0] is not None
    assert kept[1] is not None
    assert folder.prune({kept[0].sha256}) == 1
    assert (folder.read(kept[0]) is None, folder.read(kept[1]) is None) == (False, True)


def test_a_reference_that_was_forged_reads_nothing_else(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path / "attached")
    folder.keep(IMAGE)
    (tmp_path / "secret").write_bytes(PNG)
    forged = Kept(str(tmp_path / "attached" / ".." / "secret"), len(PNG), IMAGE.way.sha256)  # type: ignore[union-attr]
    assert folder.read(forged) is None
    assert kept_from({"saved": 7}) == Kept("")
    assert folder.read(Kept("")) is None


def test_what_a_killed_process_left_half_written_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    for name, age in ((".azresp-1-aa.part", 7200), (".azresp-1-bb.part", 60), ("mine.part", 7200)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age,) * 2)
    from azresp.core.pictures import Picture
    from azresp.media.encoding import encoded

    PictureFolder(tmp_path).turn("s", 1).keep(Picture("ig", 0, None, encoded(PNG)))
    assert sorted(one.name for one in folder.iterdir()) == [".azresp-1-bb.part", "mine.part", "s-001-1.png"]
