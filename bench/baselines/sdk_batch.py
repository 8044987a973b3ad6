"""Many prompts with the plain SDK: created in the background, polled, printed as JSON Lines. Arguments: port, file."""

import asyncio
import json
import sys
from pathlib import Path

from openai import AsyncOpenAI

client = AsyncOpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/openai/v1/", api_key="x")
room = asyncio.Semaphore(8)


async def ask(prompt: str) -> str:
    """Create, look every 1.5 s, give the text."""
    async with room:
        response = await client.responses.create(model="gpt-5-mini", input=prompt, background=True)
        while response.status in ("queued", "in_progress"):
            await asyncio.sleep(1.5)
            response = await client.responses.retrieve(response.id)
        return response.output_text


async def main() -> None:
    """All of them, in order."""
    prompts = [json.loads(row) for row in Path(sys.argv[2]).read_text().splitlines()]
    for text in await asyncio.gather(*map(ask, prompts)):
        print(json.dumps({"text": text}))


asyncio.run(main())
