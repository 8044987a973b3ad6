"""image_generation: real pictures, in the recorded orders, drawn, edited and masked."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from azresp.emulator import Emulator, Settings
from azresp.emulator.pictures.colours import nearest
from azresp.emulator.pictures.look import look
from tests.emulator.contract import Contract
from tests.emulator.forms import upload
from tests.emulator.samples import data_url, opened, picture
from tests.emulator.wire import Answer, call, events_of

HEADER = {"x-ms-oai-image-generation-deployment": "gpt-image-1"}


@pytest.fixture(scope="module")
def openai() -> Iterator[Emulator]:
    """Sends the events of image generation in OpenAI's order."""
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, image_order="openai")) as running:
        yield running


def ask(emulator: Emulator, said: Any, tool: dict[str, Any] | None = None, **body: Any) -> Answer:
    asked = {
        "model": "gpt-4o",
        "input": said,
        "tools": [{"type": "image_generation", "quality": "low", **(tool or {})}],
        **body,
    }
    return call(emulator, "POST", "/responses", asked, HEADER)


def made(answer: Answer) -> dict[str, Any]:
    """The one picture of an answer."""
    assert answer.status == 200, answer.body
    (item,) = [item for item in answer.json["output"] if item["type"] == "image_generation_call"]
    return dict(item)


def shown(said: str, data: bytes, **more: Any) -> list[dict[str, Any]]:
    part = {"type": "input_image", "image_url": data_url(data), **more}
    return [{"role": "user", "content": [{"type": "input_text", "text": said}, part]}]


def ruling(result: str) -> str:
    return look(base64.b64decode(result)).colours[0]


def types_of(answer: Answer) -> list[str]:
    return [type_ for type_, _ in groupby(answer.types)]


def test_azure_sends_one_partial_picture_unasked_and_no_end_event(emulator: Emulator) -> None:
    answer = ask(emulator, "draw a red cat", stream=True)
    assert types_of(answer)[2:7] == [
        "response.output_item.added",
        "response.image_generation_call.in_progress",
        "response.image_generation_call.generating",
        "response.image_generation_call.partial_image",
        "response.output_item.done",
    ]
    assert "response.image_generation_call.completed" not in answer.types
    added, done = (
        next(e for e in answer.events if e["type"] == f"response.output_item.{w}") for w in ("added", "done")
    )
    assert added["item"] == {
        "id": done["item"]["id"],
        "type": "image_generation_call",
        "status": "in_progress",
    }
    assert done["item"]["status"] == "generating"
    assert answer.events[-1]["response"]["output"][0] == done["item"]


def test_openai_order_is_the_recorded_one(openai: Emulator, shared: Path) -> None:
    folder = shared / "recordings" / "langchain-image-generation-streaming--01"
    body = json.loads((folder / "request.json").read_text())["body"]
    answer = call(openai, "POST", "/responses", body, HEADER)
    recorded = list(events_of((folder / "response.sse").read_bytes()))
    assert types_of(answer) == [type_ for type_, _ in groupby(event["type"] for event in recorded)]
    for type_ in ("response.image_generation_call.partial_image", "response.output_item.done"):
        mine = next(e for e in answer.events if e["type"] == type_)
        theirs = next(e for e in recorded if e["type"] == type_)
        assert set(theirs) == set(mine)
        assert set(theirs.get("item", {})) <= set(mine.get("item", {}))


@pytest.mark.parametrize("azure", [True, False])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5"])
def test_every_event_and_response_keeps_the_contract(
    emulator: Emulator, openai: Emulator, contract: Contract, azure: bool, model: str
) -> None:
    server = emulator if azure else openai
    for event in ask(server, "draw a tree", {"partial_images": 2}, stream=True, model=model).events:
        contract.check_event(event)
    contract.check_response(ask(server, "draw a tree", model=model).json)


def test_the_item_has_the_recorded_fields(emulator: Emulator, shared: Path) -> None:
    recorded = json.loads(
        (shared / "recordings" / "oaidotnet-imagegentoolwithaction--01" / "response.json").read_text()
    )
    answer = ask(emulator, "draw a house", {"background": "transparent", "quality": "high"})
    item, theirs = made(answer), recorded["output"][0]
    assert list(item) == list(theirs)
    assert {key: item[key] for key in item if key not in ("id", "status", "result", "revised_prompt")} == {
        key: theirs[key] for key in theirs if key not in ("id", "status", "result", "revised_prompt")
    }
    assert answer.json["tools"] == recorded["tools"]
    usage = answer.json["tool_usage"]["image_gen"]
    assert (usage["output_tokens"], usage["output_tokens_details"]["image_tokens"]) == (4160, 4160)


@pytest.mark.parametrize(
    ("tool", "format_", "size", "mode"),
    [
        ({}, "PNG", (1024, 1024), "RGBA"),
        ({"output_format": "jpeg", "size": "1024x1536"}, "JPEG", (1024, 1536), "RGB"),
        (
            {"output_format": "webp", "size": "1536x1024", "output_compression": 30},
            "WEBP",
            (1536, 1024),
            "RGB",
        ),
    ],
)
def test_the_picture_is_of_the_asked_kind_and_size(
    emulator: Emulator, tool: dict[str, Any], format_: str, size: tuple[int, int], mode: str
) -> None:
    result = opened(made(ask(emulator, "draw a star", tool))["result"])
    assert (result.format, result.size) == (format_, size)
    assert result.mode == mode


def test_compression_makes_it_smaller(emulator: Emulator) -> None:
    def size(compression: int) -> int:
        tool = {"output_format": "jpeg", "output_compression": compression, "quality": "high"}
        return len(made(ask(emulator, "draw anything", tool))["result"])

    assert size(5) < size(50) < size(95)


def test_the_same_prompt_draws_the_same_picture_and_another_one_another(emulator: Emulator) -> None:
    first, again, other = (
        made(ask(emulator, f"draw {what}"))["result"] for what in ("a cat", "a cat", "a dog")
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("colour", ["red", "green", "blue"])
def test_the_prompts_colour_is_in_the_picture(emulator: Emulator, colour: str) -> None:
    result = made(ask(emulator, f"draw a {colour} circle"))["result"]
    assert colour in look(base64.b64decode(result)).colours


def test_a_transparent_background_can_be_seen_through(emulator: Emulator) -> None:
    item = made(ask(emulator, "draw a heart", {"background": "transparent"}))
    assert item["background"] == "transparent"
    assert opened(item["result"]).getchannel("A").getextrema() == (0, 255)
    assert opened(made(ask(emulator, "draw a heart"))["result"]).getchannel("A").getextrema() == (255, 255)


@pytest.mark.parametrize("asked", [0, 1, 2, 3])
def test_partial_pictures_come_as_asked_and_grow_finer(emulator: Emulator, asked: int) -> None:
    events = ask(emulator, "draw a house", {"partial_images": asked}, stream=True).events
    partial = [e for e in events if e["type"].endswith("partial_image")]
    assert [e["partial_image_index"] for e in partial] == list(range(asked))
    final = next(e["item"]["result"] for e in events if e["type"] == "response.output_item.done")
    pictures = [opened(part).convert("RGB") for part in [*(e["partial_image_b64"] for e in partial), final]]
    away = [ImageStat.Stat(ImageChops.difference(one, pictures[-1])).sum[0] for one in pictures]
    assert away == sorted(away, reverse=True)
    assert len(set(away)) == asked + 1
    assert {one.size for one in pictures} == {(1024, 1024)}


def test_make_it_blue_goes_on_from_the_last_picture_by_chaining(emulator: Emulator) -> None:
    first = ask(emulator, "draw a red cat").json
    second = ask(emulator, "make it blue", previous_response_id=first["id"])
    item = made(second)
    assert item["action"] == "edit"
    assert ruling(item["result"]) == "blue"
    assert "edited" in second.json["output"][-1]["content"][0]["text"]
    third = made(ask(emulator, "now make it green", previous_response_id=second.json["id"]))
    assert ruling(third["result"]) == "green"
    assert third["result"] != item["result"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_picture_sent_again_is_the_base_with_its_result_or_by_its_id(
    emulator: Emulator, whole: bool
) -> None:
    first = ask(emulator, "draw a red cat", store=not whole).json
    item = first["output"][0]
    again = item if whole else {"type": "image_generation_call", "id": item["id"]}
    said = [
        {"role": "user", "content": "draw a red cat"},
        again,
        {"role": "user", "content": "make it purple"},
    ]
    answer = made(ask(emulator, said))
    assert (answer["action"], ruling(answer["result"])) == ("edit", "purple")


def test_a_picture_that_nobody_kept_is_not_found(emulator: Emulator) -> None:
    said = [{"type": "image_generation_call", "id": "ig_gone"}, {"role": "user", "content": "make it blue"}]
    answer = ask(emulator, said)
    assert (answer.status, answer.json["error"]["message"][:30]) == (400, "Item with id 'ig_gone' not fou")


def test_given_pictures_are_edited_side_by_side(emulator: Emulator) -> None:
    stored = upload(emulator, picture("yellow"), "y.png", purpose="vision").json["id"]
    said = shown("make a picture with both of these", picture("red"))
    said[0]["content"].append({"type": "input_image", "file_id": stored})
    item = made(ask(emulator, said))
    result = opened(item["result"]).convert("RGB")
    assert item["action"] == "edit"
    assert result.getpixel((100, 500)) == (255, 0, 0)
    assert result.getpixel((900, 500)) == (255, 255, 0)


@pytest.mark.parametrize(
    ("wish", "check"),
    [
        ("make it darker", lambda was, now: sum(now) < sum(was)),
        ("make it brighter", lambda was, now: sum(now) > sum(was)),
        ("turn it black and white", lambda was, now: now[0] == now[1] == now[2]),
        ("invert it", lambda was, now: now == tuple(255 - one for one in was)),
        ("change the background to green", lambda was, now: now == (42, 157, 78)),
        ("blur it", lambda was, now: now == was),
        ("add a yellow star", lambda was, now: now == was),
    ],
)
def test_edits_do_what_they_say(emulator: Emulator, wish: str, check: Any) -> None:
    data = picture((200, 120, 40))
    result = opened(made(ask(emulator, shown(wish, data)))["result"]).convert("RGB")
    assert check((200, 120, 40), result.getpixel((10, 10)))
    if "star" in wish:
        assert result.getpixel((512, 614)) == (247, 209, 60)


def test_a_mirrored_picture_is_mirrored(emulator: Emulator) -> None:
    halves = Image.new("RGB", (64, 64), (255, 0, 0))
    halves.paste((0, 0, 255), (32, 0, 64, 64))
    buffer = io.BytesIO()
    halves.save(buffer, "PNG")
    for wish in ("mirror it", "turn it upside down"):
        result = opened(made(ask(emulator, shown(wish, buffer.getvalue())))["result"]).convert("RGB")
        assert (result.getpixel((10, 500)), result.getpixel((1000, 500))) == ((0, 0, 255), (255, 0, 0))


def test_a_gift_basket_is_made_of_four_pictures_and_its_label(emulator: Emulator) -> None:
    colours = ["red", "yellow", "blue", "lime"]
    ids = [upload(emulator, picture(c), "a.png", purpose="vision").json["id"] for c in colours[2:]]
    said = shown(
        "Generate an image of a gift basket labeled 'Relax & Unwind' with all of these", picture("red")
    )
    said[0]["content"] += [
        {"type": "input_image", "image_url": data_url(picture("yellow"))},
        *({"type": "input_image", "file_id": id_} for id_ in ids),
    ]
    result = opened(made(ask(emulator, said, {"output_format": "webp"}))["result"]).convert("RGB")
    strip = [result.getpixel((128 + 256 * n, 60)) for n in range(4)]
    assert [nearest(colour) for colour in strip] == ["red", "yellow", "blue", "green"]  # type: ignore[arg-type]
    assert len({result.getpixel((x, 512)) for x in range(0, 1024, 4)}) > 8


def test_a_picture_that_was_only_linked_is_said_to_be_missing(emulator: Emulator) -> None:
    said = shown("make it blue", picture("red"))
    said[0]["content"][1] = {"type": "input_image", "image_url": "https://example.invalid/a.png"}
    answer = ask(emulator, said, tool_choice={"type": "image_generation"})
    assert made(answer)["action"] == "generate"
    assert answer.json["output"][-1]["content"][0]["text"].endswith("what was only linked is not in it.")


def test_a_mask_says_where_a_picture_is_changed(emulator: Emulator) -> None:
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (32, 0, 64, 64))
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    id_ = upload(emulator, buffer.getvalue(), "mask.png", purpose="vision").json["id"]
    for given in ({"file_id": id_}, {"image_url": data_url(buffer.getvalue())}):
        answer = ask(emulator, shown("make it blue", picture("red", (64, 64))), {"input_image_mask": given})
        result = opened(made(answer)["result"]).convert("RGB")
        assert result.getpixel((200, 500)) == (255, 0, 0)
        red, _, blue = result.getpixel((800, 500))  # type: ignore[misc]
        assert blue > 1.5 * red


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ({"image_url": "https://example.invalid/m.png"}, "There was an issue with your request."),
        ({"file_id": "assistant-none"}, "No such File object: assistant-none"),
        ({}, "Missing required parameter: 'tools[0].input_image_mask.image_url'."),
    ],
)
def test_a_mask_that_is_not_there_is_refused(emulator: Emulator, mask: dict[str, Any], message: str) -> None:
    answer = ask(emulator, shown("make it blue", picture()), {"input_image_mask": mask})
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith(message)


def test_a_mask_without_transparency_fails_the_answer(emulator: Emulator) -> None:
    tool = {"input_image_mask": {"image_url": data_url(picture())}}
    answer = ask(emulator, shown("make it blue", picture()), tool)
    assert (answer.status, answer.json["error"]["code"]) == (400, "invalid_image_format")
    streamed = ask(emulator, shown("make it blue", picture()), tool, stream=True)
    assert streamed.types[-2:] == ["response.failed", "error"]


def test_generate_ignores_given_pictures_and_edit_wants_one(emulator: Emulator) -> None:
    given = shown("draw a green tree", picture("red"))
    assert made(ask(emulator, given, {"action": "generate"}))["action"] == "generate"
    assert made(ask(emulator, given, {"action": "edit"}))["action"] == "edit"
    answer = ask(emulator, "draw a tree", {"action": "edit"})
    assert (answer.status, answer.json["error"]["type"]) == (400, "image_generation_user_error")


def test_sizes_left_open_follow_the_picture_and_the_prompt(emulator: Emulator) -> None:
    auto = {"size": "auto"}
    assert made(ask(emulator, "draw a wide landscape", auto))["size"] == "1536x1024"
    assert made(ask(emulator, "draw a tall poster", auto))["size"] == "1024x1536"
    assert made(ask(emulator, "draw a cat", auto))["size"] == "1024x1024"
    assert made(ask(emulator, shown("make it blue", picture(size=(90, 30))), auto))["size"] == "1536x1024"


@pytest.mark.parametrize(
    ("said", "choice", "draws"),
    [
        ("what is 2 + 2?", "auto", False),
        ("make a table of 3 rows", "auto", False),
        ("draw a cat", "none", False),
        ("generate an image of an axolotl", "auto", True),
        ("Please create a logo for my band", "auto", True),
        ("a cat", {"type": "image_generation"}, True),
        ("a cat", "required", True),
    ],
)
def test_it_draws_when_asked_or_forced_to(emulator: Emulator, said: str, choice: Any, draws: bool) -> None:
    answer = ask(emulator, said, tool_choice=choice)
    kinds = [item["type"] for item in answer.json["output"]]
    assert kinds == (["image_generation_call", "message"] if draws else ["message"])


@pytest.mark.parametrize(
    ("tool", "code"),
    [
        ({"size": "12x12"}, "invalid_value"),
        ({"quality": 3}, "invalid_type"),
        ({"partial_images": 4}, "integer_above_max_value"),
        ({"output_compression": -1}, "integer_below_min_value"),
        ({"output_format": "gif"}, "invalid_value"),
        ({"background": "transparent", "output_format": "jpeg"}, "invalid_value"),
        ({"colour": "red"}, "unknown_parameter"),
        ({"action": "scribble"}, "invalid_value"),
        ({"input_image_mask": {"path": "x"}}, "unknown_parameter"),
    ],
)
def test_a_bad_definition_is_refused(emulator: Emulator, tool: dict[str, Any], code: str) -> None:
    answer = ask(emulator, "draw", tool)
    assert (answer.status, answer.json["error"]["code"]) == (400, code)
