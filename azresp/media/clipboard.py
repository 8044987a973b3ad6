"""The picture in the clipboard, through the program that the desktop has for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from azresp.errors import LocalError, UsageError
from azresp.media.kind import image_mime
from azresp.media.reading import demand_size, read_stream

PATIENCE_S = 10.0
_POWERSHELL = (
    "Add-Type -AssemblyName System.Windows.Forms,System.Drawing;"
    "$i=[Windows.Forms.Clipboard]::GetImage(); if($i -eq $null){exit 1};"
    "$m=New-Object IO.MemoryStream; $i.Save($m,[Drawing.Imaging.ImageFormat]::Png);"
    "$o=[Console]::OpenStandardOutput(); $m.WriteTo($o); $o.Flush()"
)
_OSASCRIPT = "get the clipboard as «class PNGf»"


@dataclass(frozen=True, slots=True)
class _Way:
    """A program that writes the clipboard's picture to stdout."""

    argv: tuple[str, ...]
    hex: bool = False
    """it writes `«data PNGf89504E…»`"""


def _ways(env: Mapping[str, str], platform: str = sys.platform) -> list[_Way]:
    """The programs to try, best first; whether they are installed is another question."""
    if platform == "darwin":
        return [_Way(("pngpaste", "-")), _Way(("osascript", "-e", _OSASCRIPT), hex=True)]
    powershell = _Way(("powershell.exe", "-NoProfile", "-STA", "-Command", _POWERSHELL))
    if platform == "win32":
        return [powershell]
    found: list[_Way] = []
    kinds = ("image/png", "image/jpeg", "image/webp", "image/gif")
    if env.get("WAYLAND_DISPLAY"):
        found += [_Way(("wl-paste", "--no-newline", "--type", kind)) for kind in kinds]
    if env.get("DISPLAY"):
        found += [_Way(("xclip", "-selection", "clipboard", "-target", kind, "-out")) for kind in kinds]
    if env.get("WSL_DISTRO_NAME"):
        found.append(powershell)
    return found


def read_clipboard(env: Mapping[str, str], most: int, platform: str = sys.platform) -> bytes:
    """The picture in the clipboard. Raises UsageError if there is none, LocalError if it can't be asked for.

    Blocks for PATIENCE_S at most for each program: call it in a thread.
    """
    path = env.get("PATH")
    candidates = _ways(env, platform)
    installed = [(way, at) for way in candidates if (at := shutil.which(way.argv[0], path=path))]
    if not installed:
        names = sorted({way.argv[0] for way in candidates}) or ["wl-paste (Wayland)", "xclip (X11)"]
        raise LocalError(
            "the clipboard can't be read: no program for it was found",
            f"Install {' or '.join(names)}, or give the picture's path.",
        )
    for way, program in installed:
        data = _asked((program, *way.argv[1:]), env, most)
        data = _unhexed(data) if way.hex else data
        if image_mime(data[:16]):
            return data
    raise UsageError("there is no picture in the clipboard", "Copy one, or give its path.")


def _asked(argv: tuple[str, ...], env: Mapping[str, str], most: int) -> bytes:
    """What the program wrote; nothing if it failed."""
    with tempfile.TemporaryFile() as out:  # a pipe could be filled without end
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                env=dict(env), timeout=PATIENCE_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LocalError(f"the clipboard can't be read: {error}", "Give the picture's path.") from error
        if done.returncode != 0:
            return b""
        demand_size("the picture in the clipboard", out.tell() or out.seek(0, 2), most * 2 + 64)
        out.seek(0)
        return read_stream(out, "the picture in the clipboard", most * 2 + 64)


def _unhexed(data: bytes) -> bytes:
    """The bytes in AppleScript's way to write data."""
    text = data.decode("utf-8", "replace").strip().removeprefix("«data PNGf").removesuffix("»")
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
