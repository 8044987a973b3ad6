"""The child that runs one Python function. azresp starts this file by its path; it imports nothing of azresp.

It reads one JSON object from stdin (source, function, arguments and how to convert them) and writes one to stdout:
the result or the error. What the function prints goes to stderr instead.
"""

import asyncio
import base64
import dataclasses
import datetime
import decimal
import enum
import inspect
import io
import json
import linecache
import os
import pathlib
import sys
import traceback
import types
import typing
import uuid

MODULE = "azresp_tool"
LONGEST_ERROR = 4000
LONGEST_RESULT = 16 * 1024 * 1024
LONGEST_FILE = 32 * 1024 * 1024

Json = dict[str, typing.Any]


def main() -> None:
    """Run the function that stdin names."""
    pid = os.getpid()
    channel = os.dup(1)
    os.dup2(2, 1)
    request: Json = json.loads(sys.stdin.buffer.read())
    _close_stdin()
    _limit_memory(request["memory"])
    answer = json.dumps(_answer(request), ensure_ascii=True).encode()
    if os.getpid() != pid:
        os._exit(0)  # a fork of the function came back here too: only the first one answers
    with open(channel, "wb") as out:  # noqa: PTH123 - a descriptor
        out.write(answer)


def _close_stdin() -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _limit_memory(most: int) -> None:
    if most and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: Json) -> Json:
    try:
        module = _load(request["path"], base64.b64decode(request["source"]))
        positional, named = _arguments(request, module)
        value = getattr(module, request["function"])(*positional, **named)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        return {"ok": True, "parts": list(_parts(value))}
    except BaseException as error:  # also sys.exit and KeyboardInterrupt
        return {"ok": False, "note": _note(error), "text": _trace(error)}


async def _awaited(value: typing.Awaitable[object]) -> object:
    return await value


def _load(path: str, source: bytes) -> types.ModuleType:
    """Run the file's source, as it was pinned, as a module."""
    module = types.ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module  # dataclasses look their module up
    sys.argv = [path]
    # At the end: a file beside it must not stand in for one of the standard library.
    sys.path.append(str(pathlib.Path(path).parent))
    text = io.TextIOWrapper(io.BytesIO(source), encoding="utf-8-sig", errors="replace").read()
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - its purpose
    return module


# Arguments


def _arguments(request: Json, module: types.ModuleType) -> tuple[list[object], Json]:
    """Positional and named arguments, converted; where null or nothing means the default, it is left out."""
    positional: list[object] = []
    named: Json = {}
    signature = inspect.signature(getattr(module, request["function"]))
    for parameter in request["parameters"]:
        name = parameter["name"]
        value = request["arguments"].get(name)
        if value is not None or not parameter["optional"]:
            value = _convert(parameter["plan"], value, request["classes"], module)
        elif parameter["positional"]:
            value = signature.parameters[name].default
        else:
            continue
        if parameter["positional"]:
            positional.append(value)
        else:
            named[name] = value
    return positional, named


_COLLECTIONS: dict[str, typing.Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def _convert(plan: Json | None, value: object, classes: Json, module: types.ModuleType) -> object:
    if plan is None or value is None:
        return value
    kind = plan["is"]
    if kind == "class":
        return _instance(plan["name"], value, classes, module)
    if kind in _COLLECTIONS and isinstance(value, list):
        return _COLLECTIONS[kind](_convert(plan["of"], one, classes, module) for one in value)
    if kind == "dict" and isinstance(value, dict):
        return {key: _convert(plan["of"], one, classes, module) for key, one in value.items()}
    if kind in ("int", "float") and isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if kind == "int" else float(value)
    if kind == "path" and isinstance(value, str):
        return pathlib.Path(value)
    return value


def _instance(name: str, value: object, classes: Json, module: types.ModuleType) -> object:
    shape = classes[name]
    built: typing.Any = getattr(module, name)
    if shape["is"] == "enum":
        return built[value] if shape["by"] == "name" else built(value)
    if not isinstance(value, dict):
        return value
    given = {
        field["name"]: _convert(field["plan"], value.get(field["name"]), classes, module)
        for field in shape["fields"]
        if not (field["optional"] and value.get(field["name"]) is None)
    }
    return given if shape["is"] == "typeddict" else built(**given)


# Results


def _parts(value: object) -> typing.Iterator[Json]:
    """Content parts of a result: an image, or text; a list that holds an image is several parts."""
    if isinstance(value, list | tuple) and any(_is_part(one) or _image(one) is not None for one in value):
        for one in value:
            yield from _parts(one)
        return
    if isinstance(value, dict) and _is_part(value):
        yield {str(key): str(one) for key, one in value.items()}
        return
    data = _image(value)
    if data is not None:
        yield {"image": base64.b64encode(data).decode()}
        return
    text = (
        value
        if isinstance(value, str)
        else json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)
    )
    if len(text) > LONGEST_RESULT:
        raise ValueError(f"the result is too long: {len(text):,} characters")
    yield {"text": text}


def _is_part(value: object) -> bool:
    """It has the form of the wire already, e.g. `{"type": "input_image", "image_url": …}`."""
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        return False
    return value.get("type") in ("input_text", "input_image", "input_file")


def _image(value: object) -> bytes | None:
    """The bytes of a picture: bytes, the path of one, or what draws itself as PNG (Pillow, matplotlib)."""
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
    elif isinstance(value, pathlib.Path) and value.is_file() and value.stat().st_size <= LONGEST_FILE:
        data = value.read_bytes()
    elif not isinstance(value, type) and callable(draw := getattr(value, "_repr_png_", None)):
        data = draw()
    else:
        return None
    known = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return data if data.startswith(known) or webp else None


_AS_TEXT = (pathlib.PurePath, decimal.Decimal, uuid.UUID)


def _plain(value: object) -> object:
    """What JSON has no form of, as what it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, _AS_TEXT):
        return str(value)
    raise TypeError(f"the function returned a {type(value).__name__}, which has no form in JSON")


# Errors


def _note(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"it called sys.exit({error.code!r})"[:200]
    try:
        if type(error).__name__ == "ToolError":
            return " ".join(str(error).split())[:200]
        return " ".join(traceback.format_exception_only(error)[-1].split())[:200]
    except BaseException:
        return f"{type(error).__name__} (which can't be printed)"


def _trace(error: BaseException) -> str:
    """The traceback below this file, without values of variables.

    An exception called ToolError is a sentence for the model: only what it says is told.
    """
    try:
        if type(error).__name__ == "ToolError":
            return str(error)[:LONGEST_ERROR]
        frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename != __file__]
        lines = traceback.format_list(frames[-10:]) + traceback.format_exception_only(error)
        text = "".join(lines).strip()
    except BaseException:
        return _note(error)
    return (
        text
        if len(text) <= LONGEST_ERROR
        else f"{text[: LONGEST_ERROR // 2]}\n[…]\n{text[-LONGEST_ERROR // 2 :]}"
    )


if __name__ == "__main__":
    main()
