"""What `azresp usage` does."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from azresp.cli.kept import open_kept, session_named
from azresp.cli.manners import settle_from_file
from azresp.cli.options import emulator_choice
from azresp.cli.report import note
from azresp.cli.streams import Output
from azresp.cli.usage import BY
from azresp.config.load import load
from azresp.core.usage import PICO, Prices, Tally, tallies
from azresp.errors import UsageError
from azresp.ui.since import since_when
from azresp.ui.sink import clean_line
from azresp.ui.spending import Rows, remarks, summed, table, told_rows
from azresp.ui.terminal import Terminal

if TYPE_CHECKING:
    from azresp.cli.formats import UsageReport, UsageRow

_COUNTS = (
    "requests",
    "unknown",
    "unpriced",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
)
_PLAIN = {
    ord("█"): "#",
    **dict.fromkeys(map(ord, "▏▎▍▌▋▊▉"), ""),
    ord("≥"): ">",
    ord("·"): "|",
    ord("…"): "~",
}
"""What stands for our own characters where the output can't have them."""


def show_usage(
    by: str, since: str, session: str, emulator: str, config: str | None, *, as_json: bool, as_csv: bool
) -> None:
    """Print sums of tokens and money. Raises UsageError, ConfigError, LocalError."""
    if by not in BY:
        raise UsageError(f"--by: must be one of {', '.join(BY)}, got {by!r}")
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other", "Choose one.")
    start = since_when(since, time.time()) if since else 0.0
    prices = load({"config": config}).prices
    store = open_kept(emulator_choice(emulator))
    try:
        chosen = session_named(store, session).id if session else ""
        spent = store.spending.sums(by, start, chosen)
    finally:
        store.close()
    rows = tallies(spent, prices)
    output = Output()
    if as_json:
        output.write_json(_as_object(by, start, rows))
    elif as_csv:
        output.write(_csv_of(by, rows))
    else:
        _show(output, rows, prices)


def _show(output: Output, rows: Rows, prices: Prices) -> None:
    if not rows:
        note("nothing was asked yet, or not in that time")
        return
    settle_from_file()
    terminal = Terminal(output)
    if terminal.caps.reader:
        terminal.pairs(list(told_rows(rows)))
    else:
        _draw(output, rows)
    for line in remarks(summed(rows), priced=bool(prices)):
        note(f"note: {line}")


def _draw(output: Output, rows: Rows) -> None:
    wide = not output.isatty() and not os.environ.get("COLUMNS")
    columns = 200 if wide else max(shutil.get_terminal_size().columns, 20)
    text = "".join(f"{line}\n" for line in table(rows, columns))
    output.write(text if _draws(output.encoding) else text.translate(_PLAIN))


def _draws(encoding: str) -> bool:
    try:
        return bool("█▏≥…·".encode(encoding))
    except (UnicodeError, LookupError):
        return False


def _as_object(by: str, start: float, rows: Rows) -> UsageReport:
    """Everything, for programs."""
    return {
        "by": by,
        "since": start or None,
        "rows": [
            cast("UsageRow", _named(by, key, label) | _counts(one)) for key, (label, one) in rows.items()
        ],
        "sum": cast("UsageRow", _counts(summed(rows))),
    }


def _named(by: str, key: str, label: str) -> dict[str, object]:
    return {"session": label, "id": key} if by == "session" else {by: label}


def _numbers(one: Tally) -> Iterator[int]:
    usage = one.usage
    yield from (one.requests, one.unknown, one.unpriced)
    yield from (usage.input, usage.cached, usage.output, usage.reasoning)


def _counts(one: Tally) -> dict[str, object]:
    money = {currency: picos / PICO for currency, picos in one.money.items()}
    return {**dict(zip(_COUNTS, _numbers(one), strict=True)), "total_tokens": one.usage.total, "cost": money}


def _csv_of(by: str, rows: Rows) -> str:
    """A header, then one line a row, without the sum; a column of money for each currency."""
    import csv
    import io

    currencies = sorted({currency for _, one in rows.values() for currency in one.money})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([by, *_COUNTS, *(f"cost_{currency}" if currency else "cost" for currency in currencies)])
    for label, one in rows.values():
        money = (
            f"{one.money[currency] / PICO:.9f}" if currency in one.money else "" for currency in currencies
        )
        writer.writerow([clean_line(label), *_numbers(one), *money])
    return text.getvalue()
