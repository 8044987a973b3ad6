"""The file that the results of a batch go to: it appears whole, and replaces older results only."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from azresp.errors import LocalError


@contextmanager
def results_file(path: Path) -> Iterator[Callable[[str], object]]:
    """Write results; the file gets its name when the block ends, well or not. Raises LocalError."""
    _demand_results(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                yield file.write
            finally:
                file.close()
                temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise LocalError(
            f"{path}: {error.strerror or error}", "The answers are kept: the same command writes them again."
        ) from error


def _demand_results(path: Path) -> None:
    """Raise LocalError if there is something at `path` that is no older results of a batch."""
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline(1 << 20)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise LocalError(f"{path} can't be replaced: {error}", "Give a name that is free.") from error
    if first and not _is_result(first):
        raise LocalError(
            f"{path} is there already, and holds no results of a batch", "Give a name that is free."
        )


def _is_result(row: str) -> bool:
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        # A long answer is cut by our own reading.
        return row.startswith('{"line": ') and '"response_id": ' in row
    return isinstance(value, dict) and {"line", "response_id", "status"} <= value.keys()
