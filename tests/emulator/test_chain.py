"""Stored responses: chains, pages, deletion, restarts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator import Emulator, Settings
from azresp.emulator.paging import page
from azresp.emulator.refusals import Refused
from tests.emulator.wire import Answer, call, create


def said(answer: Answer) -> str:
    return str(answer.json["output"][-1]["content"][0]["text"])


def test_a_chain_remembers_and_a_fork_does_not_see_its_sibling(emulator: Emulator) -> None:
    root = create(emulator, "hi").json["id"]
    ada = create(emulator, "my name is Ada", previous_response_id=root).json["id"]
    bob = create(emulator, "my name is Bob", previous_response_id=root).json["id"]
    assert "Ada" in said(create(emulator, "what is my name?", previous_response_id=ada))
    assert "Bob" in said(create(emulator, "what is my name?", previous_response_id=bob))
    assert "haven't" in said(create(emulator, "what is my name?", previous_response_id=root))


def test_replayed_items_do_as_well_as_a_chain(emulator: Emulator) -> None:
    first = create(
        emulator, "my name is Ada", store=False, model="gpt-5", include=["reasoning.encrypted_content"]
    )
    items = [{"role": "user", "content": "my name is Ada"}, *first.json["output"]]
    asked = [*items, {"role": "user", "content": "what is my name?"}]
    assert "Ada" in said(create(emulator, asked, store=False))


def test_instructions_are_not_carried_over(emulator: Emulator) -> None:
    first = create(emulator, "hi", instructions="speak softly").json
    second = create(emulator, "what are your instructions?", previous_response_id=first["id"])
    assert second.json["instructions"] is None
    assert "no instructions" in said(second)


def test_usage_grows_with_the_chain_and_tells_what_was_cached(emulator: Emulator) -> None:
    first = create(emulator, "hello there").json
    second = create(emulator, "and again", previous_response_id=first["id"]).json["usage"]
    assert first["usage"]["input_tokens_details"]["cached_tokens"] == 0
    assert second["input_tokens_details"]["cached_tokens"] == first["usage"]["total_tokens"]
    assert second["total_tokens"] == second["input_tokens"] + second["output_tokens"]


def test_what_is_not_stored_cannot_be_read_or_continued(emulator: Emulator) -> None:
    id_ = create(emulator, store=False).json["id"]
    assert call(emulator, "GET", f"/responses/{id_}").status == 404
    refused = create(emulator, previous_response_id=id_)
    assert (refused.status, refused.json["error"]["code"]) == (400, "previous_response_not_found")


def test_a_stored_response_reads_back_as_it_was_answered(emulator: Emulator) -> None:
    streamed = create(emulator, stream=True).events[-1]["response"]
    assert call(emulator, "GET", f"/responses/{streamed['id']}").json == streamed


def test_deletion_is_told_once_and_spares_the_descendants(emulator: Emulator) -> None:
    first = create(emulator, "my name is Ada").json["id"]
    second = create(emulator, "hi", previous_response_id=first).json["id"]
    gone = call(emulator, "DELETE", f"/responses/{first}")
    assert gone.json == {"id": first, "object": "response.deleted", "deleted": True}
    assert call(emulator, "GET", f"/responses/{first}").status == 404
    assert call(emulator, "DELETE", f"/responses/{first}").status == 404
    assert create(emulator, previous_response_id=first).status == 400
    assert "Ada" in said(create(emulator, "what is my name?", previous_response_id=second))


def test_an_item_can_be_referred_to_by_its_id(emulator: Emulator) -> None:
    first = create(emulator, "my name is Ada").json
    page_ = call(emulator, "GET", f"/responses/{first['id']}/input_items").json
    reference = {"type": "item_reference", "id": page_["first_id"]}
    asked = [reference, {"role": "user", "content": "what is my name?"}]
    assert "Ada" in said(create(emulator, asked))
    refused = create(emulator, [{"type": "item_reference", "id": "msg_gone"}])
    assert refused.json["error"]["message"].startswith("Item with id 'msg_gone' not found.")


def test_an_item_that_is_in_the_chain_already_is_refused(emulator: Emulator) -> None:
    first = create(emulator, "one").json
    again = create(emulator, first["output"], previous_response_id=first["id"])
    assert again.json["error"]["message"].startswith(
        f"Duplicate item found with id {first['output'][0]['id']}."
    )


def test_deleting_one_who_refers_leaves_the_item_to_its_owner(emulator: Emulator) -> None:
    first = create(emulator, "my name is Ada").json
    owned = call(emulator, "GET", f"/responses/{first['id']}/input_items").json["first_id"]
    reference = [{"type": "item_reference", "id": owned}]
    second = create(emulator, reference).json["id"]
    call(emulator, "DELETE", f"/responses/{second}")
    assert create(emulator, reference).status == 200


def test_input_items_are_the_whole_context_newest_first(emulator: Emulator) -> None:
    first = create(emulator, "one").json
    second = create(emulator, "two", previous_response_id=first["id"]).json
    listed = call(emulator, "GET", f"/responses/{second['id']}/input_items").json["data"]
    assert [item["role"] for item in listed] == ["user", "assistant", "user"]
    assert [listed[0]["content"][0]["text"], listed[2]["content"][0]["text"]] == ["two", "one"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "integer_below_min_value"),
        ("limit=1000", "integer_above_max_value"),
        ("limit=many", "invalid_type"),
        ("order=random", "invalid_value"),
        ("after=msg_gone", None),
    ],
)
def test_a_bad_page_is_refused(emulator: Emulator, query: str, code: str | None) -> None:
    id_ = create(emulator).json["id"]
    answer = call(emulator, "GET", f"/responses/{id_}/input_items?{query}")
    assert (answer.status, answer.json["error"]["code"]) == (400, code)


def walk(items: list[dict[str, str]], limit: int, order: str) -> Iterator[str]:
    query = {"limit": str(limit), "order": order}
    while True:
        got = page(items, query)
        assert len(got["data"]) <= limit
        yield from (item["id"] for item in got["data"])
        if not got["has_more"]:
            return
        query["after"] = got["last_id"]


@given(st.integers(0, 250), st.integers(1, 100), st.sampled_from(["asc", "desc"]))
def test_paging_returns_each_item_once_in_order(number: int, limit: int, order: str) -> None:
    items = [{"id": f"msg_{n}"} for n in range(number)]
    wanted = [item["id"] for item in items]
    assert list(walk(items, limit, order)) == (wanted if order == "desc" else wanted[::-1])


@given(st.integers(1, 120), st.integers(1, 100), st.integers(0, 119))
def test_before_gives_the_page_that_ends_there(number: int, limit: int, at: int) -> None:
    items = [{"id": f"msg_{n}"} for n in range(number)]
    if at >= number:
        with pytest.raises(Refused):
            page(items, {"before": f"msg_{at}"})
        return
    got = page(items, {"before": f"msg_{at}", "limit": str(limit)})
    assert [item["id"] for item in got["data"]] == [f"msg_{n}" for n in range(max(0, at - limit), at)]
    assert got["has_more"] == (at > limit)


def test_a_store_file_survives_a_restart(tmp_path: Path) -> None:
    settings = Settings(tokens_per_s=0, first_token_s=0, store_path=tmp_path / "store.db")
    with Emulator(settings) as before:
        kept = create(before, "my name is Ada").json
        gone = create(before).json["id"]
        call(before, "DELETE", f"/responses/{gone}")
    with Emulator(settings) as after:
        assert call(after, "GET", f"/responses/{kept['id']}").json == kept
        assert call(after, "GET", f"/responses/{gone}").status == 404
        assert "Ada" in said(create(after, "what is my name?", previous_response_id=kept["id"]))


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_a_store_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    with Emulator(Settings(tokens_per_s=0, first_token_s=0, store_path=tmp_path / "store.db")) as emulator:
        create(emulator, "my name is Ada")
        assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_a_streamed_answer_stays_unknown_for_the_delay() -> None:
    now = [1000.0]
    settings = Settings(tokens_per_s=0, first_token_s=0, read_after_write_s=8, clock=lambda: now[0])
    with Emulator(settings) as emulator:
        plain = create(emulator).json["id"]
        streamed = create(emulator, stream=True).events[-1]["response"]["id"]
        assert call(emulator, "GET", f"/responses/{plain}").status == 200
        assert call(emulator, "GET", f"/responses/{streamed}").status == 404
        refused = create(emulator, previous_response_id=streamed)
        assert refused.json["error"]["code"] == "previous_response_not_found"
        now[0] += 8
        assert call(emulator, "GET", f"/responses/{streamed}").status == 200
        assert create(emulator, previous_response_id=streamed).status == 200
