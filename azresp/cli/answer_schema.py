"""`azresp run --schema`: the JSON schema that an answer must fit, checked before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azresp.cli.streams import read_file
from azresp.errors import LocalError, UsageError

_NOTHING_SENT = "Nothing was sent. Mend the file."


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """Structured output: what is asked for, and whether it came."""

    format: Mapping[str, Any]
    schema: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> AnswerSchema:
        """A JSON schema, bare or wrapped as the API has it (`name`, `schema`, `strict`). Raises UsageError."""
        try:
            told = json.loads(read_file(path)[0])
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: not JSON: {error}", "Give a file with a JSON schema.") from error
        if not isinstance(told, dict):
            raise UsageError(f"{path}: a JSON schema is an object, got {type(told).__name__}")
        schema = told["schema"] if isinstance(told.get("schema"), dict) else told
        _check(path, schema)
        name = told.get("name") if schema is not told else told.get("title")
        clean = "".join(
            c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in str(name or path.stem)
        )
        strict = told.get("strict", True) if schema is not told else True
        form = {"type": "json_schema", "name": clean[:64] or "answer", "schema": schema, "strict": strict}
        return cls(form, schema)

    def wrong(self, text: str) -> str:
        """Why the answer does not fit; empty if it does."""
        jsonschema, referencing = _checker()
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as error:
            return f"not JSON: {error}"
        # With a registry of its own, no $ref is looked up in the network.
        kind = jsonschema.validators.validator_for(self.schema)
        errors = kind(self.schema, registry=referencing.Registry()).iter_errors(told)
        try:
            worst = jsonschema.exceptions.best_match(errors)
        except referencing.exceptions.Unresolvable as error:
            return f"its $ref {error.ref!r} leads nowhere, so it can't be checked"
        return "" if worst is None else _told(worst)[:500]


def _check(path: Path, schema: Mapping[str, Any]) -> None:
    """A wrong schema is told before an answer is paid for. Raises UsageError."""
    jsonschema, _ = _checker()
    try:
        if not isinstance(schema.get("$schema", ""), str):
            raise UsageError(f'{path}: not a JSON schema: "$schema" must be a text', _NOTHING_SENT)
        jsonschema.validators.validator_for(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        raise UsageError(f"{path}: not a JSON schema: {_told(error)[:300]}", _NOTHING_SENT) from None
    if schema.get("type") != "object":
        found = json.dumps(schema["type"]) if "type" in schema else "no type"
        raise UsageError(
            f'{path}: the service takes schemas whose root has "type": "object" only, got {found}',
            "Nothing was sent. Put what you want into a property of an object.",
        )


def _told(error: Any) -> str:
    where = "/".join(map(str, error.absolute_path))
    return f"{where + ': ' if where else ''}{error.message}"


def _checker() -> tuple[Any, Any]:
    try:
        import jsonschema
        import referencing.exceptions
    except ImportError:
        raise LocalError("the package jsonschema is missing", "Install azresp again.") from None
    return jsonschema, referencing
