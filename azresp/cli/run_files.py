"""What a one-shot takes along: pictures, files, a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from azresp.cli.attaching import AttachmentDesk
from azresp.cli.file_desk import FileDesk
from azresp.cli.patience import until_done
from azresp.cli.toolset import Fixed, Tools
from azresp.core.session import message

if TYPE_CHECKING:
    from azresp.cli.connect import Reached
    from azresp.cli.run import RunOptions
    from azresp.core.sse import Wire
    from azresp.store.store import Store


def message_of(
    options: RunOptions,
    prompt: str,
    reached: Reached,
    store: Store,
    tools: Tools,
    warn: Callable[[str], None],
) -> tuple[Wire, AttachmentDesk]:
    """What is said, pictures and files with it."""
    desk = AttachmentDesk(FileDesk(reached.gateway, store, warn), Fixed(reached.profile))

    async def parts() -> list[Wire]:
        try:
            if options.mask:
                tools.mask = await desk.mask(options.mask)
            attached = [await desk.attach(one, "image") for one in options.images]
            attached += [await desk.attach(one, "file") for one in options.files]
            return await desk.ready(attached)
        finally:
            # The question is asked in a loop of its own, which could not use a connection of this one.
            await reached.gateway.close()

    return message(prompt, parts=until_done(parts())), desk
