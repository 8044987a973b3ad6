"""A file on its way to the service: what it is taken for, and that just its bytes go."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from azresp.errors import UsageError
from azresp.media.outgoing import MAX_UPLOAD, demand_uploadable, outgoing
from tests.media.samples import PDF, picture


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", picture("PNG"), ("image/png", "vision")),
        ("a.png", b"no picture", ("application/octet-stream", "assistants")),
        ("a.pdf", PDF, ("application/pdf", "assistants")),
        ("a.csv", b"a,b", ("text/csv", "assistants")),
        ("a.csv.gz", b"a,b", ("application/octet-stream", "assistants")),
        ("unknown", b"x", ("application/octet-stream", "assistants")),
    ],
)
def test_the_bytes_decide_whether_it_is_a_picture(
    tmp_path: Path, name: str, content: bytes, told: tuple[str, str]
) -> None:
    (tmp_path / name).write_bytes(content)
    with outgoing(tmp_path / name) as file:
        assert (file.mime, file.purpose) == told
        assert (file.name, file.size, file.digest()) == (
            name,
            len(content),
            hashlib.sha256(content).hexdigest(),
        )


def test_it_is_read_again_from_its_beginning_and_every_piece_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    heard: list[tuple[int, int]] = []
    with outgoing(path, lambda done, size: heard.append((done, size))) as file:
        file.digest()
        assert heard == []
        for _ in range(2):
            file.file.seek(0)
            assert (file.file.read(4), file.file.read()) == (b"0123", b"456789")
    assert heard == [(4, 10), (10, 10)] * 2


def test_what_is_written_behind_its_end_meanwhile_is_left_out_and_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"line\n")
    with outgoing(path) as file:
        assert not file.changed
        with path.open("ab") as more:
            more.write(b"more\n")
        assert file.file.seek(0, os.SEEK_END) == 5
        file.file.seek(0)
        assert (file.file.read(), file.file.read(), file.changed) == (b"line\n", b"", True)


def test_what_the_service_would_not_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", MAX_UPLOAD + 1)  # sparse: it takes no room
    for name, words in (("empty", "is empty"), ("large", "512 MB"), (".", "a folder")):
        with pytest.raises(UsageError, match=words):
            demand_uploadable(tmp_path / name)
        with pytest.raises(UsageError, match=words), outgoing(tmp_path / name):
            pass
