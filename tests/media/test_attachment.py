"""How an attachment goes to the service, its limits, and base64 in pieces."""

from __future__ import annotations

import base64
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.errors import UsageError
from azresp.media import encoding
from azresp.media.attachment import (
    INLINE_UP_TO,
    MAX_BYTES,
    Attachment,
    Inline,
    Linked,
    Uploaded,
    attached,
    demand_fitting,
)
from azresp.media.encoding import BadBase64, decoded, encoded, encoded_size
from tests.media.samples import picture


@given(st.binary(max_size=200), st.sampled_from(["", "data:image/png;base64,"]))
def test_encoding_is_that_of_the_standard_library(data: bytes, prefix: str) -> None:
    assert encoded(data, prefix) == prefix + base64.b64encode(data).decode()
    assert encoded_size(len(data)) == len(encoded(data))


@given(st.integers(-4, 4), st.integers(0, 3))
def test_pieces_fit_together(beside: int, times: int) -> None:
    data = bytes(i * 7 & 255 for i in range(max(encoding._PIECE * times + beside, 0)))
    text = base64.b64encode(data).decode()
    assert encoded(data) == text
    assert b"".join(decoded(text)) == data


@given(st.binary(max_size=300), st.data())
def test_base64_with_line_breaks_is_understood(data: bytes, draw: st.DataObject) -> None:
    text = base64.encodebytes(data).decode().replace("\n", draw.draw(st.sampled_from(["\n", "\r\n", " \t"])))
    assert b"".join(decoded(text)) == data


@pytest.mark.parametrize(
    "text", ["A", "AB", "ABC", "AB=C", "AAAA====", "ABCD*", "é", "\ud800", "AA==AAAA", "-_--"]
)
def test_damaged_base64_is_refused(text: str) -> None:
    with pytest.raises(BadBase64):
        list(decoded(text))


def test_base64_that_ends_in_the_middle_is_refused_late() -> None:
    whole = base64.b64encode(bytes(encoding._PIECE * 2)).decode()
    middle = len(whole) // 2
    spoilt = whole[: middle - 4] + "AA==" + whole[middle:]
    pieces = decoded(spoilt)
    with pytest.raises(BadBase64):
        list(pieces)


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    try:
        data = b"".join(decoded(text))
    except BadBase64:
        return
    assert encoded_size(len(data)) == len("".join(text.split()))


def test_encoding_takes_hardly_more_memory_than_its_text() -> None:
    data = bytes(30_000_000)
    tracemalloc.start()
    try:
        text = encoded(data, "data:image/png;base64,")
        assert tracemalloc.get_traced_memory()[1] < len(text) * 1.1
    finally:
        tracemalloc.stop()


def test_decoding_holds_one_piece_at_a_time() -> None:
    text = "A" * 40_000_000
    tracemalloc.start()
    try:
        assert sum(len(piece) for piece in decoded(text)) == 30_000_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def _heavy(size: int, name: str = "a.png") -> Attachment:
    # Its bytes are never looked at: only what they weigh counts.
    return Attachment(name, "image", Inline(b""), "image/png", size, 9, 9)


def test_auto_uploads_what_is_large() -> None:
    assert not _heavy(INLINE_UP_TO).to_upload
    assert _heavy(INLINE_UP_TO + 1).to_upload
    assert not Attachment("a", "image", Linked("https://h/a"), size=INLINE_UP_TO + 1).to_upload


def test_an_uploaded_picture_weighs_its_id() -> None:
    one = _heavy(20_000_000).uploaded("assistant-1")
    assert (one.way, one.weight, one.purpose) == (Uploaded("assistant-1"), 11, "vision")
    assert one.to_part() == {"type": "input_image", "detail": "auto", "file_id": "assistant-1"}
    assert Attachment("a.pdf", "file", Uploaded("f")).purpose == "assistants"


@pytest.mark.parametrize(
    ("attachments", "said"),
    [
        ([_heavy(1)] * 101, "101 pictures are attached"),
        (
            [_heavy(38_000_000, "big.png")],
            "the attachments take 50.7 MB in base64, and a request may have 50 MB",
        ),
        ([_heavy(10_000_000)] * 4, "the attachments take 53.3 MB in base64, and a request may have 50 MB"),
        ([_heavy(MAX_BYTES + 1).uploaded("f")], "a.png is 50 MB"),
    ],
)
def test_what_does_not_fit_in_a_request_is_told_before_it_is_sent(
    attachments: list[Attachment], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        demand_fitting(attachments)
    assert caught.value.what == said
    assert caught.value.hint


@pytest.mark.parametrize(
    "attachments",
    [
        [_heavy(1)] * 100 + [Attachment("a.pdf", "file", Uploaded("f"))] * 50,
        [_heavy(36_000_000)],
        [_heavy(MAX_BYTES - 1).uploaded("f")] * 3,
        [],
    ],
)
def test_what_fits_passes(attachments: list[Attachment]) -> None:
    demand_fitting(attachments)


def test_the_heaviest_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        demand_fitting([_heavy(5_000_000), _heavy(34_000_000, "big.png")])
    assert caught.value.hint == "Upload big.png (34 MB), or drop something."


def test_bytes_beyond_the_limit_are_not_even_looked_at() -> None:
    with pytest.raises(UsageError, match=r"^a\.png is 50 MB$"):
        attached(bytes(MAX_BYTES + 1), "a.png")


def test_a_mask_has_the_forms_of_a_picture() -> None:
    png = picture("PNG")
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    assert attached(png, "a.png").to_mask() == {"image_url": url}
    assert attached(png, "a.png").uploaded("assistant-1").to_mask() == {"file_id": "assistant-1"}


def test_an_attachment_does_not_print_its_bytes() -> None:
    assert "PNG\\r" not in repr(attached(picture("PNG"), "a.png"))


def test_parts_are_those_of_the_contract(shared: Any) -> None:
    import json

    import jsonschema

    spec = json.loads((shared / "contract/openai.openapi.json").read_bytes())
    parts = {
        "InputImageContent": [
            attached(picture("PNG"), "a.png", detail="high"),
            Attachment("a", "image", Linked("https://h/a.png")),
            Attachment("a", "image", Uploaded("assistant-1"), detail="low"),
        ],
        "InputFileContent": [
            attached(b"text", "a.txt"),
            Attachment("a", "file", Linked("https://h/a.pdf")),
            Attachment("a", "file", Uploaded("assistant-1")),
        ],
    }
    for name, attachments in parts.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}
        for one in attachments:
            jsonschema.validate(one.to_part(), schema)
            allowed = set(spec["components"]["schemas"][name]["properties"])
            assert set(one.to_part()) <= allowed
