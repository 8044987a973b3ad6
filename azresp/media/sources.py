"""Where a picture or file comes from: a path, a URL that the service fetches, a data URL, the clipboard, stdin."""

from __future__ import annotations

import binascii
import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, unquote_to_bytes, urlsplit

from azresp.core.hosts import is_loopback
from azresp.errors import UsageError

MAX_URL = 8_192
_SCHEME = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]+):")
_UNFIT = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff\u2028-\u202e]")


@dataclass(frozen=True, slots=True)
class FromPath:
    """A file on this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class FromUrl:
    """Something that the service fetches; we never do."""

    url: str


@dataclass(frozen=True, slots=True)
class FromData:
    """What stood in a data URL."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FromClipboard:
    """What is in the clipboard."""


@dataclass(frozen=True, slots=True)
class FromStdin:
    """What is piped in."""


@dataclass(frozen=True, slots=True)
class FromUpload:
    """A file that the service already has."""

    file_id: str


Source = FromPath | FromUrl | FromData | FromClipboard | FromStdin | FromUpload


def source_of(text: str) -> Source:
    """What the user's word names. Raises UsageError for a URL that can't be sent."""
    if text == "-":
        return FromStdin()
    if text == "clipboard":
        return FromClipboard()
    if text.startswith("id:"):
        return FromUpload(_file_id(text[3:]))
    scheme = _SCHEME.match(text)
    match scheme.group(1).lower() if scheme else "":
        case "data":
            return FromData(_data(text))
        case "file" if text[5:7] == "//":
            return FromPath(_local(urlsplit(text)))
        case "https":
            return FromUrl(_fetchable(text))
        case name if name and text[len(name) + 1 :].startswith("//"):
            raise UsageError(
                f"{name}: URLs can't be sent", "Use an https: URL, or save the file and give its path."
            )
    try:
        return FromPath(Path(text).expanduser())
    except RuntimeError as error:  # ~ of a user who does not exist
        raise UsageError(f"{text!r}: {error}", "Give the whole path.") from error


def _file_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,200}", text):
        raise UsageError(f"{text!r} is no file id", "`azresp files list` shows them.")
    return text


def _local(parts: SplitResult) -> Path:
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"the file is on another machine: {parts.netloc}", "Copy it here and give its path.")
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))


def _fetchable(url: str) -> str:
    if len(url) > MAX_URL:
        raise UsageError(f"the URL has {len(url)} characters", f"At most {MAX_URL} are sent.")
    try:
        if _UNFIT.search(url):
            raise ValueError("blanks or invisible characters are in it")
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"the URL can't be sent: {error}", "Give it percent-encoded.") from error
    if not host or parts.username is not None or parts.password is not None:
        said = "names no host" if not host else "holds a user name or password, which the service would see"
        raise UsageError(f"the URL {said}", "Give an https: URL that anybody may fetch.")
    if is_loopback(host) or _private(host):
        raise UsageError(f"the service can't reach {host}", "Save the file and give its path.")
    return url


def _private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def _data(url: str) -> bytes:
    """The bytes in a data URL. Its MIME type is not believed: magic bytes decide."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise UsageError(
            "the data URL has no comma before its data", "It looks like data:image/png;base64,…."
        )
    if not head.rstrip().lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return binascii.a2b_base64(unquote(body), strict_mode=True)
    except ValueError as error:
        raise UsageError(f"the data URL holds damaged base64: {error}", "Is it complete?") from error
