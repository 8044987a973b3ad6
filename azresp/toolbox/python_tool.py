"""A Python function as a tool: its pinned source runs in a child, never in azresp itself."""

from __future__ import annotations

import base64
import json
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from azresp.core.canonical import canonical
from azresp.core.canonical import fingerprint as hash_of
from azresp.core.sse import Wire
from azresp.core.text import mend_json
from azresp.core.tools import FunctionTool
from azresp.toolbox.capture import Capture, cut_text
from azresp.toolbox.check import read_arguments
from azresp.toolbox.child import Ended, Start, run_child
from azresp.toolbox.images import image_kind, image_part, text_part
from azresp.toolbox.limits import MIB, Limits, Ran
from azresp.toolbox.schema import PythonFunction
from azresp.toolbox.trust import ToolFile

_WORKER = Path(__file__).with_name("worker.py")
_LARGEST_ANSWER = 64 * MIB
"""The child's answer: its limits for text and images come before this one."""


@dataclass(frozen=True, slots=True)
class PythonTool:
    """One function of a tool file. It runs with azresp's own interpreter and the packages installed beside it."""

    file: ToolFile
    python: PythonFunction
    cwd: Path
    limits: Limits = field(default_factory=Limits)
    env: tuple[str, ...] = ()
    """names of variables that it may see besides the usual ones"""

    @property
    def function(self) -> FunctionTool:
        """What the model is told of it."""
        return self.python.function

    @property
    def identity(self) -> str:
        """Changes with anything that decides what runs: source, folder, variables, and what the model is told."""
        return hash_of("python", self.file.digest, str(self.cwd), sorted(self.env), self.function.to_wire())

    def read(self, text: str) -> Wire:
        """The arguments of a call. Raises ValueError with a sentence for the model."""
        return read_arguments(self.function, text)

    def shown(self, arguments: Wire) -> str:
        """Exactly what the function is given."""
        return canonical(arguments)

    async def run(self, arguments: Wire) -> Ran:
        """Call the function in a child."""
        limits = self.limits
        answer = Capture(_LARGEST_ANSWER, 0)
        printed = Capture(limits.head_bytes, limits.tail_bytes)
        start = Start(
            (sys.executable, "-I", "-u", "-B", "-X", "utf8", str(_WORKER)),
            self._request(arguments),
            self.cwd,
            answer,
            printed,
            env=self.env,
            answers=True,
        )
        ended = await run_child(start, limits)
        told = _answer(answer)
        return (
            _ran(told, ended, printed.text, limits)
            if told
            else _no_answer(ended, answer, printed.text, limits)
        )

    def _request(self, arguments: Wire) -> bytes:
        return json.dumps(
            {
                "path": str(self.file.path),
                "source": base64.b64encode(self.file.source).decode(),
                "function": self.function.name,
                "parameters": self.python.parameters,
                "classes": self.python.classes,
                "arguments": arguments,
                "memory": self.limits.memory_bytes,
            }
        ).encode()


def tools_of(
    file: ToolFile, cwd: Path, limits: Limits | None = None, env: Iterable[str] = ()
) -> list[PythonTool]:
    """All functions of a file as tools."""
    return [PythonTool(file, one, cwd, limits or Limits(), tuple(env)) for one in file.functions]


def _answer(capture: Capture) -> Wire | None:
    """What the child said; None if it did not say all of it."""
    try:
        told = mend_json(json.loads(capture.whole or b""))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("ok"), bool) else None


def _ran(told: Wire, ended: Ended, printed: str, limits: Limits) -> Ran:
    if not told["ok"]:
        text = cut_text(str(told.get("text")), limits.head_bytes, limits.tail_bytes)
        text = f"The function failed.\n{text}" + (f"\n\nIt printed:\n{printed}" if printed else "")
        return Ran(False, text, str(told.get("note")), ended.seconds)
    parts = [_part(one, limits) for one in told.get("parts", ())]
    if all(isinstance(one, str) for one in parts):
        return Ran(True, "\n".join(map(str, parts)), "ok", ended.seconds)
    return Ran(True, [text_part(one) if isinstance(one, str) else one for one in parts], "ok", ended.seconds)


def _part(told: Wire, limits: Limits) -> str | Wire:
    """Text, or a content part."""
    if "text" in told and "type" not in told:
        return cut_text(str(told["text"]), limits.head_bytes, limits.tail_bytes)
    if "image" not in told:
        return told
    data = base64.b64decode(told["image"])
    if len(data) > limits.image_bytes:
        return f"[an image of {len(data):,} bytes: too large to send]"
    return image_part(image_kind(data) or "image/png", data)


def _no_answer(ended: Ended, answer: Capture, printed: str, limits: Limits) -> Ran:
    if ended.trouble:
        why = ended.trouble
    elif ended.timed_out:
        why = f"timed out after {limits.time_s:g} s"
    elif answer.cut:
        why = f"the result is too large: {answer.total:,} bytes"
    else:
        why = f"ended without a result: {status_told(ended.status)}"
    text = f"The function failed: {why}." + (f"\n\nIt printed:\n{printed}" if printed else "")
    return Ran(False, text, why, ended.seconds)


def status_told(status: int | None) -> str:
    """`exit 3`, `killed by SIGSEGV`."""
    if status is None:
        return "its end was not seen"
    if status >= 0:
        return f"exit {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"
