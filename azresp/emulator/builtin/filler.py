"""A value for any JSON schema, filled from a text where it fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .patterns import matching

_DEEPEST = 6
"""Recursive schemas end here wherever they may."""

_FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "host.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
}
_PROSE = re.compile(
    r"answer|text|summary|content|message|reply|response|explanation|description|output", re.IGNORECASE
)


class Filler:
    """Fills a schema; what it takes from the text can be changed by a subclass."""

    def __init__(self, root: Mapping[str, Any], said: str, plain: str) -> None:
        self._root = root
        self._said = said
        self._plain = plain
        self._numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", said)]

    def fill(self, schema: Any, name: str, depth: int) -> Any:
        """A value for `schema`; `name` is the property that it is for."""
        if not isinstance(schema, Mapping):
            return None
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.fill(self._branch(schema[key], depth), name, depth)
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        match type_of(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number" as kind:
                return self._number(schema, whole=kind == "integer")
            case "boolean":
                return not re.search(r"\b(no|not|false|never)\b", self._said, re.IGNORECASE)
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        names = [name for name in properties if depth < _DEEPEST or name in required]
        extra = [name for name in required if name not in properties]
        return {name: self.fill(properties.get(name, {}), name, depth + 1) for name in [*names, *extra]}

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 2)
        size = least if depth >= _DEEPEST else max(least, min(2, most))
        return [self.fill(schema.get("items", {}), name, depth + 1) for _ in range(size)]

    def _number(self, schema: Mapping[str, Any], *, whole: bool) -> float:
        low, high = _bounds(schema, whole=whole)
        step = schema.get("multipleOf") or (1 if whole else 0)
        for candidate in [*self._numbers, 1.0, low, high]:
            if candidate is None or not _within(candidate, low, high):
                continue
            value = -(-candidate // step) * step if step else candidate
            if _within(value, low, high):
                return int(value) if whole or value == int(value) else value
        return 0

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        if (format_ := schema.get("format")) in _FORMATS:
            return _FORMATS[format_]
        if pattern := schema.get("pattern"):
            return matching(pattern)
        text = self._plain if _PROSE.search(name) else f"example {name.replace('_', ' ')}"
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        padded: str = text + "." * (least - len(text))
        return padded[:most]

    def _choice(self, values: list[Any]) -> Any:
        said = self._said.lower()
        return next(
            (value for value in values if isinstance(value, str) and value.lower() in said), values[0]
        )

    def _branch(self, branches: list[Any], depth: int) -> Any:
        """Something rather than null, unless the schema recurses too deep."""
        nulls = [
            branch for branch in branches if isinstance(branch, Mapping) and branch.get("type") == "null"
        ]
        if depth >= _DEEPEST and nulls:
            return nulls[0]
        return next((branch for branch in branches if branch not in nulls), branches[0])

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(32):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                break
            node: Any = self._root
            for step in reference.removeprefix("#").strip("/").split("/"):
                node = node.get(step.replace("~1", "/").replace("~0", "~"), {}) if step else node
            schema = node
        for part in schema.get("allOf", ()):
            schema = {**schema, **self._resolved(part)}
        return schema


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(schema: Mapping[str, Any], *, whole: bool) -> tuple[float | None, float | None]:
    nudge = 1 if whole else 1e-6
    low, high = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        low = max(above + nudge, low if low is not None else above + nudge)
    if (below := schema.get("exclusiveMaximum")) is not None:
        high = min(below - nudge, high if high is not None else below - nudge)
    return low, high


def type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((name for name in kind if name != "null"), "null")
    if kind is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)
