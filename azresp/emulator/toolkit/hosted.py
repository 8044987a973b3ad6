"""Tools of the service that are not run here: refused as the service refuses them for models without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .. import refusals
from .kind import Desk

HOSTED = (
    "image_generation",
    "code_interpreter",
    "web_search",
    "web_search_preview",
    "file_search",
    "computer_use_preview",
    "local_shell",
    "shell",
    "apply_patch",
)
_IMAGE_HEADER = "x-ms-oai-image-generation-deployment"


class Refused:
    """A tool type that no request gets past."""

    def __init__(self, type_: str) -> None:
        self._type = type_

    def check(self, name: str, tool: Mapping[str, Any], headers: Mapping[str, str]) -> NoReturn:
        if self._type == "image_generation" and not headers.get(_IMAGE_HEADER):
            raise refusals.no_image_deployment()
        raise refusals.invalid(f"Hosted tool '{self._type}' is not supported with this model.", "tools")

    def echo(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        return dict(tool)

    def staff(self, tools: Sequence[Mapping[str, Any]], desk: Desk) -> NoReturn:
        raise NotImplementedError(f"no request with a tool of type {self._type} gets this far")
