"""The list of sessions: a table where there is room for one, two lines per session where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.text import first_line
from azresp.ui.cells import fit, width
from azresp.ui.sink import clean_line

if TYPE_CHECKING:
    from azresp.cli.formats import SessionRow
    from azresp.store.sessions import Listed

NARROW = 60
"""Columns below which a table would leave no room for the question."""
UNLIMITED = 1 << 20
"""Columns of a pipe: nothing is cut."""


def as_dicts(listed: list[Listed]) -> list[SessionRow]:
    """For programs, newest first."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "changed": one.changed,
            "exchanges": one.exchanges,
            "question": _first_line(one),
            "tags": list(one.tags),
        }
        for one in listed
    ]


def as_rows(listed: list[Listed], now: float, columns: int) -> str:
    """Lines of at most `columns` cells (a name is never cut: it is what one types next)."""
    names = [clean_line(one.name) for one in listed]
    ages = [age(now - one.changed) for one in listed]
    counts = [str(one.exchanges) for one in listed]
    name_width = max(map(width, names), default=0)
    rows = []
    if columns < NARROW or name_width > columns // 2:
        for name, since, one in zip(names, ages, listed, strict=True):
            rows += [name, f"  {since} · {one.exchanges} · {_tags(one)}{_first_line(one)}"]
    else:
        age_width, count_width = max(map(len, ages), default=0), max(map(len, counts), default=0)
        for name, since, count, one in zip(names, ages, counts, listed, strict=True):
            rows.append(
                f"{name}{' ' * (name_width - width(name))}  {since:>{age_width}}  {count:>{count_width}}  "
                f"{_tags(one)}{_first_line(one)}"
            )
    return "".join(f"{row if row in names else fit(row.rstrip(), columns)}\n" for row in rows)


def age(seconds: float) -> str:
    """How long ago, in at most five cells: `now`, `5 min`, `3 h`, `12 d`, `40 w`, `3 y`."""
    units = (("min", 60.0, 60.0), ("h", 3600.0, 48.0), ("d", 86400.0, 60.0), ("w", 604800.0, 104.0))
    if seconds < 60:
        return "now"
    for unit, length, limit in units:
        if seconds < length * limit:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds // 31557600:.0f} y"


def _tags(one: Listed) -> str:
    return "".join(f"#{clean_line(tag)} " for tag in one.tags)


def _first_line(one: Listed) -> str:
    return clean_line(first_line(one.question))
