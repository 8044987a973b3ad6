"""What a file is, by its bytes: extensions lie, headers are measured, nothing is decoded."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.errors import UsageError
from azresp.media.kind import Kind, recognise
from tests.media.samples import PDF, animation, bomb, picture

PICTURES = {
    "png": (picture("PNG"), Kind("image/png", 40, 30)),
    "png with palette": (picture("PNG", mode="P"), Kind("image/png", 40, 30)),
    "jpeg": (picture("JPEG"), Kind("image/jpeg", 40, 30)),
    "progressive jpeg": (picture("JPEG", (333, 77), progressive=True), Kind("image/jpeg", 333, 77)),
    "jpeg with exif": (picture("JPEG", exif=b"Exif\0\0" + b"\xff\xd9" * 300), Kind("image/jpeg", 40, 30)),
    "webp": (picture("WEBP"), Kind("image/webp", 40, 30)),
    "lossless webp": (picture("WEBP", (301, 9), lossless=True), Kind("image/webp", 301, 9)),
    "webp with exif": (picture("WEBP", exif=b"Exif\0\0II*\0"), Kind("image/webp", 40, 30)),
    "gif": (picture("GIF", mode="P"), Kind("image/gif", 40, 30)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_known_and_measured_whatever_they_are_called(name: str) -> None:
    data, kind = PICTURES[name]
    assert recognise(data, "x.txt") == kind
    assert recognise(data, "x.svg", "image") == kind
    assert recognise(data + b"PK\3\4 %PDF-1.4 <script>", "polyglot.zip") == kind


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_cut_anywhere_is_refused(name: str) -> None:
    data, _ = PICTURES[name]
    for at in range(12, len(data) - 1, max(len(data) // 60, 1)):
        with pytest.raises(UsageError, match="cut off or damaged"):
            recognise(data[:at], "a.png", "image")


def test_an_animation_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match=r"^a\.gif is an animation, and the service takes only"):
        recognise(animation(), "a.gif")


def test_a_decompression_bomb_is_measured_not_decoded() -> None:
    data = bomb()
    tracemalloc.start()
    try:
        assert recognise(data, "bomb.png") == Kind("image/png", 60_000, 60_000)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def _zip(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<xml/>" * 40)
    return out.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."
TEXTS = [
    (PDF, "a.bin", "application/pdf"),
    (b"\n" + PDF, "a.pdf", "application/pdf"),
    (b"plain", "notes", "text/plain"),
    (b"plain", "server.log", "text/plain"),
    (b"# title", "README.MD", "text/markdown"),
    (b"a,b\n", "t.csv", "text/csv"),
    (b"{}", "t.json", "application/json"),
    (b"BM is how this text begins", "a.txt", "text/plain"),
    (b"MZ too", "a.txt", "text/plain"),
    ("Grüße, 世界".encode(), "a.txt", "text/plain"),
    (b"\xef\xbb\xbfmark", "a.txt", "text/plain"),
    ("UTF-16 with mark".encode("utf-16"), "a.txt", "text/plain"),
    (_zip("[Content_Types].xml", "word/document.xml"), "a.docx", f"{OFFICE}wordprocessingml.document"),
    (_zip("[Content_Types].xml", "xl/workbook.xml"), "a.zip", f"{OFFICE}spreadsheetml.sheet"),
    (_zip("[Content_Types].xml", "ppt/presentation.xml"), "a", f"{OFFICE}presentationml.presentation"),
]


@pytest.mark.parametrize(("data", "name", "mime"), TEXTS)
def test_documents_are_known(data: bytes, name: str, mime: str) -> None:
    assert recognise(data, name, "file") == Kind(mime)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (
            b'<?xml version="1.0"?>\n<!-- a --><!-- b -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            "an SVG drawing",
        ),
        (b"<svg onload=alert(1)>", "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "an AVIF image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a film or recording (MP4)"),
        (picture("TIFF"), "a TIFF image"),
        (picture("BMP"), "a BMP image"),
        (_zip("a.txt"), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office file"),
        (b"\x7fELF\2\1\1" + bytes(60), "a program (ELF)"),
        (b"SQLite format 3\0" + bytes(60), "an SQLite database"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n", "a private key, which is never sent"),
        (bytes(range(256)), "in no format that is known"),
        (b"text, then \xff\xfe", "in no format that is known"),
        (b"text with \0 in it", "in no format that is known"),
        (b"\xff\xfeodd", "in no format that is known"),
        (b"%PDF-1.4\nbut no end", "a PDF that is cut off"),
        (b"\x89PNG\r\n\x1a\n", "a PNG that is cut off or damaged"),
        (b"\xff\xd8\xff\xd9", "a JPEG that is cut off or damaged"),
        (b"GIF89a" + bytes(7) + b"\x3b", "a GIF that is cut off or damaged"),
    ],
)
def test_what_can_not_be_sent_is_named_and_refused(data: bytes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        recognise(data, "x.png")
    assert caught.value.what.startswith("x.png is ")
    assert said in caught.value.what
    assert caught.value.hint


def test_a_key_given_as_a_picture_is_refused_with_the_formats_that_are_taken() -> None:
    with pytest.raises(UsageError) as caught:
        recognise(b"ssh-ed25519 AAAA me@here\n", "id.pub", "image")
    assert caught.value.what == "id.pub is no picture but text/plain"
    assert "PNG, JPEG, WebP and GIF" in caught.value.hint


def test_a_picture_given_as_a_file_is_pointed_to_the_right_door() -> None:
    with pytest.raises(UsageError, match="is a picture"):
        recognise(picture("PNG"), "a.png", "file")


def test_a_row_of_comments_is_looked_at_in_no_time() -> None:
    assert recognise(b"<!---->" * 600, "a.xml") == Kind("text/xml")


HEADS = [data[:12] for data, _ in PICTURES.values()] + [b"%PDF-", b"PK\3\4", b"", b"\0\0\0\x18ftyp"]


@given(st.sampled_from(HEADS), st.binary(max_size=200))
def test_any_bytes_are_recognised_or_refused(head: bytes, rest: bytes) -> None:
    try:
        kind = recognise(head + rest, "x")
    except UsageError as error:
        assert error.what.startswith("x is ")
    else:
        assert (kind.width > 0) == kind.image


@given(st.sampled_from(sorted(PICTURES)), st.data())
def test_a_picture_with_a_spoilt_byte_never_crashes(name: str, draw: st.DataObject) -> None:
    data = bytearray(PICTURES[name][0])
    data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        recognise(bytes(data), "x")
    except UsageError as error:
        assert error.what.startswith("x is ")


def test_recorded_files_are_what_the_recordings_say(shared: Path) -> None:
    import base64
    import json
    import re

    seen = set()
    for folder in sorted((shared / "recordings").iterdir()):
        if not (folder / "request.json").is_file():
            continue
        text = (folder / "request.json").read_text(encoding="utf-8")
        for mime, body in re.findall(r'"data:([a-z]+/[^;"]+);base64,([^"]+)"', json.dumps(json.loads(text))):
            if mime.startswith("audio/"):
                continue
            data = base64.b64decode(body)
            assert recognise(data, {"text/csv": "x.csv"}.get(mime, "x")).mime == mime, folder.name
            seen.add(mime)
    assert {"image/png", "application/pdf", "text/csv", f"{OFFICE}wordprocessingml.document"} <= seen
