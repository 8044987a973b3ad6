"""Arguments for a tool: a value for its schema, taken from the user's message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .clues import Clues
from .filler import Filler, type_of

_PATHS = re.compile(r"path|file|folder|dir(?:ectory)?\b|filename", re.IGNORECASE)
_ADDRESSES = re.compile(r"ur[li]|link|address|href", re.IGNORECASE)
_LACKING = object()


def arguments(schema: Mapping[str, Any], clues: Clues, thing: str | None, rest: str) -> str:
    """JSON text. `thing` is what this call is about; `rest` the text for a string that nothing else fits."""
    try:
        value = _Arguments(schema, clues, thing, rest).fill(schema or {"type": "object"}, "", 0)
    except Exception:  # an MCP server may send anything as a schema; what cannot be read needs nothing
        value = {}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Arguments(Filler):
    """Named values win, then quoted ones, then what fits; what is optional and not mentioned stays away."""

    def __init__(self, root: Mapping[str, Any], clues: Clues, thing: str | None, rest: str) -> None:
        super().__init__(root, clues.said, rest)
        self._numbers = list(clues.numbers)
        self._clues = clues
        self._quoted = list(clues.quoted)
        self._things = [thing] if thing is not None else list(clues.things)

    def fill(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, Mapping):
            return None
        schema = self._resolved(schema)
        given = self._clues.given(name) if name else None
        if given is not None and (value := self._read(schema, given)) is not _LACKING:
            return value
        if _nullable(schema) and not self._mentioned(name):
            return schema.get("default")
        return super().fill(schema, name, depth)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        names = [name for name in properties if name in required or self._mentioned(name) or self._fits(name)]
        if not names and len(properties) == 1 and depth == 0 and not required:
            names = [name for name in properties if self._things or self._quoted]
        return {name: self.fill(properties[name], name, depth + 1) for name in names} | {
            name: self.fill({}, name, depth + 1) for name in required if name not in properties
        }

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        items = self._resolved(schema.get("items") or {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", 100)
        match type_of(items):
            case "string":
                found: list[Any] = self._quoted or self._things
                self._quoted, self._things = [], []
            case "integer" | "number":
                found, self._numbers = [self._plain_number(n) for n in self._numbers], []
            case _:
                found = []
        found = [value for value in found if self._is_valid(items, value)]
        missing = max(0, (least or (0 if found else 1)) - len(found))
        return [*found, *(self.fill(items, "", depth + 1) for _ in range(missing))][:most]

    def _number(self, schema: Mapping[str, Any], *, whole: bool) -> float:
        if not self._numbers and isinstance(schema.get("default"), int | float):
            return float(schema["default"]) if not whole else int(schema["default"])
        value = super()._number(schema, whole=whole)
        if value in self._numbers:
            self._numbers.remove(value)
        return value

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        if "format" in schema or "pattern" in schema:
            return super()._string(schema, name)
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        text = self._text(name)
        padded: str = text + "." * (least - len(text))
        return padded[:most]

    def _text(self, name: str) -> str:
        if _PATHS.search(name) and self._clues.paths:
            return self._clues.paths[0]
        if _ADDRESSES.search(name) and self._clues.urls:
            return self._clues.urls[0]
        for found in (self._quoted, self._things):
            if found:
                return found.pop(0)
        return self._plain

    def _choice(self, values: list[Any]) -> Any:
        words = set(re.findall(r"[\w-]+", self._said.lower()))
        return next(
            (v for v in values if isinstance(v, str) and v.lower() in words), None
        ) or super()._choice(values)

    def _mentioned(self, name: str) -> bool:
        return bool(name) and (
            self._clues.given(name) is not None
            or re.search(rf"\b{re.escape(name).replace('_', '[_ ]')}\b", self._said, re.IGNORECASE)
            is not None
        )

    def _fits(self, name: str) -> bool:
        """Whether the text has a path for what is called a path, or an address for an address."""
        return bool(
            (_PATHS.search(name) and self._clues.paths) or (_ADDRESSES.search(name) and self._clues.urls)
        )

    def _read(self, schema: Mapping[str, Any], given: str) -> Any:
        """A named value as the schema's type; _LACKING where it is none."""
        if "enum" in schema:
            return next((v for v in schema["enum"] if str(v).lower() == given.lower()), _LACKING)
        if "string" in _kinds(schema):
            return given if self._is_valid(schema, given) else _LACKING
        word = given.lower()
        try:
            value = _WORDS[word] if word in _WORDS else json.loads(given)
            json.dumps(value, allow_nan=False)
        except ValueError:
            return _LACKING
        return value if self._is_valid(schema, value) else _LACKING

    def _is_valid(self, schema: Mapping[str, Any], value: Any) -> bool:
        from jsonschema import Draft202012Validator

        definitions = {key: self._root[key] for key in ("$defs", "definitions") if key in self._root}
        return bool(Draft202012Validator({**definitions, **schema}).is_valid(value))

    @staticmethod
    def _plain_number(number: float) -> float:
        return int(number) if number == int(number) else number


_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "null": None}


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return set(kinds)
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return {type_of(branch) for branch in branches} if branches else {type_of(schema)}


def _nullable(schema: Mapping[str, Any]) -> bool:
    return "null" in _kinds(schema)
