"""A turn with a picture that is refined in place, for looking at it in a real terminal: `python -m bench.gallery`.

`bench/screenshots.sh` runs it in every terminal that Debian has and takes pictures of them.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import time
from collections.abc import Iterator
from io import BytesIO

from azresp.ui.pictures.previews import Previews
from azresp.ui.terminal import Terminal


def sketches() -> Iterator[bytes]:
    """A sunset as PNG, coarse first: three partial pictures and the final one."""
    from PIL import Image, ImageDraw, ImageFilter

    whole = Image.new("RGB", (1024, 683))
    draw = ImageDraw.Draw(whole)
    for y in range(683):
        draw.line([(0, y), (1024, y)], (255 - y // 8, max(0, 140 - y // 6), min(255, 60 + y // 4)))
    draw.ellipse([400, 150, 620, 370], (255, 230, 120))
    draw.polygon([(0, 560), (250, 300), (520, 560)], (60, 30, 90))
    draw.polygon([(380, 600), (700, 260), (1024, 600)], (40, 20, 70))
    draw.rectangle([0, 540, 1024, 683], (20, 40, 80))
    draw.rectangle([0, 0, 1023, 682], outline=(255, 255, 255), width=8)
    if os.environ.get("GALLERY_TALL"):
        whole = whole.crop((350, 0, 700, 683))
    for blur in (40, 16, 6, 0):
        out = BytesIO()
        whole.filter(ImageFilter.GaussianBlur(blur)).save(out, "PNG")
        yield out.getvalue()


def unechoed() -> None:
    """Typed bytes, and whatever a terminal answers, come at once and are not echoed."""
    if sys.stdin.isatty():
        import tty

        tty.setcbreak(sys.stdin.fileno())


def replies() -> int:
    """How many bytes the terminal has sent meanwhile; there must be none."""
    count = 0
    while sys.stdin.isatty() and select.select([sys.stdin], [], [], 0.5)[0]:
        count += len(os.read(sys.stdin.fileno(), 1000))
    return count


async def main() -> None:
    """Write a little, draw, write on; then wait for `GALLERY_S` seconds so that somebody can look."""
    unechoed()
    terminal = Terminal(sys.stdout)
    surface = terminal.surface(os.environ.get("AZRESP_PICTURES", ""))
    painter = terminal.painter()
    pictures = list(sketches())
    started = time.perf_counter()
    for turn in range(int(os.environ.get("GALLERY_TURNS", "1"))):
        painter.add(f"Here is the **sunset** that you asked for, number {turn + 1}.")
        previews = Previews(painter.picture, surface, terminal.size)
        for at, data in enumerate(pictures[: int(os.environ.get("GALLERY_STEPS", "4"))]):
            final = at == len(pictures) - 1
            caption = "/home/me/pictures/sunset.png" if final else f"drawing, {at + 1} of 3"
            previews.offer(f"picture {turn}", data, caption, final=final)
            await previews.done()
            painter.status(None if final else "drawing · 3 s · Ctrl-C stops")
            painter.frame()
            await asyncio.sleep(float(os.environ.get("GALLERY_PAUSE_S", "0.3")))
    if not os.environ.get("GALLERY_STEPS"):
        painter.add("Text goes on below it.\n\n- one\n- two")
        painter.finish()
        took = time.perf_counter() - started
        cell = "×".join(map(str, surface.cell()))
        terminal.dim(f"{surface.mode}, cells of {cell} pixels, {took:.2f} s, {replies()} bytes of replies")
    await asyncio.sleep(float(os.environ.get("GALLERY_S", "0")))


if __name__ == "__main__":
    asyncio.run(main())
