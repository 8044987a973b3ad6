"""Pictures that were drawn: what was made of the prompt. The picture itself is shown as it comes."""

from __future__ import annotations

from collections.abc import Iterator

from azresp.core.items import Item
from azresp.core.pictures import CALL
from azresp.ui.view import Section, closed, line, view
from azresp.ui.views.brief import word


@view(CALL)
@closed
def _picture(item: Item) -> Iterator[Section]:
    if prompt := word(item.wire, "revised_prompt"):
        yield from line(item, f"drew: {prompt}")
    elif item.status == "failed":
        yield from line(item, "the picture could not be drawn")
