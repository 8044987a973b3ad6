"""Files that the user named: whole or not at all, and never over something else."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import pytest

from azresp.errors import LocalError, UsageError
from azresp.media.encoding import encoded
from azresp.media.output import demand_free, output_file, write_base64
from tests.media.samples import animation, picture

PNG = picture("PNG")
DAMAGED = encoded(PNG + bytes(500_000))[:-8] + "*AAAAAA="


def _tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


def test_a_file_that_was_named_is_written_whole(tmp_path: Path) -> None:
    write_base64(encoded(PNG), tmp_path / "out.png")
    assert _tree(tmp_path) == {"out.png": PNG}
    stdout = io.BytesIO()
    write_base64(encoded(animation()), stdout)
    assert stdout.getvalue() == animation()


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("file", "dangling"):
        with pytest.raises(LocalError, match="never overwritten"):
            write_base64(encoded(PNG), tmp_path / name)
        with pytest.raises(LocalError):
            demand_free(tmp_path / name)
    with pytest.raises(LocalError, match="never overwritten"), output_file(tmp_path / "late") as file:
        file.write(PNG)
        (tmp_path / "late").write_bytes(b"somebody was faster")
    assert _tree(tmp_path) == {"file": b"mine", "late": b"somebody was faster"}


def test_damaged_base64_leaves_no_file_and_no_half_picture_in_a_pipe(tmp_path: Path) -> None:
    stdout = io.BytesIO()
    for target in (tmp_path / "out.png", stdout):
        with pytest.raises(UsageError, match="base64 is damaged"):
            write_base64(DAMAGED, target)
    assert _tree(tmp_path) == {}
    assert stdout.getvalue() == b""


def test_a_folder_that_is_not_there_is_not_made_for_a_named_file(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="there is no folder"):
        write_base64(encoded(PNG), tmp_path / "a" / "b.png")
    assert list(tmp_path.iterdir()) == []


def test_a_named_file_has_the_mode_that_the_user_gives_new_files(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_base64(encoded(PNG), tmp_path / "out.png")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.png").stat().st_mode) == 0o640


def test_a_download_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), output_file(tmp_path / "a.bin") as file:
        file.write(b"half")
        raise RuntimeError("the connection is gone")
    assert list(tmp_path.iterdir()) == []
