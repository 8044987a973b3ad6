"""What is kept and for how long: store=false, organisations without retention, thirty days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azresp.emulator import Emulator, Settings
from tests.emulator.test_background import Clock
from tests.emulator.wire import Answer, call, create

DAY = 86_400.0


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def dated(clock: Clock) -> Iterator[Emulator]:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, clock=clock, wait=clock.wait)) as running:
        yield running


def said(answer: Answer) -> str:
    return str(answer.json["output"][-1]["content"][0]["text"])


def refusal(answer: Answer) -> tuple[int, str, Any, Any]:
    error = answer.json["error"]
    return answer.status, error["message"], error["param"], error["code"]


def test_what_is_not_stored_is_unknown_on_every_route(dated: Emulator) -> None:
    made = create(dated, store=False).json
    id_, item = made["id"], made["output"][0]["id"]
    missing = (404, f"Response with id '{id_}' not found.", None, None)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        assert refusal(call(dated, method, f"/responses/{id_}{path}")) == missing
    assert made["store"] is False
    assert refusal(create(dated, previous_response_id=id_)) == (
        400,
        f"Previous response with id '{id_}' not found.",
        "previous_response_id",
        "previous_response_not_found",
    )
    assert refusal(create(dated, [{"type": "item_reference", "id": item}])) == (
        400,
        f"Item with id '{item}' not found. Items are not persisted when `store` is set to false. Try again with "
        "`store` set to true, or remove this item from your input.",
        "input",
        None,
    )


def test_after_thirty_days_a_response_is_gone_but_what_went_on_from_it_remembers(
    dated: Emulator, clock: Clock
) -> None:
    first = create(dated, "my name is Ada").json
    job = create(dated, "hi", background=True, stream=True).events[0]["response"]["id"]
    clock.now += 20 * DAY
    second = create(dated, "hi", previous_response_id=first["id"]).json
    clock.now += 10 * DAY - 1
    assert call(dated, "GET", f"/responses/{first['id']}").status == 200
    clock.now += 2
    for id_ in (first["id"], job):
        assert call(dated, "GET", f"/responses/{id_}").status == 404
        assert call(dated, "GET", f"/responses/{id_}?stream=true").status == 404
        assert create(dated, previous_response_id=id_).json["error"]["code"] == "previous_response_not_found"
    assert create(dated, [{"type": "item_reference", "id": first["output"][0]["id"]}]).status == 400
    assert "Ada" in said(create(dated, "what is my name?", previous_response_id=second["id"]))


def test_an_organisation_without_retention_keeps_nothing_and_says_so_late() -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, zero_retention="silent")) as nowhere:
        made = create(nowhere, "my name is Ada", store=True).json
        id_, item = made["id"], made["output"][0]
        assert made["store"] is False
        assert call(nowhere, "GET", f"/responses/{id_}").status == 404
        assert refusal(create(nowhere, previous_response_id=id_)) == (
            400,
            "Previous response cannot be used for this organization due to Zero Data Retention.",
            "previous_response_id",
            "unsupported_parameter",
        )
        status, message, param, _ = refusal(create(nowhere, [{"type": "item_reference", "id": item["id"]}]))
        assert (status, param) == (400, "input")
        assert message.startswith(
            f"Item with id '{item['id']}' not found. Items are not persisted for Zero Data Retention organizations."
        )
        asked = [
            {"role": "user", "content": "my name is Ada"},
            item,
            {"role": "user", "content": "what is my name?"},
        ]
        assert "Ada" in said(create(nowhere, asked))
        job = create(nowhere, background=True).json
        assert job["store"] is False
        assert call(nowhere, "GET", f"/responses/{job['id']}").status == 200
        assert call(nowhere, "POST", "/conversations", {}).status == 400


def test_an_organisation_that_refuses_to_store_wants_to_hear_store_false() -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, zero_retention="refuse")) as strict:
        bodies: tuple[dict[str, Any], ...] = ({}, {"store": True}, {"background": True})
        for body in bodies:
            answer = create(strict, **body)
            assert (answer.status, answer.json) == (400, {"detail": "Store must be set to false"})
        assert create(strict, store=False).status == 200
        counted = call(strict, "POST", "/responses/input_tokens", {"model": "gpt-4o", "input": "hi"})
        assert counted.status == 200
