"""Pages of a list as the service cuts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import parameter, refusals


def page(
    items: list[dict[str, Any]], query: Mapping[str, str], *, most: int = 100, usual: int = 20
) -> dict[str, Any]:
    """One page of `items` (newest first): limit 1–`most` default `usual`, order desc|asc, after, before."""
    limit = _limit(query.get("limit", str(usual)), most)
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise parameter.wrong_value("order", order, ("asc", "desc"))
    ordered = items if order == "desc" else items[::-1]
    ids = [item["id"] for item in ordered]
    first, last = 0, len(ids)
    if (after := query.get("after")) is not None:
        first = _index(ids, after) + 1
    if (before := query.get("before")) is not None:
        last = _index(ids, before)
        if after is None:
            first = max(0, last - limit)
    window = ordered[first:last]
    data = window[:limit]
    more = len(window) > limit if before is None or after is not None else first > 0
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "has_more": more,
        "last_id": data[-1]["id"] if data else None,
    }


def _limit(text: str, most: int) -> int:
    try:
        limit = int(text)
    except ValueError:
        raise parameter.wrong_type("limit", "an integer", text) from None
    if limit < 1:
        raise parameter.out_of_range("limit", "integer", 1, limit, above=False)
    if limit > most:
        raise parameter.out_of_range("limit", "integer", most, limit, above=True)
    return limit


def _index(ids: list[str], id_: str) -> int:
    try:
        return ids.index(id_)
    except ValueError:
        raise refusals.invalid(f"Item with id '{id_}' not found.") from None
