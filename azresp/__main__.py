"""The program's entry: run a command, tell errors in one sentence, leave with the right exit status."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit; nothing after it runs."""
    # Start-up makes hundreds of thousands of objects and no garbage: the collector would only look, 40 to 80 ms of it.
    gc.set_threshold(100_000, 50, 100)
    _fill_gaps()
    status = _status()
    # Tearing down the interpreter takes 100 ms and joins threads that may hang in DNS or `az`.
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            status = _flush_failed(error, status)
    os._exit(status)


def _fill_gaps() -> None:
    """Standard streams that our parent closed lead nowhere; else the store's file could get the number of stderr."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


def _status() -> int:
    from azresp.cli.report import Debug, report
    from azresp.errors import AzrespError, Exit

    debug = Debug.take(sys.argv)
    sys.argv[1:] = _with_default(sys.argv[1:])
    try:
        from azresp.cli.app import build, named

        build(named(_completed() or sys.argv[1:]))(prog_name="azresp")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except AzrespError as error:
        return report(error, debug)
    except BrokenPipeError:
        return Exit.PIPE
    except KeyboardInterrupt:
        return Exit.INTERRUPT
    except Exception as error:
        return report(error, debug)
    return Exit.OK


def _completed() -> list[str]:
    """The words after `azresp` on the line that a shell wants completed, as bash and as all others tell it."""
    if "_AZRESP_COMPLETE" not in os.environ:
        return []
    return (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or "").split()[1:]


def _with_default(words: list[str]) -> list[str]:
    """Some flags may stand without a value, which Typer's options can't.

    `--resume` then means the last session, `--show-completion` and `--install-completion` the shell around us.
    """
    if words in (["--show-completion"], ["--install-completion"]):
        return [f"{words[0]}="]
    if words[:1] != ["chat"]:
        return words
    pairs = zip(words, [*words[1:], "-"], strict=True)
    return [
        f"{word}=."
        if word == "--resume" and following.startswith("-")
        else "--resume=."
        if word == "-r" and following.startswith("-")
        else word
        for word, following in pairs
    ]


def _flush_failed(error: OSError, status: int) -> int:
    from azresp.errors import Exit

    if isinstance(error, BrokenPipeError):
        return Exit.PIPE
    with suppress(OSError):
        # A window that was closed takes stdout and stderr with it.
        os.write(2, f"azresp: stdout: {error.strerror}\n".encode())
    return status or Exit.LOCAL


if __name__ == "__main__":
    main()
