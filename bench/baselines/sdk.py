"""The plain SDK loop of the documentation, printing each delta. Arguments: port, prompt (absent: stdin)."""

import sys

from openai import OpenAI

client = OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/openai/v1/", api_key="x")
stream = client.responses.create(
    model="bench",
    input=sys.argv[2] if len(sys.argv) > 2 else sys.stdin.read(),
    stream=True,
)
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
print()
