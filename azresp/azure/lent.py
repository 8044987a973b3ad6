"""Secrets lent to the service for its MCP servers: values in place of references when a request is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from azresp.azure.aside import aside
from azresp.core.secrets import Redactor, Secret, SecretRef
from azresp.core.sse import Wire
from azresp.errors import SignInError

Resolve = Callable[[SecretRef], Secret]


@dataclass(frozen=True, slots=True)
class Lent:
    """A reference in a request body."""

    label: str
    """the MCP server's"""
    field: str
    """`authorization` or `headers.NAME`"""
    ref: SecretRef


def lent_in(body: Wire) -> tuple[Lent, ...]:
    """The references in the tools of a body. Raises TypeError for one anywhere else: it would be a bug."""
    if not _holds_secrets(body):
        return ()
    if _holds_secrets({key: value for key, value in body.items() if key != "tools"}):
        raise TypeError("a request holds a secret outside of its tools")
    found: list[Lent] = []
    for tool in body["tools"]:
        rest = {key: value for key, value in tool.items() if key not in ("headers", "authorization")}
        lent = list(_lent(tool)) if tool.get("type") == "mcp" else []
        plain = [*tool.get("headers", {}).values(), tool.get("authorization")] if not lent else []
        if _holds_secrets([rest, plain]):
            raise TypeError("a request holds a secret outside of headers and authorization of an MCP server")
        found += lent
    return tuple(found)


async def filled(body: Wire, lent: tuple[Lent, ...], resolve: Resolve | None, redactor: Redactor) -> Wire:
    """The body with the values in place of the references, each known to the redactor from now on.

    SignInError: a value is missing; nothing was sent. The body given stays as it is.
    """
    if resolve is None:
        raise TypeError("this connection can't resolve references to secrets")
    values: dict[SecretRef, Secret] = {}
    for one in lent:
        if one.ref not in values:
            values[one.ref] = await _value(one, resolve)
            _add(redactor, values[one.ref])
    return cast("Wire", {**body, "tools": _filled(body["tools"], values)})


async def _value(one: Lent, resolve: Resolve) -> Secret:
    try:
        return await aside(lambda: resolve(one.ref), "secret")
    except SignInError as error:
        told = f"nothing was sent: {one.field} of the MCP server {one.label!r}: {error.what}"
        raise SignInError(told, error.hint) from error


def _add(redactor: Redactor, secret: Secret) -> None:
    """Of `Bearer abc` the part alone may come back too."""
    redactor.add(secret)
    for part in secret.reveal().split():
        if len(part) > _SCHEME:
            redactor.add(Secret(part))


_SCHEME = len("Bearer")
"""No word of this length is a secret beside another word, but it may be a scheme."""


def _lent(tool: Mapping[str, object]) -> Iterator[Lent]:
    label, headers = str(tool.get("server_label", "")), tool.get("headers")
    for name, value in headers.items() if isinstance(headers, Mapping) else ():
        if isinstance(value, SecretRef):
            yield Lent(label, f"headers.{name}", value)
    if isinstance(ref := tool.get("authorization"), SecretRef):
        yield Lent(label, "authorization", ref)


def _filled(value: object, values: Mapping[SecretRef, Secret]) -> object:
    match value:
        case SecretRef():
            return values[value].reveal()
        case Mapping():
            return {key: _filled(one, values) for key, one in value.items()}
        case list() | tuple():
            return [_filled(one, values) for one in value]
    return value


def _holds_secrets(value: object) -> bool:
    todo = [value]
    while todo:
        match todo.pop():
            case SecretRef() | Secret():
                return True
            case Mapping() as inner:
                todo += inner.values()
            case list() | tuple() as inner:
                todo += inner
    return False
