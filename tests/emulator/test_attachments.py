"""Pictures and files in messages: really read, answered from, and refused in the service's words."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from azresp.emulator import Emulator, Settings
from azresp.emulator.files.text import Unreadable, read_document
from azresp.emulator.pictures.look import Look, look
from azresp.emulator.refusals import Refused
from tests.emulator.contract import Contract
from tests.emulator.forms import upload
from tests.emulator.samples import data_url, pdf, picture, word
from tests.emulator.wire import Answer, call, create

CSV = b"region,q3\nNorth,150\nMidwest,264\n"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def small() -> Iterator[Emulator]:
    """Takes pictures and files of 5000 bytes in all."""
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, max_input_bytes=5000)) as running:
        yield running


def said(*parts: dict[str, Any], text: str = "what is this?") -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "input_text", "text": text}, *parts]}]


def image(data: bytes, type_: str = "image/png", **more: Any) -> dict[str, Any]:
    return {"type": "input_image", "image_url": data_url(data, type_), **more}


def file(data: bytes, name: str, type_: str) -> dict[str, Any]:
    return {"type": "input_file", "filename": name, "file_data": data_url(data, type_)}


def text_of(answer: Answer) -> str:
    assert answer.status == 200, answer.body
    return str(answer.json["output"][-1]["content"][0]["text"])


@pytest.mark.parametrize(
    ("data", "type_", "expected"),
    [
        (picture("red", (640, 480)), "image/png", "PNG, 640 × 480, dominant colours: red; detail auto."),
        (
            picture("blue", (300, 20), "JPEG"),
            "image/jpeg",
            "JPEG, 300 × 20, dominant colours: blue; detail auto.",
        ),
        (
            picture("green", (31, 33), "WEBP"),
            "image/webp",
            "WEBP, 31 × 33, dominant colours: green; detail auto.",
        ),
        (picture("white", (5, 6), "GIF"), "image/gif", "GIF, 5 × 6, dominant colours: white; detail auto."),
    ],
)
def test_a_picture_is_described_by_what_is_in_it(
    emulator: Emulator, data: bytes, type_: str, expected: str
) -> None:
    assert text_of(create(emulator, said(image(data, type_)))) == f"- Picture 1: {expected}"


def test_several_pictures_in_all_three_forms_are_told_apart(emulator: Emulator) -> None:
    stored = upload(emulator, picture("yellow", (7, 8)), "y.png", purpose="vision").json["id"]
    parts = (
        image(picture("black"), detail="low"),
        {"type": "input_image", "image_url": "https://example.invalid/a.png"},
        {"type": "input_image", "file_id": stored, "detail": "high"},
    )
    assert text_of(create(emulator, said(*parts))) == (
        "- Picture 1: PNG, 64 × 48, dominant colours: black; detail low.\n"
        "- Picture 2 at https://example.invalid/a.png: not fetched, this emulator opens no address.\n"
        "- Picture 3: PNG, 7 × 8, dominant colours: yellow; detail high."
    )


def test_a_later_question_is_answered_from_the_earlier_picture(emulator: Emulator) -> None:
    first = create(emulator, said(image(picture("pink")))).json
    later = create(emulator, "how large was the picture?", previous_response_id=first["id"])
    assert text_of(later).startswith("From earlier in this conversation:\n\n- Picture 1: PNG, 64 × 48")
    other = create(emulator, "what is 2 + 2?", previous_response_id=first["id"])
    assert "4" in text_of(other) and "Picture" not in text_of(other)


def test_a_pdf_is_read_page_by_page(emulator: Emulator) -> None:
    part = file(pdf("Travis likes pizza.", "Nobody likes Mondays."), "food.pdf", "application/pdf")
    assert text_of(create(emulator, said(part, text="what does Travis like?"))) == (
        "- File 1: `food.pdf`, PDF, 2 pages, 6 words.\n\n"
        "What fits your question best in `food.pdf`:\n\n> Travis likes pizza."
    )
    assert "has **2** pages." in text_of(create(emulator, said(part, text="how many pages does it have?")))
    assert "`food.pdf` begins:\n\n> Travis likes pizza." in text_of(
        create(emulator, said(part, text="summarize this"))
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (file(CSV, "q.csv", "text/csv"), "> Midwest,264"),
        (
            file(word("The Midwest meets in Oslo &amp; Rome"), "m.docx", DOCX),
            "> The Midwest meets in Oslo & Rome",
        ),
        (file("Überall Midwest".encode(), "u.md", "text/markdown"), "> Überall Midwest"),
    ],
)
def test_text_documents_are_read(emulator: Emulator, part: dict[str, Any], expected: str) -> None:
    assert text_of(create(emulator, said(part, text="tell me of the Midwest"))).endswith(expected)


def test_an_uploaded_file_is_read_by_its_id_and_an_address_is_not(emulator: Emulator) -> None:
    stored = upload(emulator, CSV, "q.csv").json["id"]
    answer = text_of(create(emulator, said({"type": "input_file", "file_id": stored})))
    assert answer.startswith("- File 1: `q.csv`, text, 3 words.")
    far = {"type": "input_file", "file_url": "https://example.invalid/a.pdf"}
    assert "File 1 at https://example.invalid/a.pdf: not fetched" in text_of(create(emulator, said(far)))


def test_pictures_and_files_cost_tokens(emulator: Emulator) -> None:
    def spent(*parts: dict[str, Any]) -> int:
        return int(create(emulator, said(*parts)).json["usage"]["input_tokens"])

    plain = spent()
    assert spent(image(picture(size=(1024, 1024)))) - plain == 85 + 4 * 170
    assert spent(image(picture(size=(1024, 1024)), detail="low")) - plain == 85
    assert spent(file(pdf("one", "two"), "a.pdf", "application/pdf")) - plain == 600 + 3


@pytest.mark.parametrize(
    ("size", "detail", "tokens"),
    [
        ((2048, 4096), "high", 1105),
        ((4096, 8192), "low", 85),
        ((512, 512), "high", 255),
        ((10, 10), "auto", 255),
    ],
)
def test_tiles_are_counted_as_documented(size: tuple[int, int], detail: str, tokens: int) -> None:
    assert Look("PNG", *size, ()).tokens(detail) == tokens


EXPECTED = (
    "Invalid 'input[0].content[1].image_url'. Expected a base64-encoded data URL with an image MIME type (e.g. "
    "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got "
)
NO_PICTURE = (
    "The image data you provided does not represent a valid image. Please check your input and try again with one of "
    "the supported image formats: ['image/jpeg', 'image/png', 'image/gif', 'image/webp']."
)
URL, ID = "input[0].content[1].image_url", "input[0].content[1].file_id"


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (
            {"image_url": "data:image/bmp;base64,AA=="},
            (EXPECTED + "unsupported MIME type 'image/bmp'.", URL, "invalid_value"),
        ),
        (
            {"image_url": "data:image/png;base64,A!=="},
            (EXPECTED + "an invalid base64-encoded value.", URL, "invalid_value"),
        ),
        (
            {"image_url": "data:image/png;base64,"},
            (EXPECTED + "empty base64-encoded bytes.", URL, "invalid_value"),
        ),
        (
            {"image_url": "data:image/png,raw"},
            (EXPECTED + "a value without the ';base64' separator.", URL, "invalid_value"),
        ),
        (
            {"image_url": "iVBORw0KGgo"},
            (
                f"Invalid '{URL}'. Expected a valid URL, but got a value with an invalid format.",
                URL,
                "invalid_value",
            ),
        ),
        ({"image_url": data_url(b"<svg/>")}, (NO_PICTURE, "input", "invalid_value")),
        ({"image_url": data_url(picture()[:60])}, (NO_PICTURE, "input", "invalid_value")),
        ({"image_url": data_url(picture(format_="BMP"))}, (NO_PICTURE, "input", "invalid_value")),
        ({"file_id": "assistant-none"}, ("No such File object: assistant-none", ID, "image_file_not_found")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_is_no_picture_is_refused_in_the_services_words(
    emulator: Emulator, part: dict[str, Any], error: tuple[str, str, str]
) -> None:
    answer = create(emulator, said({"type": "input_image", **part}))
    message, param, code = error
    expected = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (answer.status, answer.json["error"]) == (400, expected)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (image(picture(format_="GIF", frames=3), "image/gif"), "invalid_image_format"),
        (image(picture(format_="WEBP", frames=3), "image/webp"), "invalid_image_format"),
        (image(picture(), detail="tiny"), "invalid_value"),
        ({**image(picture()), "file_id": "assistant-1"}, "mutually_exclusive_parameters"),
        ({"type": "input_file", "file_data": data_url(CSV, "text/csv")}, "missing_required_parameter"),
        ({"type": "input_file", "filename": "a.txt", "file_data": "aGVsbG8="}, "invalid_value"),
        ({"type": "input_file", "file_id": "assistant-none"}, "file_not_found"),
        ({"type": "input_file", "file_url": "ftp://x/y.pdf"}, "invalid_value"),
        ({"type": "input_file", "file_url": "https://example.invalid/a.mp3"}, "unsupported_file"),
        (file(b"%PDF-1.4 broken", "a.pdf", "application/pdf"), "unsupported_file"),
        (file(picture(), "a.txt", "text/plain"), "unsupported_file"),
        (file(b"PK\x03\x04no", "a.docx", DOCX), "unsupported_file"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_other_attachments_are_refused_with_the_services_code(
    emulator: Emulator, part: dict[str, Any], code: str
) -> None:
    answer = create(emulator, said(part))
    assert (answer.status, answer.json["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "case",
    [
        "pydai-multimodal-tool-return-matrix-tool-return-content-url-force-down--02",
        "pydai-multimodal-tool-return-matrix-direct-url-audio-openai-responses--02",
    ],
)
def test_recorded_refusals_of_files_are_reproduced(emulator: Emulator, shared: Any, case: str) -> None:
    folder = shared / "recordings" / case
    items = json.loads((folder / "request.json").read_text())["body"]["input"]
    items = [item for item in items if item.get("type") != "reasoning"]
    expected = json.loads((folder / "response.json").read_text())
    expected["error"]["message"] = expected["error"]["message"].replace("input[4]", "input[3]")
    expected["error"]["param"] = expected["error"]["param"].replace("input[4]", "input[3]")
    answer = create(emulator, items)
    assert (answer.status, answer.json) == (400, expected)


def test_a_small_file_that_claims_to_be_enormous_is_not_decoded(emulator: Emulator) -> None:
    data = bytearray(picture(size=(1, 1)))
    data[16:24] = (60_000).to_bytes(4, "big") + (60_000).to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    answer = create(emulator, said(image(bytes(data))))
    assert (answer.status, answer.json["error"]["code"]) == (400, "image_too_large")


def test_size_and_number_are_limited(small: Emulator) -> None:
    noise = io.BytesIO()
    Image.effect_noise((64, 48), 90).save(noise, "PNG")
    one = image(noise.getvalue())
    assert create(small, said(one)).status == 200
    assert create(small, said(one, one)).json["error"]["code"] == "file_too_large"
    big = io.BytesIO()
    Image.effect_noise((128, 64), 90).save(big, "PNG")
    assert create(small, said(image(big.getvalue()))).json["error"]["code"] == "image_file_too_large"
    id_ = upload(small, big.getvalue(), "big.png", purpose="vision").json["id"]
    assert create(small, said({"type": "input_image", "file_id": id_})).status == 400
    many = [image(picture(size=(1, 1)))] * 101
    assert create(small, said(*many)).json["error"]["code"] in ("too_many_images", "file_too_large")


def test_a_picture_in_the_output_of_a_function_is_read_too(emulator: Emulator) -> None:
    call = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
    bad = {"type": "input_image", "image_url": "nonsense"}
    answer = create(emulator, [call, {"type": "function_call_output", "call_id": "call_1", "output": [bad]}])
    assert answer.json["error"]["param"] == "input[1].output[0].image_url"


def test_answers_about_attachments_keep_the_contract(emulator: Emulator, contract: Contract) -> None:
    for event in create(emulator, said(image(picture())), stream=True).events:
        contract.check_event(event)


@pytest.mark.parametrize(
    ("library", "package", "part"),
    [("PIL", "pillow", image(picture())), ("pypdf", "pypdf", file(pdf("x"), "a.pdf", "application/pdf"))],
)
def test_a_missing_library_is_named_and_nothing_crashes(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, library: str, package: str, part: dict[str, Any]
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    answer = create(emulator, said(part))
    assert answer.status == 500
    assert (
        f"the package {package} is missing. pip install 'azresp[emulator]' adds it."
        in answer.json["error"]["message"]
    )
    assert create(emulator, "hello").status == 200


def test_a_large_picture_is_copied_only_a_few_times(emulator: Emulator) -> None:
    noise = io.BytesIO()
    Image.effect_noise((2600, 2600), 120).convert("RGB").save(noise, "PNG", compress_level=0)
    asked = json.dumps({"model": "gpt-4o", "input": said(image(noise.getvalue())), "store": False}).encode()
    noise.close()
    tracemalloc.start()
    try:
        answer = call(emulator, "POST", "/responses", asked)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert text_of(answer) == "- Picture 1: PNG, 2600 × 2600, dominant colours: grey; detail auto."
    assert len(asked) > 27_000_000
    assert peak < 5 * len(asked)


def _harmed(data: bytes, cuts: list[tuple[int, int]]) -> bytes:
    """Some bytes changed, some left out."""
    harmed = bytearray(data)
    for place, value in cuts:
        at = place % len(harmed)
        if value < 256:
            harmed[at] = value
        else:
            del harmed[at : at + value - 255]
            harmed = harmed or bytearray(b"\0")
    return bytes(harmed)


WHOLE = {
    **{name: picture(size=(9, 9), format_=name) for name in ("PNG", "JPEG", "WEBP", "GIF")},
    "animation": picture(format_="GIF", frames=3),
    "PDF": pdf("Hello", "there"),
    "Word": word("Hello"),
}


@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 300)), min_size=1, max_size=12),
)
def test_damaged_files_are_refused_or_read_and_nothing_else(kind: str, cuts: list[tuple[int, int]]) -> None:
    data = _harmed(WHOLE[kind], cuts)
    with contextlib.suppress(Refused):
        look(data)
    with contextlib.suppress(Unreadable):
        read_document(data)
