"""Multipart forms as a client sends them."""

from __future__ import annotations

from azresp.emulator import Emulator
from tests.emulator.wire import Answer, call

_EDGE = "edge-of-a-part"


def upload(
    emulator: Emulator,
    content: bytes,
    filename: str = "a.txt",
    *,
    path: str = "/files",
    purpose: str | None = "assistants",
    **fields: str,
) -> Answer:
    """POST /files."""
    told = fields if purpose is None else {"purpose": purpose, **fields}
    head = "".join(
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in told.items()
    )
    head += (
        f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{_EDGE}--\r\n".encode()
    return call(emulator, "POST", path, body, {"content-type": f"multipart/form-data; boundary={_EDGE}"})
