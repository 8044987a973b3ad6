"""Pictures that come while a turn streams: drawn in a thread, the newest only, below the text that is being written."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable

import pytest
from PIL import Image

from azresp.core.events import read
from azresp.core.sse import Wire
from azresp.core.turn import Turn, advance
from azresp.errors import PipeClosed
from azresp.ui.caps import Caps
from azresp.ui.paint import Painter
from azresp.ui.pictures.picture import Picture
from azresp.ui.pictures.previews import Previews
from azresp.ui.pictures.surface import Mode, Surface
from azresp.ui.turn_screen import QUIET_S, TurnScreen
from tests.ui.pictures.samples import KittyTty, encoded, quarters
from tests.ui.terminals import Clock

KITTY = Surface(Mode.KITTY)


def window() -> tuple[int, int]:
    return (80, 24)


class Shown:
    """What was shown, and in which thread."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, bool]] = []
        self.threads: set[int] = set()

    def __call__(self, key: str, picture: Picture, *, final: bool) -> None:
        self.all.append((key, picture.caption, final))
        self.threads.add(threading.get_ident())


def test_the_first_and_the_newest_of_each_picture_are_shown_in_order() -> None:
    shown = Shown()

    async def offers() -> None:
        previews = Previews(shown, KITTY, window)
        data = encoded(quarters())
        for number in range(5):
            previews.offer("a", data, f"{number}", final=False)
        previews.offer("a", data, "final", final=True)
        previews.offer("a", data, "late", final=False)
        previews.offer("b", b"", "broken", final=True)
        await previews.done()
        previews.offer("c", data, "another", final=True)
        await previews.done()
        await previews.done()

    asyncio.run(offers())
    assert shown.all == [
        ("a", "final · 64 × 64 PNG", True),
        ("b", "broken · no picture that can be previewed", True),
        ("c", "another · 64 × 64 PNG", True),
    ]
    assert shown.threads == {threading.get_ident()}


def test_a_huge_picture_does_not_hold_up_the_loop() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((1600, 1200), 90) for _ in range(3)])
    data = base64.b64encode(encoded(noise)).decode()
    assert len(data) > 4_000_000
    gaps: list[float] = []

    async def beat() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.002)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    async def offers() -> float:
        previews = Previews(Shown(), KITTY, window)
        beating = asyncio.create_task(beat())
        started = time.perf_counter()
        previews.offer("a", data, "a.png", final=True)
        await previews.done()
        beating.cancel()
        return time.perf_counter() - started

    took = asyncio.run(offers())
    assert max(gaps) < took / 2


def test_a_stopped_turn_shows_no_more_pictures() -> None:
    shown = Shown()

    async def offers() -> None:
        previews = Previews(shown, KITTY, window)
        data = encoded(quarters(800, 800))
        previews.offer("a", data, "running", final=False)
        await asyncio.sleep(0)
        previews.offer("b", data, "waiting", final=True)
        previews.stop()
        previews.offer("c", data, "late", final=True)
        with pytest.raises(asyncio.CancelledError):
            await previews.done()
        await asyncio.get_running_loop().shutdown_default_executor()

    asyncio.run(offers())
    assert shown.all == []


def test_what_showing_a_picture_raises_comes_out_at_the_end() -> None:
    def broken(key: str, picture: Picture, *, final: bool) -> None:
        raise PipeClosed

    async def offers() -> None:
        previews = Previews(broken, KITTY, window)
        previews.offer("a", encoded(quarters()), "a.png", final=True)
        await previews.done()

    with pytest.raises(PipeClosed):
        asyncio.run(offers())


class Later:
    """Calls that were put off until a test runs them; the ticker's is left out."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def __call__(self, seconds: float, call: Callable[[], None]) -> Later:
        self.calls += [call] if seconds < QUIET_S else []
        return self

    def cancel(self) -> None:
        """They are run only by the test."""

    def run(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def turn_of(*wires: Wire) -> Turn:
    turn = Turn()
    for wire in wires:
        turn = advance(turn, read(wire))
    return turn


def opened(index: int, **item: object) -> Wire:
    return {"type": "response.output_item.added", "output_index": index, "item": {"id": f"i{index}"} | item}


def delta(index: int, text: str) -> Wire:
    return {
        "type": "response.output_text.delta",
        "output_index": index,
        "content_index": 0,
        "item_id": f"i{index}",
        "delta": text,
    }


def closed(index: int, text: str) -> Wire:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"id": f"i{index}", "type": "message", "role": "assistant", "content": content}
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def test_a_picture_that_is_ready_late_waits_for_the_end_of_the_text() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    screen = TurnScreen(Painter(tty, tty.size, clock, Caps()), clock, Later())
    picture = Picture("a.png")
    begun = [opened(0, type="message", role="assistant"), delta(0, "One ")]
    screen.show(turn_of(*begun))
    screen.picture("p", picture, final=True)
    assert tty.rows() == ["One"]
    clock.now += 1
    screen.show(turn_of(*begun, delta(0, "two.")))
    assert tty.rows() == ["One two."]
    clock.now += 1
    screen.show(
        turn_of(
            *begun,
            delta(0, "two."),
            closed(0, "One two."),
            opened(1, type="message", role="assistant"),
            delta(1, "Three."),
        )
    )
    screen.finish()
    assert tty.rows() == ["One two.", "", "a.png", "", "Three."]


def test_a_picture_comes_at_once_below_a_text_that_has_ended() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    later = Later()
    screen = TurnScreen(Painter(tty, tty.size, clock, Caps()), clock, later)
    begun = [opened(0, type="message", role="assistant"), delta(0, "One."), closed(0, "One.")]
    screen.show(turn_of(*begun))
    for caption in ("drawing 1", "drawing 2", "a.png"):
        screen.picture("p", Picture(caption), final=caption == "a.png")
        clock.now += 1
        later.run()
        assert tty.rows() == ["One.", "", caption]
    screen.finish()
    assert tty.rows() == ["One.", "", "a.png"]


def test_a_picture_cuts_no_text_whose_end_waits_for_its_frame() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    screen = TurnScreen(Painter(tty, tty.size, clock, Caps()), clock, Later())
    begun = [opened(0, type="message", role="assistant"), delta(0, "One ")]
    screen.show(turn_of(*begun))
    screen.show(turn_of(*begun, delta(0, "two."), closed(0, "One two.")))
    screen.picture("p", Picture("a.png"), final=True)
    screen.finish()
    assert tty.rows() == ["One two.", "", "a.png"]
    assert not screen.differs


def test_a_screen_that_is_finished_draws_no_late_picture() -> None:
    tty, clock = KittyTty(80, 24), Clock()
    screen = TurnScreen(Painter(tty, tty.size, clock, Caps()), clock, Later())
    screen.show(turn_of(opened(0, type="message", role="assistant"), delta(0, "One.")))
    screen.finish()
    screen.picture("p", Picture("a.png"), final=True)
    assert tty.rows() == ["One."]
