"""Only regular files are read, sized before, and nothing blocks: real nodes in a real folder."""

from __future__ import annotations

import io
import os
import socket
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.errors import LocalError, UsageError
from azresp.media.names import kept_path, path_kept, told_name
from azresp.media.reading import opened, read_file, read_stream, sized

MOST = 1000


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_a_regular_file_is_read_whole(size: int, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "link").symlink_to("a")
    assert read_file(tmp_path / "a", MOST) == data
    assert read_file(tmp_path / "link", MOST) == data


def test_a_named_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(UsageError, match="is a named pipe"):
            read_file(tmp_path / name, MOST)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null", "/dev/tty", "/dev/full"])
def test_a_device_is_refused(device: str, tmp_path: Path) -> None:
    (tmp_path / "picture.png").symlink_to(device)
    with pytest.raises(UsageError, match="is a device"):
        read_file(tmp_path / "picture.png", MOST)


def test_a_folder_and_a_socket_are_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own paths are too long for a socket
        with pytest.raises(UsageError, match="is a folder"):
            read_file(Path(folder), MOST)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/s")
            with pytest.raises(UsageError, match="is a socket"):
                read_file(Path(folder, "s"), MOST)


@pytest.mark.parametrize("name", ["/proc/self/environ", "/proc/self/mem", "/proc/kallsyms", "/proc/version"])
def test_a_view_of_the_system_is_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(name)
    for path in (Path(name), tmp_path / "a"):
        with pytest.raises((UsageError, LocalError), match=r"view of the system|can't be read"):
            read_file(path, MOST)


def test_a_sparse_file_of_10_gb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(10 * 10**9)
    tracemalloc.start()
    try:
        with pytest.raises(UsageError) as caught:
            read_file(path, 50_000_000)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert caught.value.what == f"{path} is 10 GB"
    assert caught.value.hint == "At most 50 MB can be sent at once."


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written anew"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    os.utime(path, (1, 1))
    from azresp.media import reading

    real = reading._read

    def late(file: io.FileIO, size: int) -> bytes:
        match change:
            case "grows":
                with path.open("ab") as more:
                    more.write(b"y" * 50_000)
            case "shrinks":
                os.truncate(path, 10)
            case _:
                path.write_bytes(b"z" * 100)
        return real(file, size)

    monkeypatch.setattr(reading, "_read", late)
    with pytest.raises(LocalError, match="changed while it was read"):
        read_file(path, MOST)


def test_a_file_swapped_for_a_pipe_after_the_look_is_noticed(tmp_path: Path) -> None:
    # Path.stat sees a file, open meets a pipe: as when somebody swaps them in between.
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")

    class Swapped(type(tmp_path)):  # type: ignore[misc]  # the concrete path class of this platform
        def stat(self, **_: object) -> os.stat_result:
            return (tmp_path / "file").stat()

    with pytest.raises(UsageError, match="is a named pipe"):
        read_file(Swapped(tmp_path / "pipe"), MOST)


@pytest.mark.parametrize("name", ["nothing", "a\0b", "x" * 5000])
def test_a_path_that_is_none_is_explained(name: str, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="can't be read"):
        read_file(tmp_path / name, MOST)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_others_is_explained(tmp_path: Path) -> None:
    (tmp_path / "a").touch(0o000)
    with pytest.raises(LocalError, match="Permission denied"):
        read_file(tmp_path / "a", MOST)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 2000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(UsageError):
            read_file(tmp_path / "a", MOST)
        with opened(tmp_path / "a", 5000):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_stream_without_end_is_left_after_the_limit() -> None:
    with (
        Path("/dev/zero").open("rb") as endless,
        pytest.raises(UsageError, match=r"stdin is more than 2\.5 MB"),
    ):
        read_stream(endless, "stdin", 2_500_000)
    assert read_stream(io.BytesIO(b"x" * MOST), "stdin", MOST) == b"x" * MOST


def test_sizes_are_told_in_units_of_ten() -> None:
    assert [sized(n) for n in (0, 999, 1000, 1500, 50_000_000, 49_960_000, 10**10)] == [
        "0 bytes", "999 bytes", "1 kB", "1.5 kB", "50 MB", "50 MB", "10 GB",
    ]  # fmt: skip


HOSTILE = [
    b"a\x1b]52;c;x\x07.png",
    "a\u202egnp.exe".encode(),
    b"line\nbreak.png",
    b"\xff\xfe\x80.png",
    "zero\u200bwidth.png".encode(),
    b"back\\slash.png",
    b"file-bytes:x",
    "Grüße 世界.png".encode(),
]


@pytest.mark.parametrize("raw", HOSTILE)
def test_a_hostile_name_is_exact_on_disk_and_harmless_elsewhere(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(raw)
    path.write_bytes(b"content")
    assert read_file(path, MOST) == b"content"
    assert path_kept(kept_path(path)) == path
    kept_path(path).encode("utf-8")
    told = told_name(path)
    assert told.encode("utf-8").decode() == told
    assert told.isprintable()
    assert not {"\x1b", "\n", "\u202e", "\u200b", "/", "\\"} & set(told)


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw))
def test_every_path_survives_the_store(raw: bytes) -> None:
    path = Path(os.fsdecode(raw))
    assert path_kept(kept_path(path)) == path
    assert kept_path(path).encode("utf-8")


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert told_name(Path("/x/Grüße 世界 (2).png")) == "Grüße 世界 (2).png"
    assert kept_path(Path("/x/Grüße 世界.png")) == "/x/Grüße 世界.png"
