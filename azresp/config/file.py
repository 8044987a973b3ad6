"""The configuration file: where it is, reading it with suspicion, writing it so that nobody else can read it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azresp.errors import ConfigError, LocalError

_LARGEST = 1 << 20
"""Bytes of the largest file that is read."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was read from the file."""

    table: Mapping[str, Any]
    warnings: tuple[str, ...] = ()
    found: bool = True


def locate(env: Mapping[str, str], chosen: str | Path | None = None) -> tuple[Path | None, bool]:
    """Give the file's path and whether it was named by `--config` or AZRESP_CONFIG; None: there is no home."""
    named = chosen or env.get("AZRESP_CONFIG")
    if named:
        return Path(os.path.expanduser(named)).absolute(), True  # noqa: PTH111 - Path.expanduser raises without a home
    folder = _folder(env)
    return (folder / "config.toml" if folder else None), False


def _folder(env: Mapping[str, str]) -> Path | None:
    xdg = env.get("XDG_CONFIG_HOME", "")
    if os.path.isabs(xdg):  # the XDG rules: a relative one is to be ignored  # noqa: PTH117
        return Path(xdg) / "azresp"
    from platformdirs import user_config_path

    folder = user_config_path("azresp", appauthor=False)
    return folder if folder.is_absolute() else None  # "~" stays where there is no home


def read(path: Path, *, must_exist: bool = False) -> Source:
    """Read a TOML file. ConfigError: foreign, unreadable or not TOML, with line and column."""
    found = _read(path)
    if found is None:
        if must_exist:
            raise ConfigError(f"{path}: no such file", "It was named by --config or AZRESP_CONFIG.")
        return Source({}, found=False)
    text, warnings = found
    return Source(parse(text, path), warnings)


def read_raw(path: Path) -> str:
    """Give the file's text, TOML or not; empty where there is no file. ConfigError: foreign or unreadable."""
    found = _read(path)
    return found[0] if found else ""


def _read(path: Path) -> tuple[str, tuple[str, ...]] | None:
    """Give text and warnings, None where there is no file."""
    if str(path) == os.devnull:
        return "", ()
    try:
        return _read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as bad:
        raise ConfigError(f"{path.name}: not UTF-8 at byte {bad.start}", f"Save {path} as UTF-8.") from None
    except (OSError, ValueError) as bad:
        reason = getattr(bad, "strerror", None) or "not a path"
        raise ConfigError(f"{path}: can't be read: {reason}", "Check the file's owner and mode.") from None


def parse(text: str, path: Path) -> Mapping[str, Any]:
    """Parse TOML. ConfigError: file, line and column."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as bad:
        raise ConfigError(
            f"{path.name}: not TOML: {bad}", f"Mend it with `azresp config edit` ({path})."
        ) from None
    except (RecursionError, ValueError):  # deep nesting; a number of thousands of digits
        raise ConfigError(f"{path.name}: not TOML that azresp can read", f"Mend {path}.") from None


def _read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    # O_NONBLOCK: a FIFO in the file's place must not hang the program.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise ConfigError(f"{path}: must be a regular file")
    with os.fdopen(handle, "rb") as file:
        warnings = _suspicions(path, status)
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise ConfigError(f"{path}: must be at most 1 MiB")
    return raw.decode("utf-8-sig"), warnings


def _suspicions(path: Path, status: os.stat_result) -> tuple[str, ...]:
    if os.name != "posix":
        return ()
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigError(
            f"{path}: must belong to you, belongs to user {status.st_uid}",
            "Whoever owns it decides where your key is sent. Copy it, or `chown` it.",
        )
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        return (f"{path} is open to other users (mode {mode:04o}): run chmod 600 {path}",)
    return ()


def write(path: Path, text: str) -> None:
    """Replace the file in one step, 0600 by creation, its folder 0700. LocalError: it can't be written."""
    target = Path(os.path.realpath(path))  # a link to a dotfiles folder stays a link
    rest = target.with_name(f".{target.name}.{os.urandom(6).hex()}.new")
    try:
        _make_folder(target.parent)
        handle = os.open(rest, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            rest.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                rest.unlink()
            raise
    except OSError as bad:
        raise LocalError(
            f"{path}: can't be written: {bad.strerror}", "Check the folder's owner and mode."
        ) from None


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if os.name == "posix" and folder == _folder(
        os.environ
    ):  # another one is the user's: `--config /tmp/x.toml`
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o077 and found.st_uid == os.geteuid():
            folder.chmod(0o700)
