"""The few exceptions that someone catches, and the exit status each one ends the program with.

Three kinds of bad news are never mixed: bad news *from* the server (failed, incomplete, refusal) is data in
the turn; what kept us from hearing the server, or from doing what was asked, is an `AzrespError`; our own bug flies.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of the program (rule R13). The documentation's table is generated from this class."""

    OK = 0
    API = 1
    """The service refused the request or the answer failed."""
    USAGE = 2
    """The command line, the configuration or the input is wrong."""
    UNFINISHED = 3
    """The answer did not finish: cut off, interrupted stream, token limit or content filter."""
    SIGN_IN = 4
    """Signing in failed: key, Entra ID token or role."""
    NETWORK = 5
    """The service could not be reached: DNS, proxy, TLS, time-out."""
    APPROVAL = 6
    """An approval was refused or could not be asked."""
    LOCAL = 7
    """A local file or the store could not be read or written."""
    CANCELLED = 8
    """The background job was cancelled."""
    RUNNING = 9
    """The background job still runs at the service."""
    BUG = 70
    """A fault in azresp itself; --debug prints the traceback."""
    HANGUP = 129
    """The terminal went away (SIGHUP)."""
    INTERRUPT = 130
    """Ctrl-C (SIGINT)."""
    PIPE = 141
    """The reader of a pipe went away; silent."""
    TERMINATE = 143
    """SIGTERM."""


class AzrespError(Exception):
    """One clear sentence about what happened, and what to do next.

    `what` says what happened, with the value; `hint` is the next step, may be empty.
    Both may hold foreign text: whoever shows them sends them through the terminal's sink.
    """

    exit: Exit = Exit.API

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class UsageError(AzrespError):
    """The command line, a slash command's arguments or an input is wrong."""

    exit = Exit.USAGE


class ConfigError(AzrespError):
    """A configuration file, environment variable or flag holds something that can't be used."""

    exit = Exit.USAGE


class LocalError(AzrespError):
    """A local file or the store can't be read or written."""

    exit = Exit.LOCAL


class PipeClosed(AzrespError):
    """Whoever read our stdout went away; the program ends without a word."""

    exit = Exit.PIPE

    def __init__(self) -> None:
        super().__init__("the reader of stdout went away")


class ServiceError(AzrespError):
    """The service answered a request with an error status."""

    def __init__(
        self,
        what: str,
        hint: str = "",
        *,
        status: int = 0,
        code: str = "",
        param: str = "",
        request_ids: tuple[tuple[str, str], ...] = (),
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(what, hint)
        self.status = status
        """HTTP status, 0 where there was none."""
        self.code = code
        self.param = param
        self.request_ids = request_ids
        """Pairs of header name and value (`apim-request-id`, `x-request-id`) for a support request."""
        self.retry_after_s = retry_after_s
        """Seconds the service asks to wait; None where it did not say."""
        self.should_retry = should_retry
        """What `x-should-retry` says; None where it is absent."""

    @property
    def gone(self) -> bool:
        """The response or conversation is not at the service (any more); a 404 may also mean a wrong path."""
        what = self.what.lower()
        return self.status == 404 and ("response with id" in what or "conversation with id" in what)


class SignInError(ServiceError):
    """The key, token or role was refused, or no credential could be found."""

    exit = Exit.SIGN_IN


class NetworkError(AzrespError):
    """The service could not be heard: DNS, connection, proxy, TLS, time-out, or an answer that is not the API's.

    `reached` is False only if the request surely never reached the service, so that sending it again is safe.
    `lasting`: another try would end the same way until somebody changes something (a certificate, a proxy's refusal).
    """

    exit = Exit.NETWORK

    def __init__(self, what: str, hint: str = "", *, reached: bool = True, lasting: bool = False) -> None:
        super().__init__(what, hint)
        self.reached = reached
        self.lasting = lasting
