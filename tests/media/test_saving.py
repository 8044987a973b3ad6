"""Generated pictures become files: our names, whole or not at all, nothing overwritten, no link followed."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.core.events import read
from azresp.core.pictures import Kept, Picture, cut_pictures, refer, restore_pictures
from azresp.core.sse import EventReader, Wire
from azresp.core.turn import Turn, advance
from azresp.errors import LocalError
from azresp.media import folder as folder_module
from azresp.media.saving import PictureFolder, slugged
from tests.media.samples import picture

ROOT = Path(__file__).resolve().parents[2]
PNG, JPEG, WEBP = picture("PNG"), picture("JPEG"), picture("WEBP")


def _pic(data: bytes, item: str = "ig_1", index: int = 0, sketch: int | None = None) -> Picture:
    return Picture(item, index, sketch, base64.b64encode(data).decode())


def _tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_pictures_are_saved_under_our_names_with_the_extension_of_their_bytes(tmp_path: Path) -> None:
    turn = PictureFolder(tmp_path / "p").turn("A Red Ball!", 3)
    kept = [turn.keep(_pic(PNG)), turn.keep(_pic(JPEG, "ig_2", 1)), turn.keep(_pic(WEBP, "ig_3", 2))]
    assert _tree(tmp_path) == {
        "p/a-red-ball/a-red-ball-003-1.png": PNG,
        "p/a-red-ball/a-red-ball-003-2.jpg": JPEG,
        "p/a-red-ball/a-red-ball-003-3.webp": WEBP,
    }
    assert kept[0] == Kept(
        str(tmp_path / "p/a-red-ball/a-red-ball-003-1.png"),
        len(PNG),
        hashlib.sha256(PNG).hexdigest(),
        "image/png",
    )


def test_only_the_owner_may_look_and_nothing_can_be_run(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        kept = PictureFolder(tmp_path / "p").turn("s", 1).keep(_pic(PNG))
    finally:
        os.umask(old)
    path = Path(kept.saved)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip


def test_sketches_go_when_the_final_picture_is_there(tmp_path: Path) -> None:
    turn = PictureFolder(tmp_path).turn("s", 1)
    turn.keep(_pic(JPEG, sketch=0))
    turn.keep(_pic(WEBP, sketch=1))
    turn.keep(_pic(JPEG, "ig_2", 1, sketch=0))
    assert list(_tree(tmp_path)) == [
        "s/s-001-1-sketch1.jpg",
        "s/s-001-1-sketch2.webp",
        "s/s-001-2-sketch1.jpg",
    ]
    turn.keep(_pic(PNG))
    assert list(_tree(tmp_path)) == ["s/s-001-1.png", "s/s-001-2-sketch1.jpg"]


def test_sketches_stay_if_they_are_to_be_kept_or_the_final_one_is_none(tmp_path: Path) -> None:
    turn = PictureFolder(tmp_path).turn("kept", 1, keep_sketches=True)
    turn.keep(_pic(JPEG, sketch=0))
    turn.keep(_pic(PNG))
    spoilt = PictureFolder(tmp_path).turn("spoilt", 1)
    spoilt.keep(_pic(JPEG, sketch=0))
    spoilt.keep(_pic(b"#!/bin/sh"))
    assert list(_tree(tmp_path)) == [
        "kept/kept-001-1-sketch1.jpg", "kept/kept-001-1.png", "spoilt/spoilt-001-1-sketch1.jpg",
    ]  # fmt: skip


def test_the_same_picture_told_again_is_saved_once(tmp_path: Path) -> None:
    turn = PictureFolder(tmp_path).turn("s", 1)
    first = turn.keep(_pic(PNG))
    assert turn.keep(_pic(PNG)) == first
    # As another process that resumes the same response would.
    assert PictureFolder(tmp_path).turn("s", 1).keep(_pic(PNG)) == first
    assert list(_tree(tmp_path)) == ["s/s-001-1.png"]


def test_another_picture_of_the_same_name_gets_the_next_number(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/s-001-1.png").write_bytes(b"somebody's")
    names = [Path(PictureFolder(tmp_path).turn("s", 1).keep(_pic(data)).saved).name for data in (PNG, JPEG)]
    assert names == ["s-001-1.2.png", "s-001-1.jpg"]
    assert (tmp_path / "s/s-001-1.png").read_bytes() == b"somebody's"


SAVER = """
import base64, sys
from pathlib import Path
from azresp.core.pictures import Picture
from azresp.media.saving import PictureFolder
root, mark = Path(sys.argv[1]), sys.argv[2].encode()
sys.stdin.readline()
for n in range(40):
    data = b"\\x89PNG\\r\\n\\x1a\\n" + mark + str(n).encode() * 1000
    text = base64.b64encode(data).decode()
    print(PictureFolder(root).turn("s", 1).keep(Picture(mark.decode() + str(n), 0, None, text)).saved)
"""


def test_two_processes_that_save_the_same_names_lose_nothing(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SAVER, str(tmp_path), mark],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for mark in ("a", "b", "c")
    ]  # fmt: skip
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    saved = [process.communicate(timeout=100)[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len({path for paths in saved for path in paths}) == 120
    contents = {Path(path).read_bytes() for paths in saved for path in paths}
    assert contents == {
        b"\x89PNG\r\n\x1a\n" + mark + str(n).encode() * 1000 for mark in (b"a", b"b", b"c") for n in range(40)
    }
    assert len(_tree(tmp_path)) == 120  # no temporary file is left


NO_PICTURES = {
    "script": base64.b64encode(b"#!/bin/sh\nrm -rf /").decode(),
    "empty": "=",
    "svg": base64.b64encode(b"<svg/>").decode(),
    "damaged at once": "@@@@",
    "damaged later": base64.b64encode(PNG + bytes(500_000)).decode()[:-8] + "*AAAAAA=",
    "cut": base64.b64encode(PNG).decode()[:-3],
    "padding in the middle": base64.b64encode(PNG + b"x" * (200_000 - len(PNG) % 3)).decode() + "AA==AAAA",
    "surrogate": "\ud800",
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_gets_a_remark_and_no_file(name: str, tmp_path: Path) -> None:
    kept = PictureFolder(tmp_path).turn("s", 1).keep(Picture("ig_1", 0, None, NO_PICTURES[name]))
    assert kept.saved == ""
    assert "no file was written" in kept.remark
    assert _tree(tmp_path) == {}


def test_a_picture_that_is_too_large_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from azresp.media import saving

    monkeypatch.setattr(saving, "MAX_PICTURE", 1_000_000)
    turn = PictureFolder(tmp_path).turn("s", 1)
    turn.keep(_pic(JPEG, sketch=0))
    kept = turn.keep(_pic(PNG + bytes(2_000_000)))
    assert (kept.saved, "larger than" in kept.remark) == ("", True)
    assert list(_tree(tmp_path)) == ["s/s-001-1-sketch1.jpg"]


HOSTILE = [
    "../../etc", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "\x1b[31m", "\u202egnp", "con\0", "x" * 500,
    "\ud800", "-rf", "~", "$HOME", "Ünïcode 世界",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    root = tmp_path / "deep" / "p"
    turn = PictureFolder(root).turn(name, 1)
    kept = turn.keep(Picture(name, 0, None, _pic(PNG).base64))
    assert Path(kept.saved).resolve().parent.parent == root.resolve()
    assert all(part.startswith("deep/p/") for part in _tree(tmp_path))


@given(st.text(max_size=80))
def test_a_slug_is_one_plain_name(text: str) -> None:
    assert slugged(text)
    assert slugged(slugged(text)) == slugged(text)
    assert set(slugged(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slugged(text).startswith("-")


def test_no_link_in_the_folder_is_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "p"
    outside.mkdir()
    (outside / "target").write_bytes(b"mine")
    # The session's folder itself is a link.
    root.mkdir()
    (root / "s").symlink_to(outside)
    with pytest.raises(LocalError) as caught:
        PictureFolder(root).turn("s", 1).keep(_pic(PNG))
    assert caught.value.what.startswith(f"{root / 's'}: ")
    # A farm of links under all the names that would be taken.
    (root / "s").unlink()
    (root / "s").mkdir()
    for n in ("s-001-1.png", "s-001-1.2.png", "s-001-1.3.png"):
        (root / "s" / n).symlink_to(outside / "target")
    (root / "s" / "s-001-1.4.png").symlink_to(outside / "not-there")
    (root / "s" / "s-001-1.5.png").symlink_to("s-001-1.5.png")
    kept = PictureFolder(root).turn("s", 1).keep(_pic(PNG))
    assert Path(kept.saved).name == "s-001-1.6.png"
    assert not Path(kept.saved).is_symlink()
    assert _tree(outside) == {"target": b"mine"}


def test_a_folder_swapped_for_a_link_while_it_is_open_changes_nothing(tmp_path: Path) -> None:
    root, outside = tmp_path / "p", tmp_path / "outside"
    outside.mkdir()
    with folder_module.Folder.open(root) as top, top.inside("s") as inner, inner.new_file() as file:
        file.write(PNG)
        (root / "s").rename(root / "moved")
        (root / "s").symlink_to(outside)
        file.named(iter(["a.png"]))
    assert _tree(outside) == {}
    assert _tree(root) == {"moved/a.png": PNG}


def test_a_picture_is_read_back_for_the_next_request(tmp_path: Path) -> None:
    pictures = PictureFolder(tmp_path)
    kept = pictures.turn("s", 1).keep(_pic(PNG))
    assert pictures.read(kept) == _pic(PNG).base64


def test_only_what_was_saved_here_and_is_unchanged_is_read_back(tmp_path: Path) -> None:
    root = tmp_path / "p"
    pictures = PictureFolder(root)
    kept = pictures.turn("s", 1).keep(_pic(PNG))
    secret = tmp_path / "secret"
    secret.write_bytes(b"key")
    digest = hashlib.sha256(b"key").hexdigest()
    for path in (
        secret,
        root / ".." / "secret",
        root / "s" / ".." / ".." / "secret",
        root / ".." / "p" / "x",
    ):
        assert pictures.read(Kept(str(path), 3, digest)) is None
    (root / "s" / "link.png").symlink_to(secret)
    assert pictures.read(Kept(str(root / "s" / "link.png"), 3, digest)) is None
    assert pictures.read(Kept("", 3, digest)) is None
    assert pictures.read(Kept(str(root / "nowhere" / "x.png"), 3, digest)) is None
    assert not (root / "nowhere").exists()
    Path(kept.saved).write_bytes(PNG + b"!")
    assert pictures.read(kept) is None


def test_a_folder_whose_name_is_no_utf_8_works(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b"p\xff")
    kept = PictureFolder(root).turn("s", 1).keep(_pic(PNG))
    kept.saved.encode("utf-8")
    assert _tree(root) == {"s/s-001-1.png": PNG}
    assert PictureFolder(root).read(json.loads(json.dumps(kept.saved)) and kept) == _pic(PNG).base64
    turn = PictureFolder(root).turn("t", 1)
    turn.keep(_pic(JPEG, sketch=0))
    turn.keep(_pic(PNG))
    assert list(_tree(root / "t")) == ["t-001-1.png"]


@pytest.mark.parametrize(
    ("code", "said", "hint"),
    [
        (errno.ENOSPC, "No space left on device", "Make room on the disk, then try again."),
        (errno.EDQUOT, "Disk quota exceeded", "Your quota is used up: make room, then try again."),
        (errno.EROFS, "Read-only file system", "The file system can only be read: choose another folder."),
        (errno.EIO, "Input/output error", "Choose another folder."),
    ],
)
@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_a_disk_that_fails_is_explained_and_nothing_stays(
    code: int, said: str, hint: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, call)

    def failing(*args: object, **options: object) -> object:
        if call != "open" or (isinstance(args[0], str) and args[0].endswith(".part")):
            raise OSError(code, os.strerror(code))
        return real(*args, **options)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(LocalError) as caught:
        PictureFolder(tmp_path).turn("s", 1).keep(_pic(PNG))
    monkeypatch.undo()
    assert caught.value.what == f"{tmp_path / 's'}: {said}"
    assert caught.value.hint == hint
    assert _tree(tmp_path) == {}


LIMITED = """
import base64, resource, signal, sys
from pathlib import Path
from azresp.core.pictures import Picture
from azresp.errors import LocalError
from azresp.media.saving import PictureFolder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
text = base64.b64encode(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(400_000)).decode()
try:
    PictureFolder(Path(sys.argv[1])).turn("s", 1).keep(Picture("i", 0, None, text))
except LocalError as error:
    print(error.what)
"""


def test_a_write_that_the_system_refuses_leaves_no_file(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == f"{tmp_path}/s: File too large\n"
    assert _tree(tmp_path) == {}


MOUNTED = """
import base64, os, sys
from pathlib import Path
from azresp.core.pictures import Picture
from azresp.errors import LocalError
from azresp.media.saving import PictureFolder
text = base64.b64encode(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(int(sys.argv[2]))).decode()
try:
    print(PictureFolder(Path(sys.argv[1])).turn("s", 1).keep(Picture("i", 0, None, text)).saved)
except LocalError as error:
    print(error.what, "|", error.hint)
print(sorted(str(one.relative_to(sys.argv[1])) for one in Path(sys.argv[1]).rglob("*") if one.is_file()))
"""


@pytest.mark.parametrize(
    ("options", "size", "said"),
    [
        (
            "size=64k",
            200_000,
            "{0}/s: No space left on device | Make room on the disk, then try again.\n[]\n",
        ),
        ("size=64k", 20_000, "{0}/s/s-001-1.png\n['s/s-001-1.png']\n"),
        (
            "ro",
            20_000,
            "{0}/s: Read-only file system | The file system can only be read: choose another folder.\n[]\n",
        ),
    ],
)
def test_a_real_disk_that_is_full_or_read_only_is_explained(
    options: str, size: int, said: str, tmp_path: Path
) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("file systems can't be mounted here")
    script = 'mount -t tmpfs -o "$1" none "$2" && exec "$3" -c "$4" "$2" "$5"'
    argv = ["sh", "-c", script, "sh", options, str(tmp_path), sys.executable, MOUNTED, str(size)]
    done = subprocess.run(["unshare", "-rm", *argv], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == said.format(tmp_path)


HALF = """
import sys
from pathlib import Path
from azresp.media.folder import Folder
with Folder.open(Path(sys.argv[1])) as root, root.new_file() as file:
    file.write(b"half a picture")
    print("half", flush=True)
    sys.stdin.readline()
    file.named(iter(["whole.png"]))
"""


def test_a_process_that_is_killed_leaves_nothing_under_a_pictures_name(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HALF, str(tmp_path)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".azresp-")
    with folder_module.Folder.open(tmp_path) as folder:
        folder.sweep(left.stat().st_mtime + 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_explained(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LocalError, match="Permission denied"):
        PictureFolder(tmp_path).turn("s", 1).keep(_pic(PNG))


def test_a_file_in_the_folders_place_is_explained(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"")
    with pytest.raises(LocalError, match="File exists"):
        PictureFolder(tmp_path / "p").turn("s", 1).keep(_pic(PNG))


def test_a_file_system_without_hard_links_does_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    (tmp_path / "s").mkdir()
    (tmp_path / "s/s-001-1.png").write_bytes(b"somebody's")
    PictureFolder(tmp_path).turn("s", 1).keep(_pic(PNG))
    assert _tree(tmp_path) == {"s/s-001-1.2.png": PNG, "s/s-001-1.png": b"somebody's"}


def test_a_system_without_folder_descriptors_does_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "_BY_FD", False)
    pictures = PictureFolder(tmp_path)
    kept = [pictures.turn("s", 1).keep(_pic(data)) for data in (PNG, PNG + b"2")]
    assert _tree(tmp_path) == {"s/s-001-1.2.png": PNG + b"2", "s/s-001-1.png": PNG}
    assert pictures.read(kept[0]) == _pic(PNG).base64
    (tmp_path / "t").symlink_to(tmp_path / "s")
    with pytest.raises(LocalError):
        pictures.turn("t", 1).keep(_pic(PNG))


def test_a_picture_of_20_mb_is_saved_with_little_memory(tmp_path: Path) -> None:
    one = _pic(PNG + bytes(20_000_000))
    turn = PictureFolder(tmp_path).turn("s", 1)
    tracemalloc.start()
    try:
        kept = turn.keep(one)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert kept.bytes == len(PNG) + 20_000_000


def test_a_sketch_of_20_mb_takes_a_few_times_its_size_and_nothing_stays(tmp_path: Path) -> None:
    text = base64.b64encode(PNG + bytes(20_000_000)).decode()
    sketch = {
        "type": "response.image_generation_call.partial_image",
        "sequence_number": 3,
        "item_id": "ig_1",
        "output_index": 0,
        "partial_image_index": 0,
        "partial_image_b64": text,
    }
    body = f"data: {json.dumps(sketch)}\n\n".encode()
    size = len(text)
    del text, sketch
    saving, reader, turn = PictureFolder(tmp_path).turn("s", 1), EventReader(), Turn()
    tracemalloc.start()
    try:
        for at in range(0, len(body), 65536):
            for wire in reader.feed(body[at : at + 65536]):
                slim, found = cut_pictures(wire)
                turn = advance(turn, read(refer(slim, [saving.keep(one) for one in found])))
        del wire, found, slim
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert turn.items[0].picture == {
        "saved": str(tmp_path / "s/s-001-1-sketch1.png"),
        "bytes": len(PNG) + 20_000_000,
        "sha256": hashlib.sha256(PNG + bytes(20_000_000)).hexdigest(),
        "mime": "image/png",
    }
    assert now < 1_000_000
    assert peak < size * 4.5


def test_recorded_pictures_are_saved_byte_for_byte_and_sent_back_as_they_came(
    shared: Path, tmp_path: Path
) -> None:
    index = json.loads((shared / "recordings/index.json").read_bytes())
    count = 0
    for case in index:
        if "f" not in case["covers"]:
            continue
        folder = shared / "recordings" / case["id"]
        pictures = PictureFolder(tmp_path)
        turn = pictures.turn(case["id"], case["turn"], keep_sketches=True)
        for wire in _wires(folder):
            slim, found = cut_pictures(wire)
            kept = [turn.keep(one) for one in found]
            for one, its in zip(found, kept, strict=True):
                assert Path(its.saved).read_bytes() == base64.b64decode(one.base64)
            assert restore_pictures(refer(slim, kept), pictures.read) == wire
            count += len(kept)
    assert count >= 10


def _wires(folder: Path) -> list[Wire]:
    case = json.loads((folder / "case.json").read_bytes())
    body = (folder / case["response_file"]).read_bytes()
    if case["response_file"].endswith(".json"):
        return [json.loads(body)]
    reader = EventReader()
    return [*reader.feed(body), *reader.finish()]
