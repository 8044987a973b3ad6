"""A body in gulps: every byte in order, the error after what came before it, never far ahead, no task left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azresp.azure.gulps import FULL_BYTES, in_gulps
from tests.examples import examples


@given(st.lists(st.tuples(st.binary(max_size=4), st.booleans())))
@examples(60)
def test_every_byte_comes_in_order_however_the_chunks_come(chunks: list[tuple[bytes, bool]]) -> None:
    async def source() -> AsyncIterator[bytes]:
        for chunk, waits in chunks:
            if waits:
                await asyncio.sleep(0)
            yield chunk

    async def heard() -> bytes:
        async with aclosing(in_gulps(source())) as gulps:
            return b"".join([gulp async for gulp in gulps])

    assert asyncio.run(heard()) == b"".join(chunk for chunk, _ in chunks)


def test_chunks_that_are_there_come_in_one_piece() -> None:
    async def source() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x"

    async def heard() -> list[bytes]:
        async with aclosing(in_gulps(source())) as gulps:
            return [gulp async for gulp in gulps]

    assert asyncio.run(heard()) == [b"x" * 100]


def test_an_error_comes_after_what_was_read_before_it() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"read"
        raise ConnectionResetError

    async def heard() -> None:
        async with aclosing(in_gulps(source())) as gulps:
            assert await anext(gulps) == b"read"
            with pytest.raises(ConnectionResetError):
                await anext(gulps)

    asyncio.run(heard())


def test_who_takes_slowly_is_not_run_ahead_of() -> None:
    read = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield bytes(FULL_BYTES)

    async def heard() -> None:
        async with aclosing(in_gulps(source())) as gulps:
            taken = 0
            async for _ in gulps:
                taken += 1
                for _ in range(5):
                    await asyncio.sleep(0)
                assert read <= taken + 2

    asyncio.run(heard())


def test_who_leaves_in_the_middle_leaves_no_task() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async def heard() -> None:
        async with aclosing(in_gulps(source())) as gulps:
            assert await anext(gulps) == b"x"
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(heard())
