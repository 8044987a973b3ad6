"""Reading keys from a terminal that may go away."""

from __future__ import annotations

import os
import select
import sys

if sys.platform == "win32":

    def end_with_terminal() -> None:
        """Nothing: a console's end is found."""

else:
    from prompt_toolkit.application.current import get_app_session
    from prompt_toolkit.input.posix_utils import PosixStdinReader
    from prompt_toolkit.input.vt100 import Vt100Input

    class _Reader(PosixStdinReader):
        """Takes an error for the end, where prompt_toolkit would ask again for ever, as fast as it can.

        A chat that outlived its window (`nohup`, an orphaned process group) would keep a processor busy.
        """

        def read(self, count: int = 1024) -> str:
            if self.closed:
                return ""
            try:
                if not select.select([self.stdin_fd], [], [], 0)[0]:
                    return ""
                data = os.read(self.stdin_fd, count)
            except OSError:  # no signal: Python itself goes on after one
                data = b""
            self.closed = not data
            return self._stdin_decoder.decode(data)

    def end_with_terminal() -> None:
        """From now on whoever reads keys finds their end where the terminal can't be read any more."""
        source = get_app_session().input
        if isinstance(source, Vt100Input):
            source.stdin_reader = _Reader(source.fileno(), encoding=source.stdin.encoding)
