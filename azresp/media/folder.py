"""A folder that files are made in: no link followed, nothing overwritten, and never half a file under its name."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from azresp.errors import LocalError

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BY_FD = os.open in os.supports_dir_fd and os.link in os.supports_dir_fd
_NEW = (
    os.O_CREAT
    | os.O_EXCL
    | os.O_WRONLY
    | _NO_FOLLOW
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_TRIES = 1_000
_PREFIX, _SUFFIX = ".azresp-", ".part"
"""of the names that files have while they are written"""
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK}
"""what file systems without hard links answer"""


class Folder:
    """An open folder. All names are looked up in it, whatever becomes of the path that led there."""

    def __init__(self, path: Path, fd: int | None) -> None:
        self.path = path
        self._fd = fd

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a folder that the user named; makes it, 0700, where it is missing. Raises LocalError."""
        with explaining(path):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(path, os.open(path, _folder_flags(follow=True)) if _BY_FD else None)

    def inside(self, name: str, *, make: bool = True) -> Folder:
        """The folder `name` in this one; made, 0700, where it is missing. A link in its place is a LocalError."""
        path = self.path / name
        with explaining(path):
            if make:
                with suppress(FileExistsError):
                    os.mkdir(self._at(name), 0o700, dir_fd=self._fd)
            if self._fd is None:
                if path.is_symlink() or not path.is_dir():
                    raise NotADirectoryError(errno.ENOTDIR, "it is no folder")
                return Folder(path, None)
            return Folder(path, os.open(name, _folder_flags(follow=False), dir_fd=self._fd))

    def close(self) -> None:
        """Give the folder back to the system."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def new_file(self, mode: int = 0o600) -> Iterator[NewFile]:
        """A file that has no name yet; unless it is given one inside, nothing of it stays. Raises LocalError."""
        name = f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}{_SUFFIX}"
        with explaining(self.path):
            number = os.open(self._at(name), _NEW, mode, dir_fd=self._fd)
            try:
                with os.fdopen(number, "wb") as file:
                    yield NewFile(self, name, file)
            finally:
                with suppress(OSError):
                    os.unlink(self._at(name), dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone already is no trouble."""
        with suppress(OSError):
            os.unlink(self._at(name), dir_fd=self._fd)

    def read(self, name: str, most: int) -> bytes | None:
        """What a regular file of at most `most` bytes holds; None for anything else."""
        try:
            flags = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            number = os.open(self._at(name), flags, dir_fd=self._fd)
        except OSError:
            return None
        with os.fdopen(number, "rb") as file, suppress(OSError):
            found = os.fstat(number)
            if stat.S_ISREG(found.st_mode) and found.st_size <= most:
                return file.read(most)
        return None

    def sweep(self, before: float) -> None:
        """Remove what killed processes left half written, if it was last touched before a time."""
        with suppress(OSError), os.scandir(self.path if self._fd is None else self._fd) as entries:
            for entry in entries:
                ours = entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)
                if ours and entry.stat(follow_symlinks=False).st_mtime < before:
                    self.remove(entry.name)

    def link(self, name: str, to: str) -> None:
        """Give a file a second name, which must be free. Raises FileExistsError."""
        try:
            if self._fd is None:
                os.link(self._at(name), self._at(to))
            else:
                os.link(name, to, src_dir_fd=self._fd, dst_dir_fd=self._fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._reserve(name, to)

    def sync(self) -> None:
        """Let the names outlive a power cut, where the system can."""
        if self._fd is not None:
            with suppress(OSError):
                os.fsync(self._fd)

    def _reserve(self, name: str, to: str) -> None:
        """The same without hard links: the name is taken first, then what has it is replaced by the file."""
        os.close(os.open(self._at(to), _NEW, 0o600, dir_fd=self._fd))
        try:
            os.replace(self._at(name), self._at(to), src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except OSError:
            self.remove(to)
            raise

    def _at(self, name: str) -> str:
        return name if self._fd is not None else str(self.path / name)


class NewFile:
    """A file that is being written under a name of no meaning."""

    def __init__(self, folder: Folder, name: str, file: BinaryIO) -> None:
        self._folder = folder
        self._name = name
        self._file = file

    def write(self, piece: bytes) -> None:
        """Add to it."""
        self._file.write(piece)

    def named(self, names: Iterator[str], same: Callable[[str], bool] | None = None) -> str:
        """Give it the first of `names` that is free, for good, and tell which; or one whose file is the `same`."""
        self._file.flush()
        os.fsync(self._file.fileno())
        for _, name in zip(range(_TRIES), names, strict=False):
            with suppress(FileExistsError):
                self._folder.link(self._name, name)
                self._folder.sync()
                return name
            if same is not None and same(name):
                return name
        raise FileExistsError(errno.EEXIST, "there is such a file already, and it is never overwritten")


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Every failure of the system inside becomes a LocalError about `path`."""
    try:
        yield
    except OSError as error:
        raise LocalError(
            f"{path}: {_reason(error)}", _HINTS.get(error.errno or 0, "Choose another folder.")
        ) from error


_HINTS = {
    errno.ENOSPC: "Make room on the disk, then try again.",
    errno.EDQUOT: "Your quota is used up: make room, then try again.",
    errno.EROFS: "The file system can only be read: choose another folder.",
    errno.EEXIST: "Give a name that is free.",
}


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link, and none is followed here"
    return error.strerror or str(error)


def _folder_flags(*, follow: bool) -> int:
    flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
    return flags if follow else flags | _NO_FOLLOW
