"""What a screen reader gets: the same lines however the text came, each thing named, nothing that is drawn."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.ui.gutter import Gutter
from azresp.ui.kind import Kind
from azresp.ui.question import detail_rows, question_rows
from azresp.ui.spoken import Spoken
from tests.ui.questions import QUESTIONS
from tests.ui.terminals import plain
from tests.ui.test_hostile import check, samples, squeezed
from tests.ui.texts import chopped, markdown

DRAWN = re.compile("[\u2500-\u259f•\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Lines, bars, bullets and controls."""

ANSWER = """# Tides

The sea rises twice a day. It follows the Moon, e.g. at spring tide. Dr. Who said `ls -l`,
**loudly**, ~~once~~ twice.

1. first. And more.
- [x] ready
- [ ] not yet

> A quote.

```python
def f(x):
    return x
```

| Name | Age |
|---|---:|
| **Ada** | 36 |
| Bob | |

---
[here](https://example.com/x)

    x = 1
"""
HEARD = """\
Reasoning:
Thinking it over.
Done.

Answer:
Heading 1: Tides

The sea rises twice a day.
It follows the Moon, e.g. at spring tide.
Dr. Who said ls -l,
loudly, (deleted: once) twice.

1. first.
   And more.
Done: ready
To do: not yet

Quote: A quote.

Code, python:
def f(x):
    return x
End of code.

Table, 2 columns:
Row 1: Name: Ada; Age: 36
Row 2: Name: Bob; Age: empty
End of table.

Section break.
here (https://example.com/x)

Code:
x = 1
End of code.
Tool call search: {"q": "tides"}
Output, 2 lines:
  a
  b
End of output.
Searching the web.
note, with parts
"""


def heard(pieces: list[str], columns: int = 80) -> str:
    """What is written of an answer that comes in pieces."""
    out = io.StringIO()
    painter = Spoken(out, lambda: columns)
    for piece in pieces:
        painter.add(piece)
    painter.finish()
    return out.getvalue()


def test_everything_has_a_name_and_nothing_is_drawn() -> None:
    out = io.StringIO()
    painter = Spoken(out, lambda: 80)
    painter.add("Thinking it over. Done.", Kind.THOUGHT)
    painter.add(ANSWER)
    painter.status("writing · 3 s", "writing")
    painter.close("thought for 3 s")
    painter.note('call search {"q": "tides"}')
    painter.aside("a\nb")
    for seconds in range(3):
        painter.status(f"searching the web · {seconds} s · Ctrl-C stops", "searching the web")
    painter.note("note · with parts")
    painter.finish()
    assert out.getvalue() == HEARD


_PROSE = [
    "One. Two. ",
    "It is e.g. x! ",
    "三。四",
    "1. A",
    "*a. B* ",
    "`x. Y` ",
    "Dr. Who? ",
    "...",
    "w. " * 90,
]
_SIGNS = ["| a. B |", "|-|", "\n", "\n\n", "```\n", "- ", "> ", "# ", "    ", "[t. U](v) "]
SENTENCES = st.lists(st.sampled_from(_PROSE + _SIGNS), max_size=24).map("".join)


@given(chopped(markdown | SENTENCES))
def test_what_is_heard_does_not_depend_on_how_the_text_was_cut(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    whole = heard([text], 30)
    assert heard(pieces, 30) == whole
    assert DRAWN.search(whole) is None


def test_a_sentence_comes_when_the_next_one_begins() -> None:
    out = io.StringIO()
    painter = Spoken(out, lambda: 80)
    painter.add("One is said. Two")
    assert out.getvalue() == "Answer:\nOne is said.\n"
    painter.add(" is. 三つ目です。四")
    assert out.getvalue() == "Answer:\nOne is said.\nTwo is.\n三つ目です。\n"


def test_foreign_text_neither_acts_nor_hides(shared: Path) -> None:
    for sample in samples(shared, "model_output"):
        if len(sample["text"]) <= 10_000:
            written = heard([sample["text"]])
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", written)
            check(sample, squeezed(written))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("columns", [30, 80])
def test_every_row_of_a_question_is_ours_or_says_whose_it_is(name: str, columns: int) -> None:
    shown = QUESTIONS[name].shown + "\n" + "Allow? Enter means no: yes" * 9
    question = replace(QUESTIONS[name], ask=replace(QUESTIONS[name].ask, arguments=shown))
    gutter = Gutter.of(columns, "utf-8", styled=False, spoken=True)
    rows = [plain(row.ansi) for row in [*question_rows(question, gutter), *detail_rows(question, gutter)]]
    assert all(len(row) <= columns for row in rows)
    assert not any(row.strip().startswith(("Allow?", "yes")) for row in rows)
    assert DRAWN.search("\n".join(rows)) is None
