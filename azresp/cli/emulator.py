"""`azresp emulator`: serve an emulated Azure OpenAI resource on this machine until Ctrl-C."""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from azresp.errors import AzrespError, ConfigError, Exit, LocalError, UsageError

if TYPE_CHECKING:
    from azresp.emulator import Forwarding, Seen

PORT = 8123


class ZeroRetention(StrEnum):
    """How an organisation that keeps nothing takes a request to store."""

    OFF = "off"
    SILENT = "silent"
    REFUSE = "refuse"


ForwardOption = Annotated[
    str, typer.Option("--forward", help="Let this chat-completions server answer", metavar="URL")
]
ForwardModelOption = Annotated[
    str, typer.Option("--forward-model", help="Its model; else the deployment's name", metavar="NAME")
]
ForwardKeyOption = Annotated[
    str, typer.Option("--forward-key-env", help="Variable that holds its key", metavar="NAME")
]

QueuedOption = Annotated[
    float, typer.Option("--queued", min=0, help="Seconds that a background response is queued")
]
WindowOption = Annotated[
    float, typer.Option("--resume-window", min=0, help="Seconds that one can be streamed again; 0 for ever")
]
RetentionOption = Annotated[
    float, typer.Option("--retention", min=0, help="Days that responses are kept; 0 for ever", metavar="DAYS")
]
ZeroOption = Annotated[
    ZeroRetention, typer.Option("--zero-retention", help="Keep nothing: silently, or refuse to store")
]


def emulator(
    host: Annotated[str, typer.Option("--host", help="Address of this machine to serve on")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one")] = PORT,
    store: Annotated[
        Path | None, typer.Option("--store", help="Keep responses in this file", metavar="FILE")
    ] = None,
    tokens_per_second: Annotated[
        float, typer.Option("--tokens-per-second", min=0, help="Pace of answers; 0 is full speed")
    ] = 80.0,
    first_token: Annotated[
        float, typer.Option("--first-token", min=0, help="Seconds before an answer's first token")
    ] = 0.3,
    queued: QueuedOption = 0.2,
    resume_window: WindowOption = 300.0,
    retention: RetentionOption = 30.0,
    zero_retention: ZeroOption = ZeroRetention.OFF,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", help="Accept this key only (env:NAME, keyring:NAME); repeatable", metavar="REF"
        ),
    ] = None,
    forward: ForwardOption = "",
    forward_model: ForwardModelOption = "",
    forward_key_env: ForwardKeyOption = "",
    log: Annotated[bool, typer.Option("--log", help="One line per request on stderr")] = False,
) -> None:
    """Serve an emulated Azure OpenAI resource on this machine until Ctrl-C.

    It speaks the Responses API on loopback, needs no account and no model, and refuses what the service refuses.
    """
    brain = _forwarding(forward, forward_model, forward_key_env)
    settings: dict[str, Any] = {
        "tokens_per_s": tokens_per_second,
        "first_token_s": first_token,
        "queued_s": queued,
        "resume_window_s": resume_window,
        "retention_days": retention,
        "zero_retention": zero_retention.value,
        "store_path": _writable(store),
        "keys": _keys(key),
        "brain": brain,
        "on_request": _log if log else None,
    }
    raise typer.Exit(_serve(settings, host, port))


def _serve(settings: dict[str, Any], host: str, port: int) -> int:
    try:
        from azresp.emulator import Settings, serve
    except ImportError as error:
        raise _missing(error) from error
    try:
        serve(Settings(**settings), host, port, _greet)
    except ValueError as error:
        raise UsageError(f"--host {host}: {error}", "Give 127.0.0.1, ::1 or localhost.") from error
    except OSError as error:
        raise _cannot_listen(error, host, port) from error
    return Exit.OK


def _missing(error: ImportError) -> UsageError:
    return UsageError(
        f"the emulator needs {error.name or 'a package'}, which is not installed",
        "Run `pip install 'azresp[emulator]'`.",
    )


def _cannot_listen(error: OSError, host: str, port: int) -> AzrespError:
    match error.errno:
        case errno.EADDRINUSE:
            return UsageError(
                f"port {port} of {host} is taken", "Give another one with --port; --port 0 takes a free one."
            )
        case errno.EACCES:
            return UsageError(
                f"port {port} of {host} is not for you to open", "Give one above 1023 with --port."
            )
    return LocalError(f"can't serve on {host} port {port}: {error.strerror or error}")


def _greet(base_url: str) -> None:
    from azresp.cli.report import note
    from azresp.cli.streams import Output

    root = base_url.removesuffix("openai/v1/").rstrip("/")
    Output().write(f"{base_url}\n")
    note("Ctrl-C ends it. In another terminal:")
    note(f"  export AZRESP_ENDPOINT={root} AZRESP_API_KEY=x")
    note("  export AZRESP_DEPLOYMENT=gpt-5-mini AZRESP_IMAGE_DEPLOYMENT=gpt-image-1")
    note("  azresp chat")


def _log(seen: Seen) -> None:
    from azresp.cli.report import note

    query = "?" + "&".join(f"{name}={value}" for name, value in seen.query.items()) if seen.query else ""
    note(f"{seen.status or '-'} {seen.method} {seen.path}{query}")


def _writable(store: Path | None) -> Path | None:
    """The store's file, made 0600 if it is new. LocalError: it can't be written."""
    if store is None:
        return None
    path = store.expanduser()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with path.open("r+b") as file:
            head = file.read(16)
    except OSError as error:
        raise LocalError(f"--store {store}: {error.strerror}", "Name a file that can be written.") from error
    if head and head != b"SQLite format 3\x00":
        raise UsageError(f"--store {store}: this is no file of an emulator", "Name a new file.")
    return path


def _keys(references: list[str] | None) -> frozenset[str] | None:
    """The keys that references name; None: any will do."""
    if not references:
        return None
    from azresp.config.credential import resolve
    from azresp.core.secrets import SecretRef

    found = set()
    for text in references:
        reference = SecretRef.read(text)
        if reference is None:
            raise ConfigError("--key: must be env:NAME or keyring:NAME, never the key itself", "")
        found.add(resolve(reference).reveal())
    return frozenset(found)


def _forwarding(url: str, model: str, key_env: str) -> Forwarding | None:
    """The brain that asks another server; None without `--forward`."""
    if not url:
        if model or key_env:
            raise UsageError("--forward-model and --forward-key-env need --forward", "Give the server's URL.")
        return None
    _check_url(url)
    key = None
    if key_env:
        from azresp.config.credential import resolve
        from azresp.core.secrets import SecretRef

        key = resolve(SecretRef("env", key_env)).reveal()
    try:
        from azresp.emulator import Forwarding
    except ImportError as error:
        raise _missing(error) from error
    return Forwarding(url, model or None, key)


def _check_url(url: str) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise UsageError(
            "--forward: must be an http(s) URL without a user name, like http://127.0.0.1:11434/v1",
            "Give the URL that /chat/completions can be added to.",
        )
