"""The plain SDK loop with a picture: typed events, the final one decoded and written. Arguments: port, prompt, file."""

import base64
import sys
from pathlib import Path

from openai import OpenAI

client = OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/openai/v1/", api_key="x")
stream = client.responses.create(
    model="bench",
    input=sys.argv[2],
    tools=[{"type": "image_generation", "partial_images": 3}],
    stream=True,
)
for event in stream:
    if event.type == "response.output_item.done" and event.item.type == "image_generation_call":
        Path(sys.argv[3]).write_bytes(base64.b64decode(event.item.result or ""))
print(sys.argv[3])
