"""The verbs of `/vector_stores`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import parameter, refusals
from ..paging import page
from .filters import check_filter, check_number, check_ranking
from .search import Hit
from .stores import Stores

if TYPE_CHECKING:
    from ..call import Answer, Call, Verb

_MOST_FILES = 500
_USUAL_RESULTS = 10
_STORE_FIELDS = ("file_ids", "name", "description", "expires_after", "chunking_strategy", "metadata")
_CHANGEABLE = ("name", "description", "expires_after", "metadata")
_SEARCH_FIELDS = ("query", "max_num_results", "ranking_options", "filters", "rewrite_query")
_FILE_FIELDS = ("file_id", "attributes", "chunking_strategy")


class StoreRoutes:
    """Stores, and the files in them."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def verbs(self) -> list[tuple[str, str, Verb]]:
        one, files = "/vector_stores/{id}", "/vector_stores/{id}/files"
        return [
            ("POST", "/vector_stores", self._create),
            ("GET", "/vector_stores", self._list),
            ("GET", one, self._retrieve),
            ("POST", one, self._change),
            ("DELETE", one, self._delete),
            ("POST", one + "/search", self._search),
            ("POST", files, self._add),
            ("GET", files, self._files),
            ("GET", files + "/{file}", self._file),
            ("DELETE", files + "/{file}", self._remove),
        ]

    async def _create(self, call: Call) -> Answer:
        about = _fields(call.body, _STORE_FIELDS)
        ids = about.get("file_ids") or []
        if not isinstance(ids, list):
            raise parameter.wrong_type("file_ids", "an array of strings", ids)
        if len(ids) > _MOST_FILES:
            raise parameter.array_too_long("file_ids", _MOST_FILES, len(ids))
        _check_about(about)
        return call.plain(await asyncio.to_thread(self._stores.create, about))

    async def _change(self, call: Call) -> Answer:
        about = _fields(call.body, _CHANGEABLE)
        _check_about(about)
        return call.plain(self._stores.change(call.id, about))

    async def _search(self, call: Call) -> Answer:
        about = _fields(call.body, _SEARCH_FIELDS)
        self._stores.get(call.id)
        queries = _queries(about)
        most = about.get("max_num_results") or _USUAL_RESULTS
        threshold = (about.get("ranking_options") or {}).get("score_threshold") or 0.0
        hits = await asyncio.to_thread(
            self._stores.search, [call.id], " ".join(queries), most, threshold, about.get("filters")
        )
        found = [_found(hit) for hit in hits]
        page = {"object": "vector_store.search_results.page", "search_query": queries, "data": found}
        return call.plain({**page, "has_more": False, "next_page": None})

    async def _list(self, call: Call) -> Answer:
        return call.plain(page(self._stores.newest_first(), call.request.query_params))

    async def _retrieve(self, call: Call) -> Answer:
        return call.plain(self._stores.get(call.id))

    async def _delete(self, call: Call) -> Answer:
        return call.plain(self._stores.delete(call.id))

    async def _add(self, call: Call) -> Answer:
        about = _fields(call.body, _FILE_FIELDS)
        if about.get("file_id") is None:
            raise parameter.missing("file_id")
        _check(about, "attributes", dict, "an object")
        attributes = about.get("attributes") or {}
        return call.plain(await asyncio.to_thread(self._stores.add, call.id, about["file_id"], attributes))

    async def _files(self, call: Call) -> Answer:
        return call.plain(page(self._stores.files(call.id), call.request.query_params))

    async def _file(self, call: Call) -> Answer:
        return call.plain(self._stores.file(call.id, call.request.path_params["file"]))

    async def _remove(self, call: Call) -> Answer:
        return call.plain(self._stores.remove(call.id, call.request.path_params["file"]))


def _queries(about: Mapping[str, Any]) -> list[str]:
    """What to search for, the rest of the request checked too."""
    query = about.get("query")
    if query is None:
        raise parameter.missing("query")
    queries = query if isinstance(query, list) else [query]
    if not all(isinstance(one, str) for one in queries):
        raise parameter.wrong_type("query", "one of a string or array of strings", query)
    check_number("max_num_results", about.get("max_num_results"))
    check_ranking("ranking_options", about.get("ranking_options"))
    if about.get("filters") is not None:
        check_filter("filters", about["filters"])
    return queries


def _found(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "file_id": passage.file,
        "filename": passage.filename,
        "score": hit.score,
        "attributes": dict(passage.attributes),
        "content": [{"type": "text", "text": passage.text}],
    }


def _check_about(about: Mapping[str, Any]) -> None:
    _check(about, "name", str, "a string")
    _check(about, "metadata", dict, "an object")


def _fields(body: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    """An object with these fields only; no body at all is an empty one."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise refusals.invalid(
            "We could not parse the JSON body of your request. The API expects a JSON object."
        )
    for name in body:
        if name not in known:
            raise parameter.unknown(name)
    return body


def _check(about: Mapping[str, Any], name: str, type_: type, called: str) -> None:
    if about.get(name) is not None and not isinstance(about[name], type_):
        raise parameter.wrong_type(name, called, about[name])
