"""Files at the service: upload, list, look at, fetch, delete; and files that code made in a container."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, BinaryIO

from azresp.azure.answer import Answer
from azresp.azure.segment import segment
from azresp.core.sse import Wire
from azresp.core.text import mend
from azresp.errors import NetworkError

MAX_CONTENT = 1024 * 1024 * 1024
"""More than twice what the service takes in one file (facts.md 5)."""

Send = Callable[..., Awaitable[Answer]]


class Files:
    """The file calls of one endpoint; `send` is the gateway's. All raise what the gateway raises."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def upload(
        self,
        file: BinaryIO | bytes,
        name: str,
        purpose: str,
        *,
        mime: str = "application/octet-stream",
        expires_after_s: int | None = None,
    ) -> Wire:
        """Upload bytes, or a seekable file in pieces from its beginning. Answers with the file object."""
        body: Wire = {"purpose": purpose}
        if expires_after_s is not None:
            body["expires_after"] = {"anchor": "created_at", "seconds": expires_after_s}
        answer = await self._send(
            "POST",
            "files",
            body=body,
            files={"file": (mend(name), file, mime)},
            # The SDK makes a form of the body only if it is told so; the boundary is added below it.
            headers={"Content-Type": "multipart/form-data"},
        )
        return await answer.whole()

    async def list(
        self, *, limit: int = 100, after: str = "", purpose: str = "", order: str = "desc"
    ) -> Wire:
        """One page of the files at the service; `has_more` and `last_id` lead to the next."""
        query: dict[str, Any] = {"limit": limit, "order": order}
        query |= {"after": after} if after else {}
        return await self._json("GET", "files", query=query | ({"purpose": purpose} if purpose else {}))

    async def get(self, file_id: str) -> Wire:
        """The file object."""
        return await self._json("GET", f"files/{_segment(file_id)}")

    async def delete(self, file_id: str) -> Wire:
        """Delete the file at the service."""
        return await self._json("DELETE", f"files/{_segment(file_id)}")

    def content(self, file_id: str) -> AsyncGenerator[bytes, None]:
        """The file's bytes, as they come; the service refuses it for some purposes."""
        return self._pieces(f"files/{_segment(file_id)}/content")

    def container_content(self, container_id: str, file_id: str) -> AsyncGenerator[bytes, None]:
        """The bytes of a file that code_interpreter made; its container is gone after an hour."""
        return self._pieces(f"containers/{_segment(container_id)}/files/{_segment(file_id)}/content")

    async def _json(self, method: str, path: str, *, query: Mapping[str, Any] | None = None) -> Wire:
        answer = await self._send(method, path, query=query)
        return await answer.whole()

    async def _pieces(self, path: str) -> AsyncGenerator[bytes, None]:
        answer = await self._send("GET", path)
        size = 0
        async with aclosing(answer.pieces()) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > MAX_CONTENT:
                    raise NetworkError(f"{path}: the file is larger than {MAX_CONTENT >> 20} MB")
                yield piece


def _segment(ident: str) -> str:
    return segment(ident, "file", "`azresp files list` shows them.")
