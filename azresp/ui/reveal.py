"""What the line editor would show as nothing or would let act (pasted controls, bidi, tags) stands there escaped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from prompt_toolkit.formatted_text import StyleAndTextTuples, fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from azresp.ui.sink import clean, visible


class Revealing(Processor):
    """Shows a line of the editor as it would be written to the terminal; the text itself stays as it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """One line of the buffer as it is shown, and where each of its characters went."""
        fragments = transformation_input.fragments
        text = fragment_list_to_text(fragments)
        if text.isprintable() or clean(text) == text:
            return Transformation(fragments)
        shown: StyleAndTextTuples = []
        pieces = list(_pieces(text))
        for (style, char, *_), piece in zip(explode_text_fragments(fragments), pieces, strict=False):
            shown.append((f"{style} class:revealed" if piece != char else style, piece))
        ends = list(accumulate(map(len, pieces), initial=0))
        return Transformation(
            shown,
            source_to_display=lambda at: ends[min(at, len(ends) - 1)],
            display_to_source=lambda at: max(bisect_right(ends, at) - 1, 0),
        )


def _pieces(text: str) -> Iterator[str]:
    """What each character of a line became."""
    shown, at = clean(text), 0
    for char in text:
        # Of a long run of combining marks only the number is told: then each one is looked at by itself.
        piece = next((one for one in (visible(char), char) if shown.startswith(one, at)), None)
        at += len(piece) if piece is not None else 0
        yield clean(char) if piece is None else piece
