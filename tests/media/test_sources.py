"""What a word of the user names; nothing is fetched, and nothing unfit goes to the service."""

from __future__ import annotations

import base64
import io
import os
import stat
from pathlib import Path

import pytest

from azresp.errors import LocalError, UsageError
from azresp.media.attaching import attach
from azresp.media.attachment import Attachment, Inline, Linked, Uploaded
from azresp.media.clipboard import read_clipboard
from azresp.media.sources import (
    FromClipboard,
    FromData,
    FromPath,
    FromStdin,
    FromUpload,
    FromUrl,
    Source,
    source_of,
)
from tests.media.samples import PDF, picture

PNG = picture("PNG")
PNG_URL = "data:image/jpeg;base64," + base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a.png", FromPath(Path("a.png"))),
        ("data", FromPath(Path("data"))),
        ("my file: 1.png", FromPath(Path("my file: 1.png"))),
        ("C:\\a.png", FromPath(Path("C:\\a.png"))),
        ("~/a.png", FromPath(Path.home() / "a.png")),
        ("file:///tmp/a%20b%FF.png", FromPath(Path("/tmp/a b\udcff.png"))),
        ("-", FromStdin()),
        ("clipboard", FromClipboard()),
        ("id:assistant-1a2B", FromUpload("assistant-1a2B")),
        ("https://example.com/a.png?x=1#y", FromUrl("https://example.com/a.png?x=1#y")),
        ("HTTPS://example.com", FromUrl("HTTPS://example.com")),
        (PNG_URL, FromData(PNG)),
        ("data:,a%20b", FromData(b"a b")),
    ],
)
def test_a_word_is_understood(text: str, source: Source) -> None:
    assert source_of(text) == source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://example.com/a.png", "http: URLs can't be sent"),
        ("ftp://example.com/a.png", "ftp: URLs can't be sent"),
        ("file://server/share/a.png", "on another machine"),
        ("https://", "names no host"),
        ("https://me:secret@example.com/a.png", "holds a user name or password"),
        ("https://localhost/a.png", "the service can't reach localhost"),
        ("https://127.1.2.3/a.png", "can't reach"),
        ("https://[::1]/a.png", "can't reach"),
        ("https://192.168.1.5/a.png", "can't reach"),
        ("https://169.254.169.254/latest", "can't reach"),
        ("https://example.com:99999/", "can't be sent"),
        ("https://example.com/a b.png", "can't be sent"),
        ("https://example.com/\u202egnp", "can't be sent"),
        ("https://example.com/" + "a" * 9000, "9020 characters"),
        ("data:image/png;base64", "has no comma"),
        ("data:image/png;base64,@@@@", "damaged base64"),
        ("id:../x", "is no file id"),
        ("~no-such-user-here/a.png", "Could not determine home"),
    ],
)
def test_what_can_not_be_sent_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        source_of(text)
    assert said in caught.value.what
    assert caught.value.hint
    assert "secret" not in caught.value.what


def test_each_source_becomes_an_attachment(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.pdf").write_bytes(PDF)
    (tmp_path / "c.log").write_bytes(b"line\n")
    env: dict[str, str] = {}
    assert attach(FromPath(tmp_path / "a.png"), detail="low", env=env) == Attachment(
        "a.png", "image", Inline(PNG), "image/png", len(PNG), 40, 30, "low"
    )
    assert attach(FromPath(tmp_path / "b.pdf"), env=env).to_part() == {
        "type": "input_file",
        "filename": "b.pdf",
        "file_data": "data:application/pdf;base64," + base64.b64encode(PDF).decode(),
    }
    assert attach(FromPath(tmp_path / "c.log"), "file", env=env).name == "c.log.txt"
    assert attach(FromStdin(), "image", env=env, stdin=io.BytesIO(PNG)).name == "stdin.png"
    assert attach(source_of(PNG_URL), "image", env=env).to_part() == {
        "type": "input_image",
        "detail": "auto",
        "image_url": PNG_URL.replace("jpeg", "png"),
    }
    assert attach(FromUrl("https://h/x%20y.PNG?q"), env=env) == Attachment(
        "x y.PNG", "image", Linked("https://h/x%20y.PNG?q")
    )
    assert attach(FromUrl("https://h/x.pdf"), env=env).to_part() == {
        "type": "input_file",
        "file_url": "https://h/x.pdf",
    }
    assert attach(FromUpload("assistant-1"), "image", env=env).to_part() == {
        "type": "input_image",
        "detail": "auto",
        "file_id": "assistant-1",
    }
    assert attach(FromUpload("assistant-1"), env=env).way == Uploaded("assistant-1")


def test_a_private_key_is_never_attached(tmp_path: Path) -> None:
    key = tmp_path / "id_rsa"
    key.write_bytes(b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n")
    for wanted in (None, "image", "file"):
        with pytest.raises(UsageError, match="a private key, which is never sent"):
            attach(FromPath(key), wanted, env={})


def test_stdin_that_is_not_there_is_explained() -> None:
    with pytest.raises(UsageError, match="nothing on stdin"):
        attach(FromStdin(), env={})
    with pytest.raises(UsageError, match="stdin is empty"):
        attach(FromStdin(), env={}, stdin=io.BytesIO())


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _env(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", **more}


@pytest.mark.parametrize(
    ("name", "more", "platform", "script"),
    [
        ("wl-paste", {"WAYLAND_DISPLAY": "wayland-0"}, "linux", '[ "$3" = image/png ] && cat "$DATA"'),
        ("wl-paste", {"WAYLAND_DISPLAY": "wayland-0"}, "linux", '[ "$3" = image/webp ] && cat "$DATA"'),
        ("xclip", {"DISPLAY": ":0"}, "linux", '[ "$4" = image/png ] && cat "$DATA"'),
        ("pngpaste", {}, "darwin", 'cat "$DATA"'),
        (
            "osascript",
            {},
            "darwin",
            "printf '«data PNGf'; od -An -v -tx1 \"$DATA\" | tr -d ' \\n' | tr a-f A-F; printf '»\\n'",
        ),
        ("powershell.exe", {"WSL_DISTRO_NAME": "Debian"}, "linux", 'cat "$DATA"'),
    ],
)
def test_the_clipboard_is_asked_through_the_desktops_program(
    name: str, more: dict[str, str], platform: str, script: str, tmp_path: Path
) -> None:
    (tmp_path / "data.png").write_bytes(PNG)
    _program(tmp_path, name, script)
    env = _env(tmp_path, DATA=str(tmp_path / "data.png"), **more)
    assert read_clipboard(env, 10_000, platform) == PNG
    if platform == "linux":
        assert attach(FromClipboard(), "image", env=env).name == "clipboard.png"


@pytest.mark.parametrize("script", ["exit 1", "exit 0", "echo just text"])
def test_a_clipboard_without_a_picture_says_so(script: str, tmp_path: Path) -> None:
    _program(tmp_path, "wl-paste", script)
    with pytest.raises(UsageError, match="no picture in the clipboard"):
        read_clipboard(_env(tmp_path, WAYLAND_DISPLAY="w"), 10_000, "linux")


def test_without_a_program_for_it_the_clipboard_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as caught:
        read_clipboard({"PATH": str(tmp_path), "DISPLAY": ":0"}, 10_000, "linux")
    assert caught.value.hint == "Install xclip, or give the picture's path."
    with pytest.raises(LocalError, match="no program for it was found"):
        read_clipboard({"PATH": str(tmp_path)}, 10_000, "linux")


def test_a_clipboard_program_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from azresp.media import clipboard

    monkeypatch.setattr(clipboard, "PATIENCE_S", 0.2)
    _program(tmp_path, "xclip", "exec sleep 60")
    with pytest.raises(LocalError, match="timed out"):
        read_clipboard(_env(tmp_path, DISPLAY=":0"), 10_000, "linux")


def test_a_clipboard_that_holds_too_much_is_refused(tmp_path: Path) -> None:
    _program(tmp_path, "xclip", "head -c 3000000 /dev/zero")
    with pytest.raises(UsageError, match="the picture in the clipboard is 3 MB"):
        read_clipboard(_env(tmp_path, DISPLAY=":0"), 1_000_000, "linux")
