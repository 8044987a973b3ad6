"""The image_generation tool: its options by their settings (facts.md 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from azresp.core.sse import Wire
from azresp.core.tools import HostedTool

IMAGE_HEADER: Final = "x-ms-oai-image-generation-deployment"
"""Azure wants to be told which deployment draws."""

_OPTIONS: Final = {
    "image_size": "size",
    "image_quality": "quality",
    "image_format": "output_format",
    "image_compression": "output_compression",
    "image_background": "background",
    "image_moderation": "moderation",
    "partial_images": "partial_images",
}


def drawing_tool(value: Callable[[str], object], mask: Wire | None = None) -> HostedTool:
    """The tool with the options that are set; `value` gives a setting by its key, None where it is not."""
    options = {name: found for key, name in _OPTIONS.items() if (found := value(key)) is not None}
    return HostedTool("image_generation", options | ({"input_image_mask": mask} if mask else {}))
