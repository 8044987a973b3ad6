"""Vector stores, and the file_search tool that looks into them."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.emulator import Emulator, Settings
from azresp.emulator.files.search import Passage, ranked
from tests.emulator.contract import Contract
from tests.emulator.forms import upload
from tests.emulator.samples import pdf, picture
from tests.emulator.wire import Answer, call, create, events_of

FOODS = b"Travis's favorite food is pizza.\nAda's favorite food is soup.\n"
CITIES = b"The capital of France is Paris. The capital of Norway is Oslo.\n"


def store(emulator: Emulator, *files: bytes, **about: Any) -> str:
    """A store with these texts; its id."""
    ids = [upload(emulator, data, f"{n}.txt").json["id"] for n, data in enumerate(files)]
    return str(call(emulator, "POST", "/vector_stores", {"file_ids": ids, **about}).json["id"])


def search(
    emulator: Emulator, said: str, *stores: str, tool: dict[str, Any] | None = None, **body: Any
) -> Answer:
    tools = [{"type": "file_search", "vector_store_ids": list(stores), **(tool or {})}]
    return create(emulator, said, tools=tools, **body)


def found(emulator: Emulator, said: str, *stores: str, **tool: Any) -> list[tuple[str, float]]:
    """Texts and scores of what was found."""
    answer = search(emulator, said, *stores, tool=tool, include=["file_search_call.results"]).json
    return [(hit["text"], hit["score"]) for hit in answer["output"][0]["results"]]


def test_a_store_is_told_with_its_files_done_at_once(emulator: Emulator, contract: Contract) -> None:
    id_ = store(emulator, FOODS, CITIES, name="facts", metadata={"a": "b"})
    told = call(emulator, "GET", f"/vector_stores/{id_}").json
    assert (told["name"], told["status"], told["metadata"]) == ("facts", "completed", {"a": "b"})
    assert told["file_counts"] == {"in_progress": 0, "completed": 2, "failed": 0, "cancelled": 0, "total": 2}
    assert told["usage_bytes"] == len(FOODS) + len(CITIES)
    contract.check("VectorStoreObject", _named(told))
    files = call(emulator, "GET", f"/vector_stores/{id_}/files").json
    contract.check("ListVectorStoreFilesResponse", files)
    assert [file["status"] for file in files["data"]] == ["completed", "completed"]
    listed = call(emulator, "GET", "/vector_stores?limit=1").json
    assert [one["id"] for one in listed["data"]] == [id_]


def test_the_store_and_its_file_have_the_recorded_fields(emulator: Emulator, shared: Path) -> None:
    def recorded(turn: str) -> Any:
        return json.loads(
            (shared / "recordings" / f"pydai-model-file-search-tool--{turn}" / "response.json").read_text()
        )

    made = call(emulator, "POST", "/vector_stores", {"name": "test-file-search"}).json
    assert set(made) == set(recorded("02"))
    file = upload(emulator, FOODS).json["id"]
    added = call(emulator, "POST", f"/vector_stores/{made['id']}/files", {"file_id": file}).json
    assert {**added, "id": 0, "created_at": 0, "vector_store_id": 0, "status": 0, "usage_bytes": 0} == {
        **recorded("03"), "id": 0, "created_at": 0, "vector_store_id": 0, "status": 0, "usage_bytes": 0
    }  # fmt: skip


def test_files_go_in_and_out_and_stay_uploaded(emulator: Emulator, contract: Contract) -> None:
    id_ = store(emulator)
    file = upload(emulator, FOODS).json["id"]
    added = call(
        emulator, "POST", f"/vector_stores/{id_}/files", {"file_id": file, "attributes": {"k": 1}}
    ).json
    contract.check("VectorStoreFileObject", added)
    assert call(emulator, "GET", f"/vector_stores/{id_}/files/{file}").json == added
    gone = call(emulator, "DELETE", f"/vector_stores/{id_}/files/{file}").json
    assert gone == {"id": file, "object": "vector_store.file.deleted", "deleted": True}
    missing = call(emulator, "GET", f"/vector_stores/{id_}/files/{file}")
    assert missing.json["error"]["message"] == f"No file found with id '{file}' in vector store '{id_}'."
    assert call(emulator, "GET", f"/files/{file}").status == 200


def test_a_file_that_has_no_text_fails_alone(emulator: Emulator) -> None:
    id_ = store(emulator, picture(), CITIES)
    assert call(emulator, "GET", f"/vector_stores/{id_}").json["file_counts"]["failed"] == 1
    states = [
        file["last_error"] for file in call(emulator, "GET", f"/vector_stores/{id_}/files").json["data"]
    ]
    assert states[0] is None
    assert states[1]["code"] == "unsupported_file"


def test_a_deleted_store_is_gone_on_every_route(emulator: Emulator) -> None:
    id_ = store(emulator, FOODS)
    assert call(emulator, "DELETE", f"/vector_stores/{id_}").json == {
        "id": id_,
        "object": "vector_store.deleted",
        "deleted": True,
    }
    for method, tail in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/files"),
        ("GET", "/files/x"),
        ("DELETE", "/files/x"),
    ):
        answer = call(emulator, method, f"/vector_stores/{id_}{tail}")
        assert (answer.status, answer.json["error"]["message"]) == (
            404,
            f"No vector store found with id '{id_}'.",
        )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"file_ids": ["file-none"]}, 404, None),
        ({"file_ids": "file-none"}, 400, "invalid_type"),
        ({"file_ids": ["x"] * 501}, 400, "array_above_max_length"),
        ({"name": 5}, 400, "invalid_type"),
        ({"flavour": "x"}, 400, "unknown_parameter"),
    ],
)
def test_a_bad_store_is_refused(emulator: Emulator, body: Any, status: int, code: str | None) -> None:
    answer = call(emulator, "POST", "/vector_stores", body)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_stores_outlive_a_restart(tmp_path: Path) -> None:
    settings = Settings(tokens_per_s=0, first_token_s=0, store_path=tmp_path / "store.db")
    with Emulator(settings) as first:
        id_ = store(first, CITIES)
    with Emulator(settings) as second:
        assert found(second, "capital of Norway?", id_)[0][0] == CITIES.decode().strip()


def test_an_answer_is_found_and_cited(emulator: Emulator) -> None:
    id_ = store(emulator, FOODS, CITIES)
    answer = search(emulator, "What's Travis's favorite food?", id_).json
    call_item, message = answer["output"]
    assert {**call_item, "id": ""} == {
        "id": "",
        "type": "file_search_call",
        "status": "completed",
        "queries": ["What's Travis's favorite food?"],
        "results": None,
    }
    (part,) = message["content"]
    assert part["text"] == "From your files:\n\n- Travis's favorite food is pizza.\n"
    assert part["annotations"] == [
        {
            "type": "file_citation",
            "file_id": part["annotations"][0]["file_id"],
            "filename": "0.txt",
            "index": part["text"].index("."),
        }
    ]


@pytest.mark.parametrize(
    ("case", "model"),
    [("langchain-file-search--02", "gpt-4o"), ("vercel-az-openai-file-search-tool-1-sse--01", "gpt-5")],
)
def test_events_come_in_the_recorded_order(emulator: Emulator, shared: Path, case: str, model: str) -> None:
    recorded = list(events_of((shared / "recordings" / case / "response.sse").read_bytes()))
    mine = search(
        emulator, "What is the capital of Norway?", store(emulator, CITIES), model=model, stream=True
    ).events

    def shape(events: list[dict[str, Any]]) -> list[str]:
        """Types without repetitions; any number of sources."""
        types = [type_ for type_, _ in groupby(event["type"] for event in events)]
        pair = ["response.output_text.delta", "response.output_text.annotation.added"]
        while (again := [*pair, *pair]) and any(types[n : n + 4] == again for n in range(len(types))):
            at = next(n for n in range(len(types)) if types[n : n + 4] == again)
            del types[at : at + 2]
        return types

    assert shape(mine) == shape(recorded)
    for type_ in ("response.output_item.done", "response.output_text.annotation.added"):
        theirs = [set(e.get("item", e)) for e in recorded if e["type"] == type_]
        assert set(map(frozenset, theirs)) == {
            frozenset(e.get("item", e)) for e in mine if e["type"] == type_
        }
    assert mine[0]["response"]["tools"][0].keys() == recorded[0]["response"]["tools"][0].keys()


def test_every_event_and_response_keeps_the_contract(emulator: Emulator, contract: Contract) -> None:
    id_ = store(emulator, CITIES)
    body: dict[str, Any] = {"include": ["file_search_call.results"], "model": "gpt-5"}
    for event in search(emulator, "capital of France", id_, stream=True, **body).events:
        contract.check_event(event)
    contract.check_response(search(emulator, "capital of France", id_, **body).json)


def test_results_are_shown_only_when_asked_for(emulator: Emulator) -> None:
    id_ = store(emulator, CITIES)
    assert search(emulator, "capital of France", id_).json["output"][0]["results"] is None
    answer = search(emulator, "capital of France", id_, include=["file_search_call.results"]).json
    (hit,) = answer["output"][0]["results"]
    assert {**hit, "file_id": ""} == {
        "attributes": {},
        "file_id": "",
        "filename": "0.txt",
        "score": 1.0,
        "text": CITIES.decode().strip(),
    }


def test_the_best_passage_comes_first_and_limits_hold(emulator: Emulator) -> None:
    one, two = (
        store(emulator, FOODS, b"Soup is hot.", pdf("Nothing of that kind")),
        store(emulator, b"Ada likes soup."),
    )
    hits = found(emulator, "Does Ada like soup?", one, two)
    assert hits[0] == ("Ada likes soup.", 1.0)
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert len(hits) == 3
    assert len(found(emulator, "Does Ada like soup?", one, two, max_num_results=2)) == 2
    assert (
        found(emulator, "Does Ada like soup?", one, two, ranking_options={"score_threshold": 0.99})
        == hits[:1]
    )


def test_a_store_is_renamed_and_searched_by_itself(emulator: Emulator, contract: Contract) -> None:
    id_ = store(emulator, FOODS, CITIES, name="old", metadata={"a": "b"})
    changed = call(emulator, "POST", f"/vector_stores/{id_}", {"name": "new"}).json
    assert (changed["name"], changed["metadata"]) == ("new", {"a": "b"})
    page = call(emulator, "POST", f"/vector_stores/{id_}/search", {"query": "capital of Norway"}).json
    contract.check("VectorStoreSearchResultsPage", page)
    assert [hit["content"][0]["text"] for hit in page["data"]] == [CITIES.decode().strip()]
    wrong = call(emulator, "POST", f"/vector_stores/{id_}/search", {"query": 5})
    assert (wrong.status, wrong.json["error"]["code"]) == (400, "invalid_type")


EQ, GT = {"type": "eq", "key": "kind", "value": "food"}, {"type": "gt", "key": "year", "value": 2000}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (EQ, ["a", "b"]),
        ({**EQ, "type": "ne"}, ["c"]),
        (GT, ["b", "c"]),
        ({**GT, "type": "lte"}, ["a"]),
        ({**GT, "value": "2000"}, []),
        ({"type": "and", "filters": [EQ, GT]}, ["b"]),
        ({"type": "or", "filters": [EQ, GT]}, ["a", "b", "c"]),
        ({"type": "in", "key": "year", "value": [1990, 2020]}, ["a", "c"]),
        ({"type": "nin", "key": "year", "value": [1990, 2020]}, ["b"]),
    ],
)
def test_only_files_whose_attributes_pass_are_searched(
    emulator: Emulator, filters: dict[str, Any], expected: list[str]
) -> None:
    id_ = store(emulator)
    for name, kind, year in (("a", "food", 1990), ("b", "food", 2010), ("c", "city", 2020)):
        file = upload(emulator, f"pizza {name}".encode(), name).json["id"]
        attributes = {"kind": kind, "year": year}
        call(emulator, "POST", f"/vector_stores/{id_}/files", {"file_id": file, "attributes": attributes})
    assert sorted(text[-1] for text, _ in found(emulator, "pizza", id_, filters=filters)) == expected
    echoed = search(emulator, "pizza", id_, tool={"filters": filters}).json["tools"][0]["filters"]
    assert echoed == filters


def test_a_deleted_file_is_found_no_more(emulator: Emulator) -> None:
    id_ = store(emulator, CITIES)
    file = call(emulator, "GET", f"/vector_stores/{id_}/files").json["data"][0]["id"]
    call(emulator, "DELETE", f"/files/{file}")
    assert found(emulator, "capital of France", id_) == []


def test_a_greeting_is_not_searched_for_and_a_forced_search_is(emulator: Emulator) -> None:
    id_ = store(emulator, CITIES)
    assert [item["type"] for item in search(emulator, "hello", id_).json["output"]] == ["message"]
    forced = search(emulator, "hello", id_, tool_choice={"type": "file_search"}).json
    assert [item["type"] for item in forced["output"]] == ["file_search_call", "message"]


def test_a_store_that_is_not_there_is_a_404(emulator: Emulator) -> None:
    answer = search(emulator, "x", "vs_none")
    error = {
        "message": "Vector store with id ['vs_none'] not found.",
        "type": "invalid_request_error",
        "param": "tools",
        "code": None,
    }
    assert (answer.status, answer.json) == (404, {"error": error})


@pytest.mark.parametrize(
    ("tool", "code"),
    [
        ({"vector_store_ids": None}, "missing_required_parameter"),
        ({"vector_store_ids": []}, "empty_array"),
        ({"vector_store_ids": "vs_1"}, "invalid_type"),
        ({"max_num_results": 51}, "integer_above_max_value"),
        ({"max_num_results": 0}, "integer_below_min_value"),
        ({"ranking_options": {"ranker": "best"}}, "invalid_value"),
        ({"ranking_options": {"score_threshold": 2}}, "decimal_above_max_value"),
        ({"filters": {"type": "like", "key": "a", "value": 1}}, "invalid_value"),
        ({"filters": {"type": "eq", "value": 1}}, "missing_required_parameter"),
        ({"filters": {"type": "eq", "key": "a", "value": [1]}}, "invalid_type"),
        ({"filters": {"type": "and", "filters": "all"}}, "invalid_type"),
        ({"colour": 1}, "unknown_parameter"),
    ],
)
def test_a_bad_definition_is_refused(emulator: Emulator, tool: dict[str, Any], code: str) -> None:
    answer = search(emulator, "x", "vs_1", tool=tool)
    assert (answer.status, answer.json["error"]["code"]) == (400, code)


@given(st.text(max_size=80), st.lists(st.text(max_size=200), max_size=5), st.integers(1, 5))
def test_a_ranking_is_ordered_bounded_and_never_fails(query: str, texts: list[str], most: int) -> None:
    hits = ranked(query, [Passage(str(n), "f", text) for n, text in enumerate(texts)], most)
    assert len(hits) <= most
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score <= 1 for hit in hits)


def _named(told: dict[str, Any]) -> dict[str, Any]:
    """Without what recordings have as null and the document does not allow to be null."""
    return {key: value for key, value in told.items() if key != "expires_after"}
