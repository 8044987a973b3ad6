"""One request on its way to a verb, and what a verb answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from .faults import Fault
from .files.upload import Upload
from .wire import Body, EventStream, service_headers

Answer = Body | EventStream


@dataclass(slots=True)
class Call:
    """A request that came past the gateway."""

    request: Request
    body: Any
    fault: Fault | None
    form: Upload | None = None
    """The body where it is a multipart form; then `body` is only its description."""

    @property
    def id(self) -> str:
        return str(self.request.path_params["id"])

    def close(self) -> None:
        """Let go of the spooled file."""
        if self.form is not None and self.form.file is not None:
            self.form.file.close()

    def plain(self, content: Any) -> Body:
        """A 200 with this JSON."""
        return Body(200, content, service_headers(), self.fault.then if self.fault else None)


Verb = Callable[[Call], Awaitable[Answer]]
