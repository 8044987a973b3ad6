"""What an exchange is called in lists and notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azresp.core.text import first_line

if TYPE_CHECKING:
    from azresp.core.session import Exchange


def heading(exchange: Exchange) -> str:
    """The first line of the question, shortened. Holds foreign text."""
    return "(compacted)" if exchange.compaction else first_line(exchange.question, 60)
