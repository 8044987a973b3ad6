"""file_search: looks through vector stores and shows the model what it found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals
from ..brain import Call, Offer
from ..files.filters import check_filter, check_number, check_ranking
from ..files.search import Hit
from ..ids import new_id
from .kind import Desk, Worker

if TYPE_CHECKING:
    from ..reply import Event, Reply

_FIELDS = ("type", "vector_store_ids", "max_num_results", "ranking_options", "filters")
_USUAL_RESULTS = 20
_OFFER = Offer(
    "file_search",
    "file_search",
    "Search the user's files.",
    {
        "type": "object",
        "properties": {"queries": {"type": "array", "items": {"type": "string"}}},
        "required": ["queries"],
        "additionalProperties": False,
    },
)


class FileSearch:
    """`{type, vector_store_ids, max_num_results, ranking_options, filters}`."""

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        for field in tool:
            if field not in _FIELDS:
                raise parameter.unknown(f"{name}.{field}")
        ids = tool.get("vector_store_ids")
        if ids is None:
            raise parameter.missing(f"{name}.vector_store_ids")
        if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
            raise parameter.wrong_type(f"{name}.vector_store_ids", "an array of strings", ids)
        if not ids:
            raise refusals.invalid(
                f"Invalid '{name}.vector_store_ids': empty array. Expected an array with minimum length 1, but got an "
                "empty array instead.",
                f"{name}.vector_store_ids",
                "empty_array",
            )
        check_number(f"{name}.max_num_results", tool.get("max_num_results"))
        check_ranking(f"{name}.ranking_options", tool.get("ranking_options"))
        if tool.get("filters") is not None:
            check_filter(f"{name}.filters", tool["filters"])

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        ranking = {"ranker": "auto", "score_threshold": 0.0, **(tool.get("ranking_options") or {})}
        return {
            "type": "file_search",
            "filters": tool.get("filters"),
            "max_num_results": tool.get("max_num_results") or _USUAL_RESULTS,
            "ranking_options": ranking,
            "vector_store_ids": list(tool["vector_store_ids"]),
        }

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> Worker:
        return _Searcher(tools, desk)


class _Searcher(Worker):
    """Searches all stores of the request at once; refuses stores that are not there before anything is said."""

    hosted = True

    def __init__(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> None:
        self._desk = desk
        self._tools = tools
        for tool in tools:
            for id_ in tool["vector_store_ids"]:
                _check_store(id_, desk)

    def offers(self) -> Sequence[Offer]:
        return (_OFFER,)

    async def run(self, call: Call, reply: Reply) -> AsyncGenerator[Event]:
        queries = _queries(call.arguments)
        item: dict[str, Any] = {
            "id": new_id("fs"),
            "type": "file_search_call",
            "status": "in_progress",
            "queries": [],
            "results": None,
        }
        for event in reply.place(item):
            yield event
        yield reply.about("file_search_call.in_progress")
        yield reply.about("file_search_call.searching")
        hits = await asyncio.to_thread(self._look, " ".join(queries))
        reply.found[item["id"]] = hits
        yield reply.about("file_search_call.completed")
        shown = "file_search_call.results" in (self._desk.create.body.get("include") or ())
        results = [_result(hit) for hit in hits] if shown else None
        for event in reply.settle(item | {"status": "completed", "queries": queries, "results": results}):
            yield event

    def _look(self, query: str) -> list[Hit]:
        hits: list[Hit] = []
        for tool in self._tools:
            most = tool.get("max_num_results") or _USUAL_RESULTS
            threshold = (tool.get("ranking_options") or {}).get("score_threshold") or 0.0
            stores = dict.fromkeys(tool["vector_store_ids"])
            hits += self._desk.stores.search(stores, query, most, threshold, tool.get("filters"))
        return hits


def _result(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "attributes": dict(passage.attributes),
        "file_id": passage.file,
        "filename": passage.filename,
        "score": hit.score,
        "text": passage.text,
    }


def _queries(arguments: str) -> list[str]:
    """A brain's arguments may be anything."""
    try:
        asked = json.loads(arguments)
    except ValueError:
        return [arguments]
    queries = asked.get("queries") if isinstance(asked, dict) else None
    return [str(query) for query in queries] if isinstance(queries, list) else [arguments]


def _check_store(id_: str, desk: Desk) -> None:
    try:
        desk.stores.get(id_)
    except refusals.Refused:
        raise refusals.invalid(f"Vector store with id ['{id_}'] not found.", "tools", status=404) from None
