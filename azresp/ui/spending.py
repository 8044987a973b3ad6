"""Sums of tokens and money as a table with bars; two lines for each where a table has no room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from azresp.core.usage import Tally
from azresp.ui.cells import fit, width
from azresp.ui.counting import counted
from azresp.ui.sink import clean_line
from azresp.ui.usage import money_of

Rows = Mapping[str, tuple[str, Tally]]
"""label and sum, by key"""

_HEADS = ("requests", "input", "cached", "output", "reasoning", "money")
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEAST_BAR, _MOST_BAR = 6, 24
_LEAST_LABEL = 12


def summed(rows: Rows) -> Tally:
    """The sum of all rows."""
    return sum((one for _, one in rows.values()), Tally())


def table(rows: Rows, columns: int) -> Iterator[str]:
    """Lines of at most `columns` cells, the sum last."""
    every = [(clean_line(label), one) for label, one in rows.values()]
    if len(every) > 1:
        every.append(("sum", summed(rows)))
    names, texts = _texts([one for _, one in every])
    widths = [max(map(width, column)) for column in zip(names, *texts, strict=True)]
    numbers = sum(widths) + 2 * len(widths)
    if columns - numbers < _LEAST_LABEL:
        yield from _narrow(every, columns)
        return
    label_width = min(max(width(label) for label, _ in every), columns - numbers)
    bars = _bars(every, min(columns - numbers - label_width - 2, _MOST_BAR))
    yield _row("", names, label_width, widths)
    for (label, _), cells, drawn in zip(every, texts, bars, strict=True):
        yield f"{_row(label, cells, label_width, widths)}  {drawn}".rstrip()


def told_rows(rows: Rows) -> Iterator[tuple[str, str]]:
    """The same for ears: each sum's label, and its numbers with their names."""
    every = [*rows.values(), *([("sum", summed(rows))] if len(rows) > 1 else [])]
    names, texts = _texts([one for _, one in every])
    for (label, _), cells in zip(every, texts, strict=True):
        yield (
            label.strip(),
            ", ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=True) if cell),
        )


def _texts(every: Sequence[Tally]) -> tuple[list[str], list[list[str]]]:
    """The heads of the columns that tell something, and the cells of each row."""
    texts = [_cells(one) for one in every]
    told = {
        "requests": any(one.requests > 1 for one in every[: max(len(every) - 1, 1)]),
        "money": any(one.money for one in every),
    }
    at = [number for number, head in enumerate(_HEADS) if told.get(head, True)]
    return [_HEADS[number] for number in at], [[cells[number] for number in at] for cells in texts]


def _bars(every: Sequence[tuple[str, Tally]], room: int) -> list[str]:
    """A bar for each row but the sum; none where there is one row only, or no room."""
    if len(every) < 2 or room < _LEAST_BAR:
        return [""] * len(every)
    tokens = [one.usage.total for _, one in every[:-1]]
    return [*(bar(one, max(tokens), room) for one in tokens), ""]


def _narrow(every: Sequence[tuple[str, Tally]], columns: int) -> Iterator[str]:
    label_width = min(max(width(label) for label, _ in every), columns - _LEAST_BAR - 2)
    bars = _bars(every, min(columns - label_width - 2, _MOST_BAR))
    for (label, one), drawn in zip(every, bars, strict=True):
        label = fit(label, label_width)
        yield f"{label}{' ' * (label_width - width(label))}  {drawn}".rstrip()
        usage = one.usage
        told = [f"{usage.input:,} in", f"{usage.output:,} out", money_of(one)]
        yield fit(f"  {' · '.join(part for part in told if part)}", columns)


def bar(value: int, most: int, room: int) -> str:
    """A bar in eighths of a cell; something is always to be seen of what is not nothing."""
    eighths = round(value / most * room * 8) if most else 0
    eighths = min(max(eighths, 1 if value > 0 else 0), room * 8)
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def remarks(found: Tally, *, priced: bool) -> Iterator[str]:
    """What the numbers don't tell."""
    if found.unknown:
        yield (
            f"{counted(found.unknown, 'request')} not counted: the service tells no tokens of what was cancelled, "
            "failed or broke off"
        )
    if not priced and found.usage.total:
        yield "money is shown once config.toml has prices: [prices.NAME]"
    elif priced and found.unpriced:
        yield f"{counted(found.unpriced, 'request')} without a price: [prices.NAME] of config.toml"


def _cells(one: Tally) -> list[str]:
    usage = one.usage
    counts = (one.requests, usage.input, usage.cached, usage.output, usage.reasoning)
    return [*(f"{count:,}" for count in counts), money_of(one)]


def _row(label: str, texts: list[str], label_width: int, widths: list[int]) -> str:
    label = fit(label, label_width)
    numbers = "".join(
        f"  {' ' * (room - width(text))}{text}" for room, text in zip(widths, texts, strict=True)
    )
    return f"{label}{' ' * (label_width - width(label))}{numbers}"
